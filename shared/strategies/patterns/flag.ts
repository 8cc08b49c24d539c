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
export function flag(candles: readonly Candle[], atr: number, direction: Direction): number {
  return clearest(candles, atr, direction, ({ narrowed, leaning }) => Math.abs(narrowed) < CONVERGES && leaning < CONVERGES);
}

/** A pennant: as a flag, but the edges of the rest converge. */
export function pennant(candles: readonly Candle[], atr: number, direction: Direction): number {
  return clearest(candles, atr, direction, ({ narrowed }) => narrowed >= CONVERGES);
}

function clearest(candles: readonly Candle[], atr: number, direction: Direction, isShaped: (rest: Rest) => boolean): number {
  const sign = signOf(direction);
  const bar = candles.at(-1);
  if (!bar || atr <= 0) return 0;
  let best = 0;
  const longest = Math.min(MOST_REST, restLeft(candles, bar.close, sign));
  for (let length = LEAST_REST; length <= longest && length + 2 < candles.length; length++) {
    const rest = candles.slice(-1 - length, -1);
    const found = restAfterRun(candles.slice(-1 - length - POLE_BARS, -1 - length), rest, atr, sign);
    if (found !== null && isShaped(found)) best = Math.max(best, scoreOf(found, atr));
  }
  return best;
}

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

function restAfterRun(pole: readonly Candle[], rest: readonly Candle[], atr: number, sign: 1 | -1): Rest | null {
  const top = Math.max(...pole.map((bar) => sign * farEnd(bar, sign)));
  const poleHeight = top - Math.min(...pole.map((bar) => sign * nearEnd(bar, sign)));
  // A run that went on into the rest has not ended where the rest is said to begin; one that had ended earlier rested before.
  const wentOn = rest.some((bar) => sign * farEnd(bar, sign) > top + atr / 2);
  const endsHigh = sign * (pole.at(-1)?.close ?? 0) >= top - atr;
  if (poleHeight < LEAST_POLE_ATR * atr || wentOn || !endsHigh) return null;
  const retraced = (top - Math.min(...rest.map((bar) => sign * nearEnd(bar, sign)))) / poleHeight;
  if (retraced > MOST_RETRACED) return null;
  const far = lineThrough(rest.map((bar) => sign * farEnd(bar, sign)));
  const near = lineThrough(rest.map((bar) => sign * nearEnd(bar, sign)));
  const height = far.first - near.first;
  if (height <= 0) return null;
  const leaning = (far.last + near.last - far.first - near.first) / 2 / height;
  return { poleHeight, retraced, narrowed: 1 - (far.last - near.last) / height, leaning };
}

/** Ends of the least-squares line through values one bar apart. */
function lineThrough(values: readonly number[]): { readonly first: number; readonly last: number } {
  const n = values.length;
  const middle = (n - 1) / 2;
  let sum = 0;
  let moment = 0;
  let spread = 0;
  for (let i = 0; i < n; i++) {
    const value = values[i] as number;
    sum += value;
    moment += (i - middle) * value;
    spread += (i - middle) ** 2;
  }
  const half = (moment / spread) * middle;
  return { first: sum / n - half, last: sum / n + half };
}
