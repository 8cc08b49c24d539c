import { adjustedHistory } from '../../../shared/engine/adjusted-history.ts';
import { chartFrom } from '../../../shared/engine/chart-shelf.ts';
import { openDayBook } from '../../../shared/feeds/replay/recorded-days.ts';
import type { KlineSeries } from '../../../shared/feeds/replay/recorded-klines.ts';
import { createChart, historyNeededFromMs } from '../../../shared/indicators/chart.ts';
import { tradingDayOf } from '../../../shared/market/rollup.ts';
import type { ChartAt } from '../../../shared/ml/harvest.ts';

/**
 * Charts of recorded series as a backtest that begins at an instant has them: of a share with the days that its exchange told before
 * (`daily` beside the bars), brought across the splits and the like since; of a coin empty.
 * @throws RecordedDataError `unreadable`
 */
export async function recordedCharts(series: readonly KlineSeries[]): Promise<ChartAt> {
  const shares = series.filter(({ market }) => market === 'NSE');
  if (shares.length === 0) return (instrument) => createChart(instrument);
  const book = await openDayBook(shares, Math.min(...shares.flatMap(({ files }) => files.map(({ firstMs }) => firstMs))));
  return ({ symbol, market }, atMs) => {
    const days = book.candles(symbol, historyNeededFromMs(market, '1d', atMs), tradingDayOf(market, atMs));
    return chartFrom(adjustedHistory({ days: new Map([[symbol, days]]), bars: new Map() }, atMs, 'replay'), symbol, atMs);
  };
}
