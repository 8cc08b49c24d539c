import type { Chart } from '../../shared/indicators/chart.ts';
import type { IndicatorValues } from '../../shared/indicators/indicator-set.ts';
import { TIMEFRAMES, type Timeframe } from '../../shared/market/timeframe.ts';

/** Everything that a decision can read of a chart, to the last bit. */
export function chartState(chart: Chart): unknown {
  const frames = TIMEFRAMES.map((timeframe) => {
    const view = chart.timeframe(timeframe);
    const { anchorMs, count, candles, rsis, closedMs } = view;
    return { timeframe, anchorMs, count, candles, rsis, closedMs, indicators: indicatorsOf(chart, timeframe), gap: view.hasGap() };
  });
  return { upToMs: chart.upToMs, last1m: chart.last1m, frames };
}

/** Every name there is: the compiler asks for one that is left out. */
const NAMES: Readonly<Record<keyof IndicatorValues, true>> = {
  emaFast: true,
  emaSlow: true,
  emaTrend: true,
  rsi: true,
  macd: true,
  bollinger: true,
  atr: true,
  adx: true,
  vwap: true,
  donchian: true,
  volumeRatio: true,
  volatility: true,
};

/** All indicators of a timeframe by name. They are made when they are read: a spread would read none. */
export function indicatorsOf(chart: Chart, timeframe: Timeframe): IndicatorValues {
  const { indicators } = chart.timeframe(timeframe);
  const names = Object.keys(NAMES) as (keyof IndicatorValues)[];
  return Object.fromEntries(names.map((name) => [name, indicators[name]])) as unknown as IndicatorValues;
}
