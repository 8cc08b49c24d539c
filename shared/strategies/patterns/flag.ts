import type { Candle } from '../../market/price.ts';
import { farEnd, nearEnd, ramp, signOf } from '../direction.ts';
import type { Direction } from '../strategy.ts';

const POLE_BARS = 10;
const LEAST_REST = 5;
const MOST_REST = 15;
const LEAST_POLE_ATR = 3;
const MOST_RETRACED = 0.5;
/** Edges whose distance shrinks by less than this share over the rest are parallel, by more they converge. */
const CONVERGES = 1 / 3;

/** A run and the rest after it, left by the last bar in the direction of the run. Heights in units of price. */
interface Rest {
  readonly poleHeight: number;
  /** How much of the run the rest gave back, 0 to 0.5. */
  readonly retraced: number;
  /** Share of its height by which the rest narrowed from its first bar to its last; negative when it widened. */
  readonly narrowed: number;
  /** Slope of the rest's middle line towards the run's direction, in its own heights over its length. */
  readonly leaning: number;
}

/**
 * A flag: a run of at least three ATRs within ten bars, then a rest of 5 to 15 bars between parallel edges that drifts
 * sideways or against it and gives back at most half, and a close beyond the rest.
 * @returns clearness in [0, 1] of the clearest length of the rest: the longer the run (3 to 6 ATRs) and the less given back, the clearer
 * @see Edwards, Magee: "Technical Analysis of Stock Trends" (1948)
 */
export const flag = (candles: readonly Candle[], atr: number, direction: Direction): number => flagAndPennant(candles, atr, direction).flag;

/** A pennant: as a flag, but the edges of the rest converge. */
export const pennant = (candles: readonly Candle[], atr: number, direction: Direction): number => flagAndPennant(candles, atr, direction).pennant;

const NEITHER = { flag: 0, pennant: 0 } as const;

/** Both at once: each is a shape of the same rests. */
export function flagAndPennant(candles: readonly Candle[], atr: number, direction: Direction): { readonly flag: number; readonly pennant: number } {
  const sign = signOf(direction);
  const bar = candles.at(-1);
  if (!bar || atr <= 0) return NEITHER;
  const longest = Math.min(MOST_REST, restLeft(candles, bar.close, sign));
  const best = { flag: 0, pennant: 0 };
  for (let length = LEAST_REST; length <= longest && length + 2 < candles.length; length++) {
    const found = restAfterRun(candles, candles.length - 1 - length, atr, sign);
    if (found === null) continue;
    const score = scoreOf(found, atr);
    if (isFlag(found)) best.flag = Math.max(best.flag, score);
    if (isPennant(found)) best.pennant = Math.max(best.pennant, score);
  }
  return best;
}

const isFlag = ({ narrowed, leaning }: Rest): boolean => Math.abs(narrowed) < CONVERGES && leaning < CONVERGES;
const isPennant = ({ narrowed }: Rest): boolean => narrowed >= CONVERGES;

/** How many of the bars before the last one its close is beyond, without one that it is not. */
function restLeft(candles: readonly Candle[], close: number, sign: 1 | -1): number {
  let length = 0;
  for (let i = candles.length - 2; i >= 0; i--) {
    if (sign * (close - farEnd(candles[i] as Candle, sign)) <= 0) break;
    length++;
  }
  return length;
}

const scoreOf = ({ poleHeight, retraced }: Rest, atr: number): number =>
  0.4 + 0.3 * ramp(poleHeight / atr, LEAST_POLE_ATR, 2 * LEAST_POLE_ATR) + 0.3 * (1 - ramp(retraced, 0.2, MOST_RETRACED));

/** @param first place of the rest's first bar; it ends before the last bar of all */
function restAfterRun(candles: readonly Candle[], first: number, atr: number, sign: 1 | -1): Rest | null {
  const end = candles.length - 1;
  const begin = Math.max(0, first - POLE_BARS);
  const top = farthest(candles, begin, first, sign);
  const poleHeight = top - nearest(candles, begin, first, sign);
  const endsHigh = sign * (candles[first - 1] as Candle).close >= top - atr;
  if (poleHeight < LEAST_POLE_ATR * atr || !endsHigh) return null;
  // A run that went on into the rest has not ended where the rest is said to begin; one that had ended earlier rested before.
  if (farthest(candles, first, end, sign) > top + atr / 2) return null;
  const retraced = (top - nearest(candles, first, end, sign)) / poleHeight;
  if (retraced > MOST_RETRACED) return null;
  const far = lineThrough(candles, first, end, sign, farEnd);
  const near = lineThrough(candles, first, end, sign, nearEnd);
  const height = far.first - near.first;
  if (height <= 0) return null;
  const leaning = (far.last + near.last - far.first - near.first) / 2 / height;
  return { poleHeight, retraced, narrowed: 1 - (far.last - near.last) / height, leaning };
}

/** As the trade sees them: the highest high of the bars for a long, their lowest low turned upside down for a short. */
function farthest(candles: readonly Candle[], from: number, to: number, sign: 1 | -1): number {
  let most = -Infinity;
  for (let i = from; i < to; i++) most = Math.max(most, sign * farEnd(candles[i] as Candle, sign));
  return most;
}

function nearest(candles: readonly Candle[], from: number, to: number, sign: 1 | -1): number {
  let least = Infinity;
  for (let i = from; i < to; i++) least = Math.min(least, sign * nearEnd(candles[i] as Candle, sign));
  return least;
}

/** Ends of the least-squares line through one end of each of the bars, as the trade sees it. */
function lineThrough(
  candles: readonly Candle[],
  from: number,
  to: number,
  sign: 1 | -1,
  endOf: (bar: Candle, sign: 1 | -1) => number,
): { readonly first: number; readonly last: number } {
  const n = to - from;
  const middle = (n - 1) / 2;
  let sum = 0;
  let moment = 0;
  let spread = 0;
  for (let i = 0; i < n; i++) {
    const value = sign * endOf(candles[from + i] as Candle, sign);
    sum += value;
    moment += (i - middle) * value;
    spread += (i - middle) ** 2;
  }
  const half = (moment / spread) * middle;
  return { first: sum / n - half, last: sum / n + half };
}
