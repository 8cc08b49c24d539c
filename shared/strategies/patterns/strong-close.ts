import type { Candle } from '../../market/price.ts';
import { ramp } from '../direction.ts';

/** A day so far, as the end of it is judged. */
export interface DaySoFar extends Pick<Candle, 'high' | 'low' | 'close'> {
  /** Close of the session before. */
  readonly previousClose: number;
}

/** Where the last price lies in the day's range: 0 at its low, 1 at its high; 0 in a day that did not move. */
export const closeLocation = ({ high, low, close }: DaySoFar): number => (high > low ? (close - low) / (high - low) : 0);

/** The day's gain in average daily ranges. */
export const gainInRanges = ({ close, previousClose }: DaySoFar, atr: number): number => (close - previousClose) / atr;

/**
 * A day that ends strong: it gained, and closes near its high, so that nobody sold into the rise.
 *
 *   score = mean of location over 0.6 to 1, and gain over 0 to 1 average daily ranges
 *
 * @param atr  average true range of a day, in units of price
 * @returns clearness in [0, 1]; 0 for a day without a gain
 */
export function strongClose(day: DaySoFar, atr: number): number {
  if (atr <= 0 || day.close <= day.previousClose) return 0;
  return (ramp(closeLocation(day), 0.6, 1) + ramp(gainInRanges(day, atr), 0, 1)) / 2;
}
