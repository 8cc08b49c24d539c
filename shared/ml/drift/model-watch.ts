import type { ModelWatch } from '../../contracts/alert.ts';
import type { Trade } from '../../contracts/fill.ts';
import type { Odds } from '../../strategies/odds.ts';
import type { LoadedModel } from '../model-set.ts';
import { binOf, stabilityIndex } from './psi.ts';

/** Decisions after which their features are held against training; then the count begins anew. */
export const DRIFT_WINDOW = 100;
/** The index above which a population is another one. */
const DRIFTED_INDEX = 0.25;
/** Closed trades before their outcome says anything, and how many deviations too few of them may reach their target. */
const LEAST_TRADES = 30;
const DECAYED_DEVIATIONS = 3;

/** A watch that has seen nothing yet. */
export const newModelWatch = ({ version, artefact }: LoadedModel): ModelWatch => ({
  modelVersion: version,
  lastOrdinal: 0,
  lastTradeSeq: 0,
  ...emptyWindow(artefact),
  trades: 0,
  hits: 0,
  expected: 0,
  variance: 0,
});

/** Of a model whose training nobody knows no feature can be held against it. */
const featuresWatched = (artefact: LoadedModel['artefact']): NonNullable<LoadedModel['artefact']>['features'] => artefact?.features ?? [];

const emptyWindow = (artefact: LoadedModel['artefact']): Pick<ModelWatch, 'decisions' | 'counts'> => ({
  decisions: 0,
  counts: featuresWatched(artefact).map(({ spread }) => spread.shares.map(() => 0)),
});

/** The watch after a decision that the model was asked for. Odds of another version say nothing of this one. */
export function withDecision(watch: ModelWatch, { artefact }: LoadedModel, odds: Pick<Odds, 'modelVersion' | 'features'>): ModelWatch {
  if (odds.modelVersion !== watch.modelVersion) return watch;
  const before = watch.decisions >= DRIFT_WINDOW ? emptyWindow(artefact) : watch;
  const counts = before.counts.map((bins, place) => {
    const bin = binOf(artefact?.features[place]?.spread.edges ?? [], odds.features[place] ?? null);
    return bins.map((count, index) => (index === bin ? count + 1 : count));
  });
  return { ...watch, decisions: before.decisions + 1, counts };
}

/** The watch after a closed trade. */
export function withTrade(watch: ModelWatch, { seq, odds, closedWhy }: Trade): ModelWatch {
  if (odds === undefined || odds.modelVersion !== watch.modelVersion) return { ...watch, lastTradeSeq: seq };
  return {
    ...watch,
    lastTradeSeq: seq,
    trades: watch.trades + 1,
    hits: watch.hits + (closedWhy === 'target' ? 1 : 0),
    expected: watch.expected + odds.value,
    variance: watch.variance + odds.value * (1 - odds.value),
  };
}

/**
 * Why a model must not be asked any more; null while it may. Either what it is asked about is no longer what it was trained on: over the last 100
 * decisions half of its features are spread another way (median PSI above .25). Or it promised too much: of at least 30 closed trades so many
 * fewer reached their target than its odds said that chance would do so once in seven hundred times (3 deviations).
 */
export function decayOf(watch: ModelWatch, { artefact }: LoadedModel): string | null {
  const { decisions, counts, trades, hits, expected, variance } = watch;
  if (decisions >= DRIFT_WINDOW) {
    const indices = featuresWatched(artefact).flatMap(({ use, spread }, place) =>
      use === 'unused' ? [] : stabilityIndex(spread.shares, counts[place] ?? []),
    );
    const median = indices.sort((a, b) => a - b)[Math.floor(indices.length / 2)] ?? 0;
    if (median > DRIFTED_INDEX) {
      return `What it is asked about is not what it was trained on: over ${decisions} decisions the median PSI of its features is ${median.toFixed(2)}, at most ${DRIFTED_INDEX} is allowed`;
    }
  }
  if (trades < LEAST_TRADES || variance <= 0) return null;
  const deviations = (hits - expected) / Math.sqrt(variance);
  return deviations < -DECAYED_DEVIATIONS
    ? `It promises too much: ${hits} of ${trades} trades reached their target, its odds said ${expected.toFixed(1)} (${deviations.toFixed(1)} deviations)`
    : null;
}
