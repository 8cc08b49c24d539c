import type { Candle } from '../price.ts';
import type { Level } from './implied-level.ts';

/**
 * What volatility was over daily candles: the root mean square of their close-to-close log returns, a year. The mean is not
 * taken off: over a month it is mostly chance.
 * @param candles newest last; the last `mostDays` returns count
 * @param daysAYear 365 for a market that never closes, about 252 for one with sessions
 */
export function realisedLevel(candles: readonly Candle[], daysAYear: number, mostDays = 30, leastDays = 10): Level {
  const closes = candles.slice(-mostDays - 1).map(({ close }) => close);
  const days = closes.length - 1;
  if (days < leastDays) return { value: null, reason: `${Math.max(0, days)} daily returns are known, of ${leastDays} that are needed` };
  let squares = 0;
  for (let day = 1; day <= days; day++) squares += Math.log((closes[day] as number) / (closes[day - 1] as number)) ** 2;
  if (squares === 0) return { value: null, reason: 'nothing has moved' };
  return { value: Math.sqrt((squares / days) * daysAYear), reason: null };
}
