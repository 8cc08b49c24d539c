import type { Chart } from '../../shared/indicators/chart.ts';
import { TIMEFRAMES } from '../../shared/market/timeframe.ts';

/** Everything that a decision can read of a chart, to the last bit. */
export function chartState(chart: Chart): unknown {
  const frames = TIMEFRAMES.map((timeframe) => {
    const { anchorMs, count, candles, rsis, indicators, closedMs } = chart.timeframe(timeframe);
    return { timeframe, anchorMs, count, candles, rsis, closedMs, indicators: { ...indicators }, gap: chart.timeframe(timeframe).hasGap() };
  });
  return { upToMs: chart.upToMs, last1m: chart.last1m, frames };
}
