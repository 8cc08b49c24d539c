import { rng } from '../kernel/rng.ts';
import { MINUTE_MS } from '../kernel/time.ts';
import { confidenceOfOdds } from '../strategies/components/break-even.ts';
import type { StrategyName } from '../strategies/strategy.ts';
import { type Artefact, artefactOf } from './artefact/artefact.ts';
import { type OpportunityPnl, pnlOf } from './evaluate/opportunity-pnl.ts';
import { type Evaluation, evaluateForward, unfit } from './evaluate/walk-forward.ts';
import { FEATURE_NAMES } from './features/feature-set.ts';
import { type FitSettings, fitModel } from './fit/fit-model.ts';
import type { HarvestedRow } from './harvest.ts';
import { MlError } from './ml-error.ts';

/** What of the training may be chosen. */
export interface TrainingChoices extends Omit<FitSettings, 'embargoMs'> {
  readonly folds: number;
}

/**
 * Small, for the rows are few: some two thousand, of which one in ten reached its target. Chosen by how well signals that were planted in made rows
 * were found, never by the recorded market.
 */
export const TRAINING: TrainingChoices = {
  hidden: [12],
  epochs: 100,
  batch: 16,
  learningRate: 0.005,
  l2: 0.6,
  patience: 15,
  members: 3,
  folds: 5,
};

/** Results over the out-of-sample opportunities that could be traded, net of costs. */
export interface WithAndWithout {
  readonly without: OpportunityPnl;
  readonly with: OpportunityPnl;
  /** The third that was given the highest odds, whatever the odds were. Where that third begins was known afterwards only. */
  readonly bestThird: OpportunityPnl;
}

export interface Training {
  readonly artefact: Artefact;
  readonly evaluation: Evaluation;
  readonly pnl: WithAndWithout;
}

export interface TrainingRequest {
  readonly strategy: StrategyName;
  readonly seed: string;
  /** In order of time. */
  readonly rows: readonly HarvestedRow[];
  readonly choices?: TrainingChoices;
  readonly onStep?: (step: string) => void;
}

/** The minutes of the base's indicators reach back about so far: what was seen then is not to be tested by what was learnt from it. */
const LEAST_EMBARGO_MS = 60 * MINUTE_MS;

/**
 * Tests a strategy's model walk-forward, then fits it on all rows, and seals it with what the test said.
 * @throws MlError `too_few_rows`, `one_class`
 */
export function trainModel({ strategy, seed, rows, choices = TRAINING, onStep = () => {} }: TrainingRequest): Training {
  const { folds, ...settings } = choices;
  const longestMs = rows.reduce((longest, { atMs, endMs }) => Math.max(longest, endMs - atMs), 0);
  const fit: FitSettings = { ...settings, embargoMs: Math.max(LEAST_EMBARGO_MS, longestMs) };
  const all = rows.map((_, row) => row);
  const why = unfit(rows, all, fit);
  if (why !== null) throw new MlError('too_few_rows', `${strategy}: ${why}`, { rows: rows.length });
  const evaluation = evaluateForward(rows, { seed, folds, fit, featureNames: FEATURE_NAMES, onStep });
  onStep('the model of all rows');
  const fitted = fitModel(rows, all, fit, rng(seed, 'final'));
  const artefact = artefactOf(fitted, rows, evaluation, {
    strategy,
    seed,
    fromMs: Math.min(...rows.map(({ atMs }) => atMs)),
    toMs: Math.max(...rows.map(({ endMs }) => endMs)),
    symbols: [...new Set(rows.map(({ symbol }) => symbol))].sort(),
    settings: { ...fit, folds },
  });
  return { artefact, evaluation, pnl: withAndWithout(rows, evaluation) };
}

function withAndWithout(rows: readonly HarvestedRow[], { odds }: Evaluation): WithAndWithout {
  const tested = rows.flatMap((row, place) => {
    const said = odds.get(place);
    return said === undefined ? [] : { ...row, odds: said };
  });
  const confident = ({ confidence, leastConfidence }: HarvestedRow): boolean => confidence >= leastConfidence;
  const ranked = tested.filter((row) => row.isTradable && confident(row)).map((row) => row.odds);
  const cut = ranked.sort((a, b) => b - a)[Math.floor(ranked.length / 3)] ?? 1;
  return {
    without: pnlOf(tested, confident),
    with: pnlOf(tested, (row) => row.odds >= row.leastOdds && confidenceWith(row) >= row.leastConfidence),
    bestThird: pnlOf(tested, (row) => confident(row) && row.odds > cut),
  };
}

/** The confidence with the odds among its components. */
const confidenceWith = ({ confidence, mlShare, odds, breakEven }: HarvestedRow & { readonly odds: number }): number =>
  (1 - mlShare) * confidence + mlShare * confidenceOfOdds(odds, breakEven);

/** The rows with their labels dealt out anew: nothing can be learnt from them, and a method that does is wrong. */
export function shuffledLabels(rows: readonly HarvestedRow[], seed: string): readonly HarvestedRow[] {
  const random = rng(seed, 'shuffled-labels');
  const labels = rows.map(({ label }) => label);
  for (let last = labels.length - 1; last > 0; last--) {
    const other = Math.floor(random.next() * (last + 1));
    [labels[last], labels[other]] = [labels[other] as 0 | 1, labels[last] as 0 | 1];
  }
  return rows.map((row, place) => ({ ...row, label: labels[place] as 0 | 1 }));
}
