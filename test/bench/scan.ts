import { execFileSync } from 'node:child_process';
import { instrumentBySymbol, instrumentsOf } from '../../shared/config/instruments.ts';
import { NSE_CALENDAR } from '../../shared/config/nse-calendar.ts';
import { decideScan, type ScanView } from '../../shared/engine/decide-scan.ts';
import { createSimulatedMarket } from '../../shared/feeds/simulated-market.ts';
import { type Chart, createChart } from '../../shared/indicators/chart.ts';
import { DAY_MS, type EpochMs, HOUR_MS, MINUTE_MS } from '../../shared/kernel/time.ts';
import { marketPhase } from '../../shared/market/calendar.ts';
import type { Instrument } from '../../shared/market/instrument.ts';
import type { Bar } from '../../shared/market/price.ts';
import type { Timeframe } from '../../shared/market/timeframe.ts';
import { NO_MODELS } from '../../shared/ml/model-set.ts';
import { BUILT_STRATEGIES } from '../../shared/strategies/registry.ts';
import { bareQuote, startedAccount, viewOfSketch } from '../support/engine-fixtures.ts';
import { barsOf, walk } from '../support/series.ts';
import { againstTarget, cpuMs, msLine, percentiles } from './figures.ts';

const MANY = 500;
const MINUTES = 120;

/** A chart and the bars that are to come. */
interface Series {
  readonly instrument: Instrument;
  readonly chart: Chart;
  readonly next: readonly Bar[];
}

/**
 * One scan with everything warm and nothing read from a store: the new minute of each symbol goes into its chart of all
 * timeframes, every strategy is asked about every symbol, the gate judges what they propose.
 */
export async function benchScan(): Promise<readonly string[]> {
  const few = scans(houseSeries());
  const told = execFileSync(process.execPath, [import.meta.filename], { encoding: 'utf8' });
  const many: { readonly scanMs: readonly number[]; readonly memoryMb: number } = JSON.parse(told);
  const [one, large] = [percentiles(few), percentiles(many.scanMs)];
  const names = BUILT_STRATEGIES.map(({ name }) => name).join(', ');
  return [
    `strategies                 ${BUILT_STRATEGIES.length} of 5: ${names}`,
    `16 symbols, a minute       ${msLine(one)}`,
    againstTarget('p99 (ms)', one.p99, '<', 50),
    `${MANY} symbols, a minute      ${msLine(large)}`,
    againstTarget('p99 (ms)', large.p99, '<', 2_000),
    `memory of that process     ${many.memoryMb.toFixed(0)} MB`,
    againstTarget('MB', many.memoryMb, '<', 512),
  ];
}

/** The sixteen symbols of the house over the simulated market, while both markets trade. */
function houseSeries(): readonly Series[] {
  const instruments = [...instrumentsOf('CRYPTO'), ...instrumentsOf('NSE')];
  const market = createSimulatedMarket({ seed: 1, instruments, phaseAt: (of, atMs) => marketPhase(NSE_CALENDAR, of, atMs).phase });
  const fromMs = Date.parse('2026-10-29T13:30+05:30');
  return instruments.map((instrument) => {
    const chart = createChart(instrument);
    for (let dayMs = fromMs - (fromMs % DAY_MS) - 40 * DAY_MS; dayMs < fromMs; dayMs += DAY_MS) {
      for (const bar of market.bars(instrument.symbol, dayMs, Math.min(dayMs + DAY_MS, fromMs))) chart.add(bar);
    }
    return { instrument, chart, next: market.bars(instrument.symbol, fromMs, fromMs + MINUTES * MINUTE_MS) };
  });
}

/** As many symbols as are asked for, each a walk of its own, with 200 candles of the slow timeframes and two days of minutes. */
function manySeries(count: number): readonly Series[] {
  const model = instrumentBySymbol('BTC');
  const fromMs = Date.parse('2026-10-29T00:00Z');
  return Array.from({ length: count }, (_, i) => {
    const instrument: Instrument = { ...model, symbol: `S${i}` };
    const chart = createChart(instrument);
    for (const [timeframe, lengthMs] of SLOW) {
      walk(`${i} ${timeframe}`, 200, { step: 0.01 }).forEach((candle, at) => {
        chart.addRolled(timeframe, { ...candle, openMs: fromMs - (200 - at) * lengthMs, isComplete: true });
      });
    }
    const bars = barsOf(walk(i, 2 * 1_440, { fromMs }), instrument.symbol);
    for (const bar of bars.slice(0, -MINUTES)) chart.add(bar);
    return { instrument, chart, next: bars.slice(-MINUTES) };
  });
}

const SLOW: readonly (readonly [Timeframe, number])[] = [
  ['1d', DAY_MS],
  ['1h', HOUR_MS],
  ['15m', 15 * MINUTE_MS],
];

/** Processor time of each minute's scan, in ms. */
function scans(series: readonly Series[]): readonly number[] {
  const account = startedAccount();
  const charts = new Map(series.map(({ instrument, chart }) => [instrument.symbol, chart]));
  const questions = series.flatMap(({ instrument }) => BUILT_STRATEGIES.map((strategy) => ({ strategy, instrument, base: null })));
  return Array.from({ length: MINUTES }, (_, minute) => {
    const minuteMs = (series[0]?.next[minute]?.openMs ?? 0) + MINUTE_MS;
    const view = viewAt(series, charts, minute, minuteMs + 3_000);
    const began = process.cpuUsage();
    for (const { chart, next } of series) {
      const bar = next[minute];
      if (bar !== undefined) chart.add(bar);
    }
    decideScan(account, view, { id: `scan:${minute}`, ordinal: minute, minuteMs, markets: ['CRYPTO', 'NSE'], questions, configVersion: 'bench' });
    return cpuMs(began);
  });
}

function viewAt(series: readonly Series[], charts: ReadonlyMap<string, Chart>, minute: number, nowMs: EpochMs): ScanView {
  const quotes = new Map(series.map(({ instrument: { symbol }, next }) => [symbol, bareQuote(symbol, next[minute]?.close ?? 0, nowMs)]));
  return {
    ...viewOfSketch({ nowMs }),
    quote: (symbol) => quotes.get(symbol) ?? null,
    chart: (symbol) => charts.get(symbol) ?? null,
    model: NO_MODELS,
  };
}

if (import.meta.main) {
  const scanMs = scans(manySeries(MANY));
  console.log(JSON.stringify({ scanMs, memoryMb: process.memoryUsage().rss / 1e6 }));
}
