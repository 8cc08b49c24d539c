import type { TimeframeView } from '../../indicators/generation.ts';
import { absent, meanReading, type Reading } from '../confidence.ts';
import { ramp, signOf } from '../direction.ts';
import type { Direction } from '../strategy.ts';

/**
 * How well the indicators of one timeframe agree with a direction, in [0, 1]: the mean of five graded votes, each a
 * distance in ATRs (or RSI points) so that the price level does not matter.
 *
 * - fast over slow EMA, -0.25 to 0.75 ATR
 * - close over the trend EMA, -0.5 to 1.5 ATR
 * - RSI over 50, 0 to 15 points
 * - MACD histogram, -0.05 to 0.1 ATR
 * - close over VWAP, -0.5 to 1 ATR (where there is one)
 *
 * Each vote gives nothing to a clear contradiction, about a third to an undecided market, all to a clear agreement.
 * Absent until the averages, RSI and ATR are warm, and in a market that does not move at all.
 */
export function technical(view: TimeframeView, direction: Direction): Reading {
  const { emaFast, emaSlow, emaTrend, rsi, macd, atr, vwap } = view.indicators;
  const last = view.candles.at(-1);
  if (!last || emaFast === null || emaSlow === null || emaTrend === null || rsi === null || macd === null || atr === null)
    return absent(`${view.timeframe} is warming up`);
  if (atr <= 0) return absent(`${view.timeframe} does not move`);
  const sign = signOf(direction);
  const votes = [
    ramp((sign * (emaFast - emaSlow)) / atr, -0.25, 0.75),
    ramp((sign * (last.close - emaTrend)) / atr, -0.5, 1.5),
    ramp(sign * (rsi - 50), 0, 15),
    ramp((sign * macd.histogram) / atr, -0.05, 0.1),
  ];
  if (vwap !== null) votes.push(ramp((sign * (last.close - vwap)) / atr, -0.5, 1));
  const score = votes.reduce((sum, vote) => sum + vote, 0) / votes.length;
  return { score, why: `${view.timeframe} averages, RSI ${rsi.toFixed(0)}, MACD${vwap === null ? '' : ' and VWAP'} agree by ${score.toFixed(2)}` };
}

/** Agreement over several timeframes, each with the same say; a timeframe that is not warm has none. */
export function confluence(views: readonly TimeframeView[], direction: Direction): Reading {
  return meanReading(
    views.map((view) => technical(view, direction)),
    'no timeframe is warm',
  );
}
