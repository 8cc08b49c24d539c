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

/** A price at which the market turned again and again. */
interface Level {
  readonly price: number;
  readonly touches: number;
}

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
  const touched = levelsOf(candles.slice(0, -1), atr, sign === 1 ? -1 : 1).filter(
    ({ price }) => Math.abs(nearEnd(bar, sign) - price) <= LEVEL_ATR * atr && sign * (bar.close - price) >= BOUNCE_ATR * atr,
  );
  return clearness(touched);
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
  const broken = levelsOf(candles.slice(0, -1), atr, sign).filter(
    ({ price }) => sign * (bar.close - price) > (LEVEL_ATR / 2) * atr && sign * (before.close - price) <= 0,
  );
  return clearness(broken);
}

const clearness = (levels: readonly Level[]): number =>
  levels.reduce((best, { touches }) => Math.max(best, 0.5 + 0.5 * ramp(touches, LEAST_TOUCHES, CLEAR_TOUCHES)), 0);

/** The levels made by turning points: by highs for 1, by lows for -1. */
function levelsOf(candles: readonly Candle[], atr: number, side: 1 | -1): readonly Level[] {
  // From the far side inwards, so that a market turned upside down has the same levels.
  const points = turningPoints(candles, side).sort((a, b) => side * (a - b));
  const levels: Level[] = [];
  let group: number[] = [];
  for (const point of points) {
    if (group.length > 0 && Math.abs(point - (group[0] as number)) > LEVEL_ATR * atr) {
      levels.push(levelOf(group));
      group = [];
    }
    group.push(point);
  }
  if (group.length > 0) levels.push(levelOf(group));
  return levels.filter(({ touches }) => touches >= LEAST_TOUCHES);
}

const levelOf = (points: readonly number[]): Level => ({
  price: points.reduce((sum, point) => sum + point, 0) / points.length,
  touches: points.length,
});

/** Far ends that lie beyond both neighbours' and their neighbours': peaks for 1, troughs for -1. Of equal ones the first counts. */
function turningPoints(candles: readonly Candle[], sign: 1 | -1): number[] {
  const points: number[] = [];
  for (let i = WING_BARS; i + WING_BARS < candles.length; i++) if (turnsAt(candles, i, sign)) points.push(endAt(candles, i, sign));
  return points;
}

function turnsAt(candles: readonly Candle[], i: number, sign: 1 | -1): boolean {
  const end = endAt(candles, i, sign);
  for (let wing = 1; wing <= WING_BARS; wing++) {
    if (sign * (end - endAt(candles, i - wing, sign)) <= 0 || sign * (end - endAt(candles, i + wing, sign)) < 0) return false;
  }
  return true;
}

const endAt = (candles: readonly Candle[], i: number, sign: 1 | -1): number => farEnd(candles[i] as Candle, sign);
