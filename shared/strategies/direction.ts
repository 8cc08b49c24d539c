import type { Direction } from './strategy.ts';

/** +1 for long, -1 for short: multiplying by it turns a move into one towards the trade. */
export const signOf = (direction: Direction): 1 | -1 => (direction === 'long' ? 1 : -1);

/** 0 at `from` and below, 1 at `to` and above, linear between. */
export function ramp(value: number, from: number, to: number): number {
  return Math.min(1, Math.max(0, (value - from) / (to - from)));
}

/** The far end of a bar as the trade sees it: its high for a long, its low for a short. */
export const farEnd = (bar: { readonly high: number; readonly low: number }, sign: 1 | -1): number => (sign === 1 ? bar.high : bar.low);
/** The near end: its low for a long, its high for a short. */
export const nearEnd = (bar: { readonly high: number; readonly low: number }, sign: 1 | -1): number => (sign === 1 ? bar.low : bar.high);
