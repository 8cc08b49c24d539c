import type { Candle } from '../../market/price.ts';
import { farEnd, nearEnd, ramp, signOf } from '../direction.ts';
import type { Direction } from '../strategy.ts';

/** A turning point is the extreme of so many bars to both sides. */
const WING_BARS = 2;
/** Turning points so close together, in ATRs, are touches of one level. */
const LEVEL_ATR = 0.5;
/** Two turning points at one price are chance among sixty bars, three make a level. */
const LEAST_TOUCHES = 3;
const CLEAR_TOUCHES = 5;

/** A bar that leaves a level behind by as much has turned at it. */
const BOUNCE_ATR = 1;

/**
 * A bounce off support (long) or resistance (short): the last bar came within half an ATR of a level, and closed at least a whole
 * one away on the side it came from, with its body away from the level.
 * @returns clearness in [0, 1], by the touches of the level before: 0.5 for three, 1 for five
 */
export function bounce(candles: readonly Candle[], atr: number, direction: Direction): number {
  const bar = candles.at(-1);
  if (!bar || atr <= 0) return 0;
  const sign = signOf(direction);
  const turns = sign * (bar.close - bar.open) > 0;
  if (!turns) return 0;
  return clearestLevel(
    turningPoints(candles, candles.length - 1, sign === 1 ? -1 : 1),
    atr,
    (price) => Math.abs(nearEnd(bar, sign) - price) <= LEVEL_ATR * atr && sign * (bar.close - price) >= BOUNCE_ATR * atr,
  );
}

/**
 * A break of resistance (long) or support (short): the last bar closes beyond a level by a quarter of an ATR, the one before it
 * had not.
 * @returns clearness in [0, 1], by the touches of the level before: 0.5 for three, 1 for five
 */
export function levelBreak(candles: readonly Candle[], atr: number, direction: Direction): number {
  const bar = candles.at(-1);
  const before = candles.at(-2);
  if (!bar || !before || atr <= 0) return 0;
  const sign = signOf(direction);
  // The level would lie between the two closes.
  if (sign * (bar.close - before.close) <= (LEVEL_ATR / 2) * atr) return 0;
  return clearestLevel(
    turningPoints(candles, candles.length - 1, sign),
    atr,
    (price) => sign * (bar.close - price) > (LEVEL_ATR / 2) * atr && sign * (before.close - price) <= 0,
  );
}

/**
 * How clear the clearest of the levels is that are met: prices at which the market turned again and again, each the mean of turning
 * points so close together that they are touches of one.
 */
function clearestLevel(points: readonly number[], atr: number, isMet: (price: number) => boolean): number {
  let most = 0;
  let first = 0;
  for (let next = 1; next <= points.length; next++) {
    if (next < points.length && Math.abs((points[next] as number) - (points[first] as number)) <= LEVEL_ATR * atr) continue;
    const touches = next - first;
    if (touches >= LEAST_TOUCHES && touches > most && isMet(meanOf(points, first, next))) most = touches;
    first = next;
  }
  return most === 0 ? 0 : 0.5 + 0.5 * ramp(most, LEAST_TOUCHES, CLEAR_TOUCHES);
}

function meanOf(points: readonly number[], first: number, next: number): number {
  let sum = 0;
  for (let i = first; i < next; i++) sum += points[i] as number;
  return sum / (next - first);
}

/**
 * Far ends among the first `count` candles that lie beyond both neighbours' and their neighbours': peaks for 1, troughs for -1. Of equal
 * ones the first counts. From the far side inwards, so that a market turned upside down has the same levels.
 */
function turningPoints(candles: readonly Candle[], count: number, sign: 1 | -1): readonly number[] {
  const points: number[] = [];
  for (let i = WING_BARS; i + WING_BARS < count; i++) if (turnsAt(candles, i, sign)) insert(points, endAt(candles, i, sign), sign);
  return points;
}

/** Puts a point among the others where it belongs. There are a dozen: to sort them with a function that compares takes several times as long. */
function insert(points: number[], point: number, sign: 1 | -1): void {
  let i = points.length;
  for (; i > 0 && sign * ((points[i - 1] as number) - point) > 0; i--) points[i] = points[i - 1] as number;
  points[i] = point;
}

function turnsAt(candles: readonly Candle[], i: number, sign: 1 | -1): boolean {
  const end = endAt(candles, i, sign);
  for (let wing = 1; wing <= WING_BARS; wing++) {
    if (sign * (end - endAt(candles, i - wing, sign)) <= 0 || sign * (end - endAt(candles, i + wing, sign)) < 0) return false;
  }
  return true;
}

const endAt = (candles: readonly Candle[], i: number, sign: 1 | -1): number => farEnd(candles[i] as Candle, sign);
