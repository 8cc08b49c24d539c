import { execFileSync } from 'node:child_process';
import { instrumentBySymbol, instrumentsOf } from '../../shared/config/instruments.ts';
import { NSE_CALENDAR } from '../../shared/config/nse-calendar.ts';
import { decideScan, type ScanView } from '../../shared/engine/decide-scan.ts';
import type { ChainSource } from '../../shared/engine/ports.ts';
import { joinedChains } from '../../shared/feeds/joined-chains.ts';
import { createSimulatedCryptoDerivatives } from '../../shared/feeds/simulated-crypto-derivatives.ts';
import { createSimulatedDerivatives } from '../../shared/feeds/simulated-derivatives.ts';
import { createSimulatedMarket } from '../../shared/feeds/simulated-market.ts';
import { type Chart, createChart } from '../../shared/indicators/chart.ts';
import { DAY_MS, type EpochMs, HOUR_MS, MINUTE_MS } from '../../shared/kernel/time.ts';
import { marketPhase } from '../../shared/market/calendar.ts';
import type { Instrument } from '../../shared/market/instrument.ts';
import type { Bar } from '../../shared/market/price.ts';
import type { Timeframe } from '../../shared/market/timeframe.ts';
import { NO_MODELS } from '../../shared/ml/no-models.ts';
import { BUILT_STRATEGIES } from '../../shared/strategies/registry.ts';
import { bareQuote, startedAccount, viewOfSketch } from '../support/engine-fixtures.ts';
import { barsOf, walk } from '../support/series.ts';
import { againstTarget, cpuMs, msLine, percentiles } from './figures.ts';

const MANY = 500;
const MINUTES = 120;
/** A minute's chains of the simulated market take longer to make than to judge. */
const HOUSE_MINUTES = 76;
/** Every strategy has looked once then, those of the quarter hour too: what comes after is warm. */
const COMPILING_MINUTES = 16;

/** A chart and the bars that are to come. */
interface Series {
  readonly instrument: Instrument;
  readonly chart: Chart;
  readonly next: readonly Bar[];
}

/**
 * One scan with everything warm and nothing read from a store: the new minute of each symbol goes into its chart of all
 * timeframes, every strategy is asked about every symbol, the gate judges what they propose. The sixteen have the simulated
 * market's futures and options beside them, made anew each minute before the clock runs.
 */
export async function benchScan(): Promise<readonly string[]> {
  const chains = joinedChains([createSimulatedDerivatives({ seed: 1 }), createSimulatedCryptoDerivatives({ seed: 1 })]);
  const few = scans(houseSeries(), HOUSE_MINUTES, chains);
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
function scans(series: readonly Series[], minutes: number, chains: ChainSource | null = null): readonly number[] {
  const account = startedAccount();
  const charts = new Map(series.map(({ instrument, chart }) => [instrument.symbol, chart]));
  const questions = series.flatMap(({ instrument }) => BUILT_STRATEGIES.map((strategy) => ({ strategy, instrument, base: null })));
  const all = Array.from({ length: minutes }, (_, minute) => {
    const minuteMs = (series[0]?.next[minute]?.openMs ?? 0) + MINUTE_MS;
    const nowMs = minuteMs + 3_000;
    const quotes = new Map(series.map(({ instrument: { symbol }, next }) => [symbol, bareQuote(symbol, next[minute]?.close ?? 0, nowMs)]));
    const source = chains === null ? null : read(chains, series, nowMs);
    const began = process.cpuUsage();
    for (const { chart, next } of series) {
      const bar = next[minute];
      if (bar !== undefined) chart.add(bar);
    }
    const sketch = viewOfSketch({ nowMs, chains: source });
    const view: ScanView = {
      ...sketch,
      quote: (symbol) => quotes.get(symbol) ?? null,
      chart: (symbol) => charts.get(symbol) ?? null,
      model: NO_MODELS,
    };
    decideScan(account, view, { id: `scan:${minute}`, ordinal: minute, minuteMs, markets: ['CRYPTO', 'NSE'], questions, configVersion: 'bench' });
    return cpuMs(began);
  });
  return all.slice(COMPILING_MINUTES);
}

/** What a source tells of the symbols at the instant, as a store that has been read would. */
function read(source: ChainSource, series: readonly Series[], nowMs: EpochMs): ChainSource {
  const symbols = series.map(({ instrument }) => instrument.symbol);
  const chains = new Map(symbols.map((symbol) => [symbol, source.chains(symbol, nowMs)]));
  const ivHistory = new Map(symbols.map((symbol) => [symbol, source.ivHistory?.(symbol, nowMs) ?? []]));
  return { ...source, chains: (symbol) => chains.get(symbol) ?? [], ivHistory: (symbol) => ivHistory.get(symbol) ?? [] };
}

if (import.meta.main) {
  const scanMs = scans(manySeries(MANY), MINUTES);
  console.log(JSON.stringify({ scanMs, memoryMb: process.memoryUsage().rss / 1e6 }));
}
