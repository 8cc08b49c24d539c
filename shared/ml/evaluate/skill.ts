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
  /** Spans of time that the rows fall into, and how long each is, ms. */
  readonly blocks: number;
  readonly blockMs: number;
  readonly improvement: number;
  readonly low: number;
  readonly high: number;
  readonly isSkilled: boolean;
  /** The verdict in words, with the figures it rests on. */
  readonly why: string;
}

const LEAST_ROWS = 100;
const LEAST_BLOCKS = 10;
const RESAMPLES = 2_000;

/**
 * Whether a model knows more than the base rate: the mean improvement in log-loss over the pooled out-of-sample rows has a bootstrap
 * interval wholly above zero. Blocks of time are drawn, not rows: trades of one time share their market, and rows counted as if they were
 * independent would find skill where there is none. Fewer than 100 rows or 10 blocks prove nothing.
 * @param blockMs  a day, or as long as the longest trade
 */
export function skillOf(rows: readonly OutOfSample[], random: Rng, blockMs = DAY_MS): Skill {
  const gains = rows.map(({ odds, baseOdds, label }) => logLossOf(baseOdds, label) - logLossOf(odds, label));
  const blocks = [...Map.groupBy(rows.keys(), (row) => Math.floor((rows[row] as OutOfSample).atMs / blockMs)).values()];
  const sums = blocks.map((members) => ({ sum: members.reduce((sum, row) => sum + (gains[row] as number), 0), count: members.length }));
  const improvement = gains.length === 0 ? 0 : gains.reduce((sum, gain) => sum + gain, 0) / gains.length;
  const [low, high] = blocks.length === 0 ? [0, 0] : intervalOf(sums, random);
  const isEnough = rows.length >= LEAST_ROWS && blocks.length >= LEAST_BLOCKS;
  const isSkilled = isEnough && low > 0;
  const measured = `log-loss below the base rate's by ${improvement.toFixed(4)}, 95 % interval ${low.toFixed(4)} to ${high.toFixed(4)}, over ${rows.length} rows in ${blocks.length} blocks of ${(blockMs / DAY_MS).toFixed(1)} days out of sample`;
  const verdict = isSkilled
    ? 'Skilled'
    : isEnough
      ? 'No skill'
      : `Too little to tell (at least ${LEAST_ROWS} rows in ${LEAST_BLOCKS} blocks of time are needed)`;
  return { rows: rows.length, blocks: blocks.length, blockMs, improvement, low, high, isSkilled, why: `${verdict}: ${measured}` };
}

function intervalOf(blocks: readonly { readonly sum: number; readonly count: number }[], random: Rng): readonly [number, number] {
  const means = Array.from({ length: RESAMPLES }, () => {
    let sum = 0;
    let count = 0;
    for (let draw = 0; draw < blocks.length; draw++) {
      const block = blocks[Math.floor(random.next() * blocks.length)] as (typeof blocks)[number];
      sum += block.sum;
      count += block.count;
    }
    return sum / count;
  }).sort((a, b) => a - b);
  return [means[Math.floor(0.025 * RESAMPLES)] as number, means[Math.ceil(0.975 * RESAMPLES) - 1] as number];
}
