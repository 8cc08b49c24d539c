import { absent, type Confidence, type Reading, weigh } from '../confidence.ts';
import type { Odds, Prospect } from '../odds.ts';
import type { StrategyView } from '../strategy.ts';
import { breakEvenOdds, confidenceOfOdds, oddsOfConfidence } from './break-even.ts';

/** A proposal as far as a model must know it. */
export interface Proposal extends Pick<Prospect, 'strategy' | 'base' | 'direction' | 'stop' | 'target' | 'maxHoldingMs'> {
  /** The strategy's least confidence in a model's odds: .5 where they break even. */
  readonly leastConfidence: number;
}

export interface ConfidenceWithOdds extends Confidence {
  /** Left out where no model has spoken. */
  readonly odds?: Odds;
}

/** Where nobody can be asked. A structure of several legs has no target and stop of a price: models are of single positions. */
export const NO_MODEL: Reading = absent('no model is fitted');

/**
 * Weighs a strategy's readings and the odds of the model, asked of this very proposal: they count as the confidence that is .5 where the trade breaks
 * even, for the other readings are such scores too. Without a model the component is absent and its weight is
 * shared out among the others: never a made-up number.
 */
export function weighWithOdds<Weights extends { readonly ml: number }>(
  view: StrategyView,
  proposal: Proposal,
  weights: Weights & Readonly<Record<string, number>>,
  readings: Readonly<Record<Exclude<keyof Weights & string, 'ml'>, Reading>>,
): ConfidenceWithOdds {
  const weighed = (ml: Reading): Confidence => weigh<string>(weights, { ...readings, ml });
  if (view.askModel === undefined) return weighed(NO_MODEL);
  const { chart, nowMs, instrument, spreadShare = null } = view;
  const { leastConfidence, ...asked } = proposal;
  const breakEven = breakEvenOdds(proposal, instrument, nowMs);
  const leastOdds = oddsOfConfidence(leastConfidence, breakEven);
  const mlShare = mlShareOf(weights, readings);
  const answer = view.askModel({ ...asked, market: chart.market, chart, nowMs, readings, spreadShare, mlShare, breakEven, leastOdds });
  if (answer.kind === 'absent') return weighed(absent(answer.why));
  const { kind: _, ...said } = answer;
  const why = `the model gives it odds of ${said.value.toFixed(2)}; it breaks even at ${breakEven.toFixed(2)}, at least ${leastOdds.toFixed(2)} is asked`;
  return { ...weighed({ score: confidenceOfOdds(said.value, breakEven), why }), odds: { ...said, least: leastOdds, breakEven } };
}

function mlShareOf(weights: Readonly<Record<string, number>>, readings: Readonly<Record<string, Reading>>): number {
  const ml = weights.ml ?? 0;
  const others = Object.entries(readings).reduce((sum, [name, { score }]) => sum + (score === null ? 0 : (weights[name] ?? 0)), 0);
  return ml / (ml + others);
}
