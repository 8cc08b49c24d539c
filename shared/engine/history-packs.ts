import { instrumentBySymbol } from '../config/instruments.ts';
import { DAY_MS, type EpochMs, HOUR_MS, MINUTE_MS } from '../kernel/time.ts';
import type { Bar, BarOrigin } from '../market/price.ts';
import { bucketOf, createRollup, type RolledCandle } from '../market/rollup.ts';
import type { CandlesBySymbol, Lease, MarketStore } from './ports.ts';

/** Packs what ends with the minutes up to `toMs`: at the end of an hour the hour, at the end of a UTC day the day. Again is no harm. */
export async function packEnded(market: MarketStore, lease: Lease, toMs: EpochMs): Promise<void> {
  if (toMs % HOUR_MS === 0) await packHourOf(market, lease, toMs - HOUR_MS);
  if (toMs % DAY_MS === 0) await packDayOf(market, lease, toMs - DAY_MS);
}

/**
 * Packs what the last minutes of a run belong to, when that has ended while no feed ran: an hour and a day of which nothing is
 * fetched any more are packed by nobody else. Of a day that is packed already only symbols are added that it lacks.
 */
export async function packLeft(market: MarketStore, lease: Lease, toMs: EpochMs, nowMs: EpochMs): Promise<void> {
  const lastMs = toMs - MINUTE_MS;
  const [hourMs, dayMs] = [lastMs - (lastMs % HOUR_MS), dayOf(lastMs)];
  if (hourMs + HOUR_MS <= nowMs) await packHourOf(market, lease, hourMs);
  if (dayMs + DAY_MS > nowMs) return;
  const known = await market.dayCandles(lease.scope, dayMs, dayMs + DAY_MS);
  const made = quartersOf(await market.bars(lease.scope, dayMs, dayMs + DAY_MS));
  if ([...made.keys()].some((symbol) => !known.has(symbol))) await market.packDay(lease, dayMs, new Map([...made, ...known]));
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

/** The 15-minute candles that minutes make. */
export function quartersOf(bars: ReadonlyMap<string, readonly Bar[]>): CandlesBySymbol {
  const quarters = new Map<string, readonly RolledCandle[]>();
  for (const [symbol, minutes] of bars) {
    const candles: RolledCandle[] = [];
    const rollup = createRollup(instrumentBySymbol(symbol).market, '15m', (candle) => candles.push(candle));
    for (const bar of minutes) rollup.add(bar);
    if (candles.length > 0) quarters.set(symbol, candles);
  }
  return quarters;
}

/** Bars of minutes of the past, to be joined with what is stored. */
export interface PastBars {
  readonly bars: readonly Bar[];
  /** Hours and days that end by then are over: they are kept packed. What opens after it is not past and left alone. */
  readonly toMs: EpochMs;
  /** Whether a given `received` bar goes before a stored one: the venue's own bar that came late, before what was made of trades. */
  readonly replacesReceived: boolean;
  /** Writes the row of a minute of an hour that is not over. */
  readonly keepMinute: (minuteMs: EpochMs, bars: readonly Bar[]) => Promise<void>;
}

/** Rows of minutes this old are still read one by one beside their packed hour. */
const READ_ALONE_MS = 15 * MINUTE_MS;

/**
 * Joins bars of the past with what is stored: hours that are over are packed again, minutes of the hour under way written one
 * by one, and the 15-minute candles of days that are over made anew where they stand on a minute that is another now. A bar
 * never replaces a better one: `received` goes before `backfilled`, both before `missing`. Again is no harm.
 * @throws StoreError `fenced`
 */
export async function keepPast(market: MarketStore, lease: Lease, { bars, toMs, replacesReceived, keepMinute }: PastBars): Promise<void> {
  const past = bars.filter(({ openMs }) => openMs < toMs);
  for (const [hourMs, ofHour] of spans(past, HOUR_MS)) {
    const known = [...(await market.bars(lease.scope, hourMs, hourMs + HOUR_MS)).values()].flat();
    const { all, changed } = joined(known, ofHour, replacesReceived);
    if (changed.length === 0) continue;
    const isOver = hourMs + HOUR_MS <= toMs;
    // The pack last: a try again finds what is to be done by the pack.
    for (const minuteMs of new Set(changed.map(({ openMs }) => openMs))) {
      if (isOver && minuteMs < toMs - READ_ALONE_MS) continue;
      await keepMinute(
        minuteMs,
        all.filter(({ openMs }) => openMs === minuteMs),
      );
    }
    if (isOver) await market.packHour(lease, hourMs, bySymbol(all));
  }
  for (const [dayMs, ofDay] of spans(past, DAY_MS)) if (dayMs + DAY_MS <= toMs) await remakeDay(market, lease, dayMs, ofDay);
}

/**
 * Makes the 15-minute candles anew that the given bars are part of; the others stay, for not every day's minutes are stored.
 * Symbols that the day's pack lacks are added: it may have ended while no feed ran, and nothing of them to be fetched.
 */
async function remakeDay(market: MarketStore, lease: Lease, dayMs: EpochMs, bars: readonly Bar[]): Promise<void> {
  const known = await market.dayCandles(lease.scope, dayMs, dayMs + DAY_MS);
  const made = quartersOf(await market.bars(lease.scope, dayMs, dayMs + DAY_MS));
  const day = new Map([...made, ...known]);
  for (const [symbol, ofSymbol] of bySymbol(bars)) {
    const { market: name } = instrumentBySymbol(symbol);
    const touched = new Set(ofSymbol.map(({ openMs }) => bucketOf(name, '15m', openMs).startMs));
    const before = known.get(symbol);
    const isTouched = ({ openMs }: RolledCandle): boolean => before === undefined || touched.has(openMs);
    const candles = [...(before ?? []).filter((candle) => !isTouched(candle)), ...(made.get(symbol) ?? []).filter(isTouched)];
    if (candles.length > 0)
      day.set(
        symbol,
        candles.sort((a, b) => a.openMs - b.openMs),
      );
  }
  if (day.size > 0) await market.packDay(lease, dayMs, day);
}

/** Keeps 15-minute candles of the past by UTC day, over those of the same symbols that are stored. */
export async function keepDays(market: MarketStore, lease: Lease, quarters: CandlesBySymbol): Promise<void> {
  const days = new Map<EpochMs, Map<string, RolledCandle[]>>();
  for (const [symbol, candles] of quarters) {
    for (const candle of candles) {
      const dayMs = dayOf(candle.openMs);
      const day = days.get(dayMs) ?? new Map<string, RolledCandle[]>();
      const ofSymbol = day.get(symbol) ?? [];
      ofSymbol.push(candle);
      days.set(dayMs, day.set(symbol, ofSymbol));
    }
  }
  for (const [dayMs, candles] of days) {
    const known = await market.dayCandles(lease.scope, dayMs, dayMs + DAY_MS);
    await market.packDay(lease, dayMs, new Map([...known, ...candles]));
  }
}

export const dayOf = (ms: EpochMs): EpochMs => ms - (ms % DAY_MS);

const RANK: Readonly<Record<BarOrigin, number>> = { missing: 0, backfilled: 1, received: 2 };

function isBetter(bar: Bar, known: Bar | undefined, replacesReceived: boolean): boolean {
  if (known === undefined || RANK[bar.origin] > RANK[known.origin]) return true;
  return replacesReceived && bar.origin === 'received' && known.origin === 'received' && !isSame(bar, known);
}

const isSame = (a: Bar, b: Bar): boolean => a.open === b.open && a.high === b.high && a.low === b.low && a.close === b.close && a.volume === b.volume;

/** What is stored of a span with the better of the given bars in it, in order of time, and which those are. */
function joined(
  known: readonly Bar[],
  bars: readonly Bar[],
  replacesReceived: boolean,
): { readonly all: readonly Bar[]; readonly changed: readonly Bar[] } {
  const all = new Map(known.map((bar) => [`${bar.symbol} ${bar.openMs}`, bar]));
  const changed = bars.filter((bar) => {
    const key = `${bar.symbol} ${bar.openMs}`;
    if (!isBetter(bar, all.get(key), replacesReceived)) return false;
    all.set(key, bar);
    return true;
  });
  return { all: [...all.values()].sort((a, b) => a.openMs - b.openMs), changed };
}

const spans = (bars: readonly Bar[], spanMs: number): ReadonlyMap<EpochMs, readonly Bar[]> =>
  Map.groupBy(bars, ({ openMs }) => openMs - (openMs % spanMs));

const bySymbol = (bars: readonly Bar[]): ReadonlyMap<string, readonly Bar[]> => Map.groupBy(bars, ({ symbol }) => symbol);
