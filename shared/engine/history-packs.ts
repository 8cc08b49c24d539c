import { instrumentBySymbol } from '../config/instruments.ts';
import { historyNeededFromMs } from '../indicators/chart.ts';
import { messageOf } from '../kernel/errors.ts';
import { DAY_MS, type EpochMs, HOUR_MS, iso, MINUTE_MS } from '../kernel/time.ts';
import type { Bar } from '../market/price.ts';
import { createRollup, type RolledCandle } from '../market/rollup.ts';
import type { EngineContext } from './context.ts';
import type { MarketSource } from './market-source.ts';
import type { CandlesBySymbol, Lease, MarketStore } from './ports.ts';

/** Packs what ends with the minutes up to `toMs`: at the end of an hour the hour, at the end of a UTC day the day. Again is no harm. */
export async function packEnded(market: MarketStore, lease: Lease, toMs: EpochMs): Promise<void> {
  if (toMs % HOUR_MS === 0) await packHourOf(market, lease, toMs - HOUR_MS);
  if (toMs % DAY_MS === 0) await packDayOf(market, lease, toMs - DAY_MS);
}

/** Packs the minutes of an hour that has ended. */
async function packHourOf(market: MarketStore, lease: Lease, hourMs: EpochMs): Promise<void> {
  const bars = await market.bars(lease.scope, hourMs, hourMs + HOUR_MS);
  if (bars.size > 0) await market.packHour(lease, hourMs, bars);
}

/** Packs the 15-minute candles of a UTC day that has ended, from its minutes. */
async function packDayOf(market: MarketStore, lease: Lease, dayMs: EpochMs): Promise<void> {
  const candles = quartersOf(await market.bars(lease.scope, dayMs, dayMs + DAY_MS));
  if (candles.size > 0) await market.packDay(lease, dayMs, candles);
}

function quartersOf(bars: ReadonlyMap<string, readonly Bar[]>): CandlesBySymbol {
  const quarters = new Map<string, readonly RolledCandle[]>();
  for (const [symbol, minutes] of bars) {
    const candles: RolledCandle[] = [];
    const rollup = createRollup(instrumentBySymbol(symbol).market, '15m', (candle) => candles.push(candle));
    for (const bar of minutes) rollup.add(bar);
    if (candles.length > 0) quarters.set(symbol, candles);
  }
  return quarters;
}

export interface Backfill {
  /** End of the last minute that is stored; null when nothing is. */
  readonly knownToMs: EpochMs | null;
  readonly nowMs: EpochMs;
  readonly historyDays: number;
}

/**
 * Brings the stored history up to now: on a first start the days and minutes that the charts need, later what was missed
 * while no feed ran. A source that cannot be asked (no network) leaves the gap, which scans then see and say.
 */
export async function backfill(
  context: EngineContext,
  source: MarketSource,
  lease: Lease,
  { knownToMs, nowMs, historyDays }: Backfill,
): Promise<void> {
  const minutesFromMs = Math.min(...source.markets.map((market) => historyNeededFromMs(market, '1m', nowMs)));
  const firstDayMs = nowMs - (nowMs % DAY_MS) - historyDays * DAY_MS;
  const daysFromMs = Math.max(firstDayMs, knownToMs === null ? firstDayMs : dayOf(knownToMs));
  // The run before may have ended between its last minute and the packing of what that minute completed.
  if (knownToMs !== null) await packEnded(context.market, lease, knownToMs);
  for (const part of source.parts ?? [source]) {
    try {
      await packDays(context.market, part, lease, daysFromMs, minutesFromMs);
      await packMinutes(context, part, lease, Math.max(minutesFromMs, firstDayMs, knownToMs ?? 0), nowMs);
    } catch (error) {
      context.log('warn', 'history-incomplete', { source: part.name, from: iso(firstDayMs), why: messageOf(error) });
    }
  }
}

async function packDays(market: MarketStore, source: MarketSource, lease: Lease, fromMs: EpochMs, toMs: EpochMs): Promise<void> {
  if (fromMs >= toMs) return;
  const quarters = await source.quarters(fromMs, toMs);
  const days = new Map<EpochMs, Map<string, RolledCandle[]>>();
  for (const [symbol, candles] of quarters) {
    for (const candle of candles) {
      const dayMs = dayOf(candle.openMs);
      const day = days.get(dayMs) ?? new Map<string, RolledCandle[]>();
      days.set(dayMs, day.set(symbol, [...(day.get(symbol) ?? []), candle]));
    }
  }
  for (const [dayMs, candles] of days) {
    const known = await market.dayCandles(lease.scope, dayMs, dayMs + DAY_MS);
    await market.packDay(lease, dayMs, new Map([...known, ...candles]));
  }
}

async function packMinutes(context: EngineContext, source: MarketSource, lease: Lease, fromMs: EpochMs, toMs: EpochMs): Promise<void> {
  if (fromMs >= toMs) return;
  let hourMs: EpochMs | null = null;
  let hour: Bar[] = [];
  const keepUntil = async (atMs: EpochMs): Promise<void> => {
    if (hourMs === null) return;
    await keepHour(context, lease, hourMs, hour, toMs);
    // A day may have traded its last long before its end: it is packed when the next one begins, or when it is over.
    if (dayOf(atMs) > dayOf(hourMs)) await packDayOf(context.market, lease, dayOf(hourMs));
  };
  for await (const bar of source.minutes(fromMs, toMs)) {
    const barHourMs = bar.openMs - (bar.openMs % HOUR_MS);
    if (barHourMs !== hourMs) {
      await keepUntil(barHourMs);
      [hourMs, hour] = [barHourMs, []];
    }
    hour.push(bar);
  }
  await keepUntil(toMs);
}

const dayOf = (ms: EpochMs): EpochMs => ms - (ms % DAY_MS);

/** A whole hour is packed; the hour that is not over is kept minute by minute, for its other minutes are still to come. */
async function keepHour(context: EngineContext, lease: Lease, hourMs: EpochMs, bars: readonly Bar[], toMs: EpochMs): Promise<void> {
  const { market } = context;
  if (hourMs + HOUR_MS > toMs) return keepMinutes(context, lease, bars);
  await market.packHour(lease, hourMs, bySymbol(await joined(market, lease, hourMs, hourMs + HOUR_MS, bars)));
}

async function keepMinutes({ market, world }: EngineContext, lease: Lease, bars: readonly Bar[]): Promise<void> {
  const stored = await market.snapshot(lease.scope);
  const snapshot = stored ?? { scope: world.scope, atMs: 0, quotes: [], rates: [], feeds: [], cursor: null };
  for (const minuteMs of new Set(bars.map((bar) => bar.openMs))) {
    const ours = bars.filter((bar) => bar.openMs === minuteMs);
    const minute = { minuteMs, bars: await joined(market, lease, minuteMs, minuteMs + MINUTE_MS, ours) };
    await market.publish(lease, { ...snapshot, atMs: minuteMs + MINUTE_MS }, minute);
  }
}

/** What is stored of a span (of other sources, or from before the feed stopped) with the given bars over it, in order of time. */
async function joined(market: MarketStore, lease: Lease, fromMs: EpochMs, toMs: EpochMs, bars: readonly Bar[]): Promise<readonly Bar[]> {
  const known = [...(await market.bars(lease.scope, fromMs, toMs)).values()].flat();
  const all = new Map([...known, ...bars].map((bar) => [`${bar.symbol} ${bar.openMs}`, bar]));
  return [...all.values()].sort((a, b) => a.openMs - b.openMs);
}

function bySymbol(bars: readonly Bar[]): ReadonlyMap<string, readonly Bar[]> {
  const grouped = new Map<string, Bar[]>();
  for (const bar of bars) {
    const known = grouped.get(bar.symbol);
    if (known === undefined) grouped.set(bar.symbol, [bar]);
    else known.push(bar);
  }
  return grouped;
}
