import type { Rng } from '../../kernel/rng.ts';
import { DAY_MS, type EpochMs } from '../../kernel/time.ts';
import { logLossOf } from './metrics.ts';

/** One row out of sample: what the model and the base rate said, and what happened. */
export interface OutOfSample {
  readonly atMs: EpochMs;
  readonly odds: number;
  readonly baseOdds: number;
  readonly label: number;
}

/** By how much the model's log-loss is below the base rate's, out of sample, with a 95 % interval. */
export interface Skill {
  readonly rows: number;
  readonly days: number;
  readonly improvement: number;
  readonly low: number;
  readonly high: number;
  readonly isSkilled: boolean;
  /** The verdict in words, with the figures it rests on. */
  readonly why: string;
}

export const LEAST_ROWS = 100;
const LEAST_DAYS = 10;
const RESAMPLES = 2_000;

/**
 * Whether a model knows more than the base rate: the mean improvement in log-loss over the pooled out-of-sample rows has a bootstrap
 * interval wholly above zero. Days are drawn, not rows: trades of one day share their market, and rows counted as if they were
 * independent would find skill where there is none. Fewer than 100 rows or 10 days prove nothing.
 */
export function skillOf(rows: readonly OutOfSample[], random: Rng): Skill {
  const gains = rows.map(({ odds, baseOdds, label }) => logLossOf(baseOdds, label) - logLossOf(odds, label));
  const days = [...Map.groupBy(rows.keys(), (row) => Math.floor((rows[row] as OutOfSample).atMs / DAY_MS)).values()];
  const sums = days.map((members) => ({ sum: members.reduce((sum, row) => sum + (gains[row] as number), 0), count: members.length }));
  const improvement = gains.length === 0 ? 0 : gains.reduce((sum, gain) => sum + gain, 0) / gains.length;
  const [low, high] = days.length === 0 ? [0, 0] : intervalOf(sums, random);
  const isEnough = rows.length >= LEAST_ROWS && days.length >= LEAST_DAYS;
  const isSkilled = isEnough && low > 0;
  const measured = `log-loss below the base rate's by ${improvement.toFixed(4)}, 95 % interval ${low.toFixed(4)} to ${high.toFixed(4)}, over ${rows.length} rows of ${days.length} days out of sample`;
  const verdict = isSkilled ? 'Skilled' : isEnough ? 'No skill' : `Too little to tell (at least ${LEAST_ROWS} rows of ${LEAST_DAYS} days are needed)`;
  return { rows: rows.length, days: days.length, improvement, low, high, isSkilled, why: `${verdict}: ${measured}` };
}

function intervalOf(days: readonly { readonly sum: number; readonly count: number }[], random: Rng): readonly [number, number] {
  const means = Array.from({ length: RESAMPLES }, () => {
    let sum = 0;
    let count = 0;
    for (let draw = 0; draw < days.length; draw++) {
      const day = days[Math.floor(random.next() * days.length)] as (typeof days)[number];
      sum += day.sum;
      count += day.count;
    }
    return sum / count;
  }).sort((a, b) => a - b);
  return [means[Math.floor(0.025 * RESAMPLES)] as number, means[Math.ceil(0.975 * RESAMPLES) - 1] as number];
}
