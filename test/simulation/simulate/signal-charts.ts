import { instrumentBySymbol } from '../../../shared/config/instruments.ts';
import { NSE_CALENDAR } from '../../../shared/config/nse-calendar.ts';
import type { ChartShelf } from '../../../shared/engine/chart-shelf.ts';
import type { MarketStore } from '../../../shared/engine/ports.ts';
import { type Chart, createChart } from '../../../shared/indicators/chart.ts';
import { rng } from '../../../shared/kernel/rng.ts';
import { type EpochMs, MINUTE_MS } from '../../../shared/kernel/time.ts';
import { strategyByName } from '../../../shared/strategies/registry.ts';
import { scriptOf } from '../../support/scripted-source.ts';
import { CHART_SYMBOLS } from './traded.ts';

const FROM_MS = Date.UTC(2025, 0, 6);
const MINUTES = 120;

/** A chart that ends with a minute on which the scalper trades, made once: what it costs to warm up is no part of a seed. */
const warm: ReadonlyMap<string, Chart> = new Map(CHART_SYMBOLS.map((symbol) => [symbol, chartWithSignal(symbol)]));

function chartWithSignal(symbol: string): Chart {
  const chart = createChart(instrumentBySymbol(symbol, FROM_MS));
  const scalper = strategyByName('scalping');
  for (const bar of scriptOf(1, { fromMs: FROM_MS, minutes: MINUTES, symbols: [symbol] }).bars.get(symbol) ?? []) {
    chart.add(bar);
    const answer = scalper?.evaluate({
      instrument: instrumentBySymbol(symbol, FROM_MS),
      nowMs: bar.openMs + MINUTE_MS,
      chart,
      calendar: NSE_CALENDAR,
      derivatives: null,
    });
    if (answer?.kind === 'opportunity' && answer.direction === 'long' && answer.confidence > answer.leastConfidence) return chart;
  }
  throw new Error(`The script of ${symbol} has no minute that the scalper trades on`);
}

/** Where the price of a symbol without a chart stands: a share's, in rupees. */
const OTHER_PRICE = 1_280;

/** The price at which the signal is given. */
export const signalPrice = (symbol: string): number => warm.get(symbol)?.last1m?.close ?? OTHER_PRICE;

/** The same chart as of another minute. */
function asOf(chart: Chart, upToMs: EpochMs): Chart {
  const byMs = upToMs - (chart.upToMs ?? 0);
  return {
    ...chart,
    last1m: chart.last1m === null ? null : { ...chart.last1m, openMs: upToMs - MINUTE_MS },
    upToMs,
    isLastMissing: false,
    missingSince: () => [],
    timeframe: (name) => {
      const view = chart.timeframe(name);
      return { ...view, closedMs: view.closedMs === null ? null : view.closedMs + byMs, hasGap: () => false };
    },
  };
}

const SHARE_OF_SIGNALS = 0.6;

/** A shelf whose charts give signals at minutes that the seed draws; the prices beside them are those that the feed published. */
export const signalShelf = (market: MarketStore, scope: string, seed: string): ChartShelf => ({
  upTo: async (minuteMs) => {
    const { snapshot } = await market.snapshotAndMinute(scope, minuteMs - MINUTE_MS);
    return {
      snapshot,
      chart: (symbol) => {
        const chart = warm.get(symbol);
        return chart === undefined || rng('signal', seed, symbol, minuteMs).next() > SHARE_OF_SIGNALS ? null : asOf(chart, minuteMs);
      },
    };
  },
});
