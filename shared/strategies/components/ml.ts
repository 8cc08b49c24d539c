import { absent, type Confidence, type Reading, weigh } from '../confidence.ts';
import type { Odds, Prospect } from '../odds.ts';
import type { StrategyView } from '../strategy.ts';

/** A proposal as far as a model must know it. */
export type Proposal = Pick<Prospect, 'strategy' | 'base' | 'direction' | 'stop' | 'target' | 'maxHoldingMs' | 'leastOdds'>;

export interface ConfidenceWithOdds extends Confidence {
  /** Left out where no model has spoken. */
  readonly odds?: Odds;
}

/** Where nobody can be asked. A structure of several legs has no target and stop of a price: models are of single positions. */
export const NO_MODEL: Reading = absent('no model is fitted');

/**
 * Weighs a strategy's readings and the odds of the model, asked of this very proposal. Without a model the component is absent and its weight is
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
  const { chart, nowMs, spreadShare = null } = view;
  const answer = view.askModel({ ...proposal, market: chart.market, chart, nowMs, readings, spreadShare, mlShare: mlShareOf(weights, readings) });
  if (answer.kind === 'absent') return weighed(absent(answer.why));
  const { value, modelVersion, features } = answer;
  const { leastOdds } = proposal;
  const why = `the model gives it odds of ${value.toFixed(2)}, at least ${leastOdds} is asked`;
  return { ...weighed({ score: value, why }), odds: { value, least: leastOdds, modelVersion, features } };
}

function mlShareOf(weights: Readonly<Record<string, number>>, readings: Readonly<Record<string, Reading>>): number {
  const ml = weights.ml ?? 0;
  const others = Object.entries(readings).reduce((sum, [name, { score }]) => sum + (score === null ? 0 : (weights[name] ?? 0)), 0);
  return ml / (ml + others);
}
