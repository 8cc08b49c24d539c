import { instrumentBySymbol } from '../config/instruments.ts';
import { historyNeededFromMs } from '../indicators/chart.ts';
import { messageOf } from '../kernel/errors.ts';
import { DAY_MS, type EpochMs, HOUR_MS, iso, MINUTE_MS } from '../kernel/time.ts';
import type { Bar } from '../market/price.ts';
import { createRollup, type RolledCandle } from '../market/rollup.ts';
import type { EngineContext } from './context.ts';
import type { MarketSource } from './market-source.ts';
import type { CandlesBySymbol, Lease, MarketStore } from './ports.ts';

/** Packs the minutes of an hour that has ended. */
export async function packHourOf(market: MarketStore, lease: Lease, hourMs: EpochMs): Promise<void> {
  const bars = await market.bars(lease.scope, hourMs, hourMs + HOUR_MS);
  if (bars.size > 0) await market.packHour(lease, hourMs, bars);
}

/** Packs the 15-minute candles of a UTC day that has ended, from its minutes. */
export async function packDayOf(market: MarketStore, lease: Lease, dayMs: EpochMs): Promise<void> {
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
  try {
    const daysFromMs = Math.max(firstDayMs, knownToMs === null ? firstDayMs : knownToMs - (knownToMs % DAY_MS));
    await packDays(context.market, source, lease, daysFromMs, minutesFromMs);
    await packMinutes(context, source, lease, Math.max(minutesFromMs, firstDayMs, knownToMs ?? 0), nowMs);
  } catch (error) {
    context.log('warn', 'history-incomplete', { source: source.name, from: iso(firstDayMs), why: messageOf(error) });
  }
}

async function packDays(market: MarketStore, source: MarketSource, lease: Lease, fromMs: EpochMs, toMs: EpochMs): Promise<void> {
  if (fromMs >= toMs) return;
  const quarters = await source.quarters(fromMs, toMs);
  const days = new Map<EpochMs, Map<string, RolledCandle[]>>();
  for (const [symbol, candles] of quarters) {
    for (const candle of candles) {
      const dayMs = candle.openMs - (candle.openMs % DAY_MS);
      const day = days.get(dayMs) ?? new Map<string, RolledCandle[]>();
      days.set(dayMs, day.set(symbol, [...(day.get(symbol) ?? []), candle]));
    }
  }
  for (const [dayMs, candles] of days) await market.packDay(lease, dayMs, candles);
}

async function packMinutes(context: EngineContext, source: MarketSource, lease: Lease, fromMs: EpochMs, toMs: EpochMs): Promise<void> {
  if (fromMs >= toMs) return;
  let hourMs: EpochMs | null = null;
  let hour: Bar[] = [];
  for await (const bar of source.minutes(fromMs, toMs)) {
    const barHourMs = bar.openMs - (bar.openMs % HOUR_MS);
    if (barHourMs !== hourMs) {
      if (hourMs !== null) await keepHour(context, lease, hourMs, hour, { fromMs, toMs });
      [hourMs, hour] = [barHourMs, []];
    }
    hour.push(bar);
  }
  if (hourMs !== null) await keepHour(context, lease, hourMs, hour, { fromMs, toMs });
}

/** A whole hour is packed; the hour that is not over is kept minute by minute, for its other minutes are still to come. */
async function keepHour(
  context: EngineContext,
  lease: Lease,
  hourMs: EpochMs,
  bars: readonly Bar[],
  range: { readonly fromMs: EpochMs; readonly toMs: EpochMs },
): Promise<void> {
  const { market } = context;
  if (hourMs + HOUR_MS > range.toMs) return keepMinutes(context, lease, bars);
  // The hour may have been half stored before the feed stopped: what is there stays.
  const known = [...(await market.bars(lease.scope, hourMs, Math.min(hourMs + HOUR_MS, range.fromMs))).values()].flat();
  await market.packHour(lease, hourMs, bySymbol([...known, ...bars]));
  if ((hourMs + HOUR_MS) % DAY_MS === 0) await packDayOf(market, lease, hourMs + HOUR_MS - DAY_MS);
}

async function keepMinutes({ market, world }: EngineContext, lease: Lease, bars: readonly Bar[]): Promise<void> {
  const stored = await market.snapshot(lease.scope);
  const snapshot = stored ?? { scope: world.scope, atMs: 0, quotes: [], rates: [], feeds: [], cursor: null };
  for (const minuteMs of new Set(bars.map((bar) => bar.openMs))) {
    await market.publish(lease, { ...snapshot, atMs: minuteMs + MINUTE_MS }, { minuteMs, bars: bars.filter((bar) => bar.openMs === minuteMs) });
  }
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
