import { instrumentBySymbol } from '../config/instruments.ts';
import type { MarketSnapshot } from '../contracts/market-snapshot.ts';
import { type Chart, createChart, historyNeededFromMs } from '../indicators/chart.ts';
import { DAY_MS, type EpochMs, HOUR_MS, MINUTE_MS } from '../kernel/time.ts';
import type { Market } from '../market/instrument.ts';
import type { Bar } from '../market/price.ts';
import { rollCandles } from '../market/roll-candles.ts';
import { adjustedBar, adjustedHistory, isOutdated, type StoredHistory } from './adjusted-history.ts';
import { changedFromMs } from './history-revisions.ts';
import { createKeptBars, type KeptBars } from './kept-bars.ts';
import type { CandlesBySymbol, MarketStore } from './ports.ts';

// A gap up to this is read bar by bar; a longer one is rebuilt, which reads no more.
const WARM_GAP_MS = 2 * HOUR_MS;
/** What is kept in memory grows with every minute: a process that runs for long reads it anew so often. */
const KEPT_MS = 7 * DAY_MS;
const POLL_MS = 250;
const SEEDED = ['15m', '1h', '1d'] as const;

/** What a scan finds on the shelf: the newest published prices, and charts that have seen the bars before its minute. */
export interface ShelfView {
  readonly snapshot: MarketSnapshot | null;
  readonly chart: (symbol: string) => Chart | null;
}

/**
 * The charts of a process: warm from scan to scan, rebuilt from packed history when cold. Where stored bars have become others
 * (some venues tell every minute late) those are read again, and the charts of their symbols made anew from what is in memory.
 */
export interface ChartShelf {
  /** Brings the charts up to `minuteMs` (exclusive), waiting at most `waitMs` for the last bar. */
  readonly upTo: (minuteMs: EpochMs, waitMs: number) => Promise<ShelfView>;
}

export interface ChartShelfOptions {
  readonly market: MarketStore;
  readonly scope: string;
  readonly markets: readonly Market[];
  readonly sleep: (ms: number) => Promise<void>;
}

export function createChartShelf({ market, scope, markets, sleep }: ChartShelfOptions): ChartShelf {
  let charts = new Map<string, Chart>();
  /** What is stored before it is known, but for changes of which the snapshot tells; null when nothing is. */
  let knownToMs: EpochMs | null = null;
  /** The revision of the stored history up to `knownToMs`. */
  let revision = 0;
  /** The instant that the charts are read at: history before an ex-date up to it is adjusted. */
  let asOfMs: EpochMs = 0;
  let kept: { readonly days: CandlesBySymbol; readonly bars: KeptBars; readonly readAtMs: EpochMs } = {
    days: new Map(),
    bars: createKeptBars(new Map()),
    readAtMs: 0,
  };
  /** Symbols of which a chart has passed bars that are others now: indicators cannot be taken back. */
  const passed = new Set<string>();

  const rebuild = async (minuteMs: EpochMs): Promise<readonly Bar[]> => {
    const from = (timeframe: '1m' | '1d'): EpochMs => Math.min(...markets.map((name) => historyNeededFromMs(name, timeframe, minuteMs)));
    const minutesFromMs = from('1m');
    const [days, bars] = await Promise.all([market.dayCandles(scope, from('1d'), minutesFromMs), market.bars(scope, minutesFromMs, minuteMs)]);
    kept = { days, bars: createKeptBars(bars), readAtMs: minuteMs };
    passed.clear();
    charts = new Map();
    const history = adjustedHistory({ days, bars }, asOfMs, scope);
    for (const symbol of new Set([...history.days.keys(), ...history.bars.keys()])) charts.set(symbol, chartFrom(history, symbol, minuteMs));
    return [...bars.values()].flat();
  };

  const remakePassed = (minuteMs: EpochMs): void => {
    if (passed.size === 0) return;
    const history = adjustedHistory({ days: kept.days, bars: kept.bars.bySymbol }, asOfMs, scope);
    for (const symbol of passed) charts.set(symbol, chartFrom(history, symbol, minuteMs));
    passed.clear();
  };

  /** @param bars of each symbol in order of time */
  const add = (bars: Iterable<Bar>): void => {
    for (const stored of bars) {
      const put = kept.bars.put(stored);
      if (put === 'known') continue;
      const bar = adjustedBar(stored, asOfMs);
      if (put === 'changed') {
        passed.add(bar.symbol);
        continue;
      }
      const chart = charts.get(bar.symbol) ?? createChart(instrumentBySymbol(bar.symbol, bar.openMs));
      chart.add(bar);
      charts.set(bar.symbol, chart);
    }
  };

  const readNew = async (fromMs: EpochMs, toMs: EpochMs): Promise<readonly Bar[]> => {
    const bars = [...(await market.bars(scope, fromMs, toMs)).values()].flat().sort((a, b) => a.openMs - b.openMs);
    add(bars);
    return bars;
  };

  /** What has not come yet is asked for again: known is only what was seen, unless nothing has come for long. */
  const catchUp = async (toMs: EpochMs): Promise<void> => {
    const isCold = knownToMs === null || toMs - knownToMs > WARM_GAP_MS;
    const bars = isCold ? await rebuild(toMs) : await readNew(knownToMs ?? 0, toMs);
    const seenToMs = bars.reduce((latest, bar) => Math.max(latest, bar.openMs + MINUTE_MS), isCold ? 0 : (knownToMs ?? 0));
    knownToMs = toMs - seenToMs > WARM_GAP_MS ? toMs : seenToMs;
  };

  /**
   * Bars that the charts were built from may be others now: what is known ends before them. The revision is read before the bars:
   * those may be newer than it says, never older.
   */
  const notice = (snapshot: MarketSnapshot | null): void => {
    const fromMs = changedFromMs(snapshot, revision);
    if (fromMs === null) knownToMs = null;
    else if (knownToMs !== null) knownToMs = Math.min(knownToMs, fromMs);
    revision = snapshot?.historyRevision ?? 0;
  };

  const bringUp = async (minuteMs: EpochMs, waitMs: number): Promise<ShelfView> => {
    const lastMs = minuteMs - MINUTE_MS;
    if (isOutdated(charts.values(), asOfMs, minuteMs) || minuteMs - kept.readAtMs > KEPT_MS) knownToMs = null;
    asOfMs = Math.max(asOfMs, minuteMs);
    let read = await market.snapshotAndMinute(scope, lastMs);
    notice(read.snapshot);
    if (knownToMs === null || knownToMs < lastMs) await catchUp(lastMs);
    for (let waited = 0; read.bars === null && waited < waitMs; waited += POLL_MS) {
      await sleep(POLL_MS);
      read = await market.snapshotAndMinute(scope, lastMs);
    }
    notice(read.snapshot);
    // Minutes are published in order: those before this one are there now, if they were not a moment ago.
    if (knownToMs === null || (read.bars !== null && knownToMs < lastMs)) await catchUp(lastMs);
    if (read.bars !== null) {
      add(read.bars);
      knownToMs = Math.max(knownToMs ?? 0, minuteMs);
    }
    remakePassed(minuteMs);
    return { snapshot: read.snapshot, chart: (symbol) => charts.get(symbol) ?? null };
  };

  // One after the other: a scan and a person may ask at once, and the charts are the same for both.
  let last: Promise<unknown> = Promise.resolve();
  return {
    upTo: (minuteMs, waitMs) => {
      const next = last.then(() => bringUp(minuteMs, waitMs));
      last = next.catch(() => undefined);
      return next;
    },
  };
}

/** The chart of a symbol from the days before its minutes, and these. */
export function chartFrom({ days, bars }: StoredHistory, symbol: string, atMs: EpochMs): Chart {
  const instrument = instrumentBySymbol(symbol, atMs);
  const chart = createChart(instrument);
  for (const timeframe of SEEDED) {
    for (const candle of rollCandles(instrument.market, timeframe, days.get(symbol) ?? [])) chart.addRolled(timeframe, candle);
  }
  for (const bar of bars.get(symbol) ?? []) chart.add(bar);
  return chart;
}
