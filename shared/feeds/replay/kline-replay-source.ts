import type { FeedSink, MarketSource } from '../../engine/market-source.ts';
import type { CandlesBySymbol } from '../../engine/ports.ts';
import type { Clock } from '../../kernel/clock.ts';
import { DAY_MS, type EpochMs, HOUR_MS, iso, MINUTE_MS, minuteOf } from '../../kernel/time.ts';
import { ticksOfBar } from '../../market/bar-ticks.ts';
import type { Market } from '../../market/instrument.ts';
import type { Bar } from '../../market/price.ts';
import { tradingDayOf } from '../../market/rollup.ts';
import { SourceError } from '../source-error.ts';
import type { DayBook } from './day-book.ts';
import { missingBarsOf } from './missing-bars.ts';
import { createPlayer, type Instant, type Place, type Price, placeSchema, readCursor } from './price-player.ts';
import type { RecordedData } from './recorded-data.ts';
import { openDayBook } from './recorded-days.ts';
import { type KlineSeries, marketsOf, readRecordedKlines } from './recorded-klines.ts';
import {
  asPlayed,
  type PlayedMinute,
  type RecordedMinute,
  type RefusedRows,
  recordedBars,
  recordedMinutes,
  recordedQuarters,
} from './recorded-minutes.ts';
import { type RecordedRates, recordedRates } from './recorded-rates.ts';

export type RecordedKlinesData = Extract<RecordedData, { readonly kind: 'klines' }>;

export interface KlineReplayOptions {
  readonly clock: Clock;
  /** As `describeData` gives them. */
  readonly data: RecordedKlinesData;
  /** Rupees a dollar throughout, in place of the rates that lie near bars of shares. */
  readonly usdInr?: number | null | undefined;
  /** Bars from this instant on are not played; default: all are. */
  readonly untilMs?: EpochMs | undefined;
  /** Called at the end of the last bar. */
  readonly onEnd?: (() => Promise<void> | void) | undefined;
}

const SOURCE = 'replay-klines';
const PERPETUALS_SOURCE = 'replay-perpetual-bars';
const EVIDENCE = 'replay';
const KEPT_MS = HOUR_MS;

/**
 * Recorded bars played as ticks under the clock (`ticksOfBar`), all series together, one minute read at a time.
 * The cursor is an instant: what comes after it is the same, bit for bit, wherever the program was stopped.
 */
export function klineReplaySource({ clock, data, untilMs, usdInr = null, onEnd }: KlineReplayOptions): MarketSource {
  const { series } = data;
  const name = data.isOfPerpetuals ? PERPETUALS_SOURCE : SOURCE;
  const player = createPlayer({
    clock,
    label: '0-source-klines',
    about: `recorded bars of ${series.map(({ symbol }) => symbol).join(', ')}`,
    onEnd,
  });
  const toMs = untilMs ?? Math.max(0, ...series.flatMap(({ files }) => files.map(({ lastMs }) => lastMs + MINUTE_MS)));
  let held: readonly RecordedMinute[] = [];
  let refused: RefusedRows = {};
  let rates: RecordedRates = () => [];
  let days: DayBook | null = null;
  const markets = marketsOf(series);
  const missing = missingBarsOf(series);

  /** The days before an instant are read once; those that come are heard as they are played. */
  async function dayBook(): Promise<DayBook> {
    days ??= await openDayBook(series, clock.now());
    return days;
  }

  /** The instants after the given one. Minutes a little before it are read too, so that they can still be asked for. */
  async function* instantsAfter(atMs: EpochMs): AsyncGenerator<Instant> {
    rates = await recordedRates(series, usdInr);
    // Before the first minute is read, so that none is passed over.
    await dayBook();
    held = [];
    const fromMs = minuteOf(atMs) - KEPT_MS;
    let endMs = fromMs;
    const minutes = recordedMinutes(series, { fromMs, toMs }, (rows) => {
      refused = rows;
    });
    for await (const run of asPlayed(series, minutes)) {
      for (const minute of run) {
        // The minute before is closed after this one has been read, however long the hole between them is.
        const closingMs = held.at(-1)?.openMs ?? minute.openMs;
        days?.note(minute.bars);
        held = [...held.filter(({ openMs }) => openMs >= closingMs - KEPT_MS), minute];
        endMs = minute.openMs + MINUTE_MS;
        for (const instant of instantsOf(minute, name)) if (instant.atMs > atMs) yield instant;
      }
    }
    if (endMs > atMs) yield { atMs: endMs, prices: () => [] };
  }

  return {
    name,
    markets,
    evidence: EVIDENCE,
    async start(sink: FeedSink, cursor: unknown) {
      const place: Place = readCursor(placeSchema, cursor) ?? { atMs: clock.now() - 1 };
      await player.start(sink, instantsAfter(place.atMs), place);
    },
    stop: player.stop,
    closeMinute(minuteMs): readonly Bar[] {
      if (minuteMs + MINUTE_MS > clock.now() || minuteMs >= toMs) return [];
      const nearest = held.findLast(({ openMs }) => openMs <= minuteMs);
      if (nearest === undefined) return [];
      if (nearest.openMs === minuteMs) return nearest.bars;
      return missing.all(minuteMs, nearest.closes);
    },
    cursor: player.place,
    states() {
      const { status, detail, sinceMs, delivered } = player.state();
      return [{ source: name, markets: [...markets], evidence: EVIDENCE, status, detail, sinceMs, accepted: delivered, refused, reconnects: 0 }];
    },
    rates: () => rates(clock.now()),
    minutes: (fromMs, untilMs) => recordedBars(series, { fromMs, toMs: Math.min(untilMs, minuteOf(clock.now())) }),
    async quarters(fromMs, untilMs) {
      const range = { fromMs, toMs: Math.min(untilMs, minuteOf(clock.now())) };
      return withDays(await recordedQuarters(series, range), markets.includes('NSE') ? await dayBook() : null, range);
    },
    dailies: async (fromMs, untilMs) => (await dayBook()).closes(fromMs, Math.min(untilMs, clock.now())),
  };
}

/** Candles of quarters and, of days of which the exchange told the day alone, candles of the days. */
function withDays(
  quarters: CandlesBySymbol,
  book: DayBook | null,
  { fromMs, toMs }: { readonly fromMs: EpochMs; readonly toMs: EpochMs },
): CandlesBySymbol {
  if (book === null) return quarters;
  return new Map(
    [...quarters].map(([symbol, candles]) => {
      const told = new Set(candles.map(({ openMs }) => tradingDayOf('NSE', openMs)));
      const days = book.candles(symbol, fromMs, toMs).filter(({ openMs }) => !told.has(tradingDayOf('NSE', openMs)));
      return [symbol, [...days, ...candles].sort((a, b) => a.openMs - b.openMs)];
    }),
  );
}

/** The ticks of a minute's bars by instant, at each instant in the order of the series; its start alone where there are none. */
function instantsOf({ openMs, bars, playing = bars }: PlayedMinute, source: string): readonly Instant[] {
  const byInstant = new Map<EpochMs, Price[]>();
  for (const bar of playing) {
    for (const tick of ticksOfBar(bar, source)) {
      if (minuteOf(tick.exchangeMs) !== openMs) continue;
      byInstant.set(tick.exchangeMs, [...(byInstant.get(tick.exchangeMs) ?? []), { kind: 'tick', tick }]);
    }
  }
  if (byInstant.size === 0) return [{ atMs: openMs, prices: () => [] }];
  return [...byInstant].sort(([a], [b]) => a - b).map(([atMs, prices]) => ({ atMs, prices: () => prices }));
}

export interface ReplayBounds {
  /** Where virtual time begins unless told otherwise. */
  readonly startMs: EpochMs;
  /** Where the data ends. */
  readonly endMs: EpochMs;
}

/** Rows a strategy wants before its first decision; of shares a week of sessions. */
const WARM_UP_MS: Readonly<Record<Market, number>> = { CRYPTO: 2 * DAY_MS, NSE: 8 * DAY_MS };
/** Shares rest over nights, weekends and holidays. */
const LONGEST_HOLE_MS: Readonly<Record<Market, number>> = { CRYPTO: DAY_MS, NSE: 6 * DAY_MS };

/**
 * The first span that all series share without a hole of more than a day in any of them (of shares: six days), and is longer than
 * their warm-up of two days (eight): it begins after that. When there is only a shorter one, the longest is played from its start.
 * @throws SourceError `nothing_shared`; RecordedDataError `unreadable`
 */
export async function klineReplayBounds({ series }: RecordedKlinesData): Promise<ReplayBounds> {
  let longest: ReplayBounds | null = null;
  const warmUpMs = Math.max(...marketsOf(series).map((market) => WARM_UP_MS[market]));
  for await (const span of sharedSpans(series)) {
    if (span.endMs - span.startMs > warmUpMs) return { startMs: span.startMs + warmUpMs, endMs: span.endMs };
    if (longest === null || span.endMs - span.startMs > longest.endMs - longest.startMs) longest = span;
  }
  if (longest !== null) return longest;
  const found = series.map(({ symbol, files }) => `${symbol} ${files.map(({ firstMs, lastMs }) => `${iso(firstMs)} to ${iso(lastMs)}`).join(', ')}`);
  throw new SourceError('nothing_shared', `The recorded klines have no time in common: ${found.join('; ')}`, { found });
}

async function* sharedSpans(series: readonly KlineSeries[]): AsyncGenerator<ReplayBounds> {
  const longestHoleMs = Math.max(...marketsOf(series).map((market) => LONGEST_HOLE_MS[market]));
  const lastRowMs = new Map<string, EpochMs>();
  /** When the series that has been silent longest had its last row; null before all have begun. */
  const oldest = (): EpochMs | null => {
    if (lastRowMs.size < series.length) return null;
    let least = Number.POSITIVE_INFINITY;
    for (const ms of lastRowMs.values()) if (ms < least) least = ms;
    return least;
  };
  let startMs: EpochMs | null = null;
  // Before the last series begins nothing is shared.
  const fromMs = Math.max(...series.map(({ files }) => Math.min(...files.map(({ firstMs }) => firstMs))));
  for await (const run of readRecordedKlines(series, { fromMs }).runs) {
    for (const { openMs, bars } of run) {
      const beforeMs = oldest();
      if (startMs !== null && beforeMs !== null && openMs - beforeMs > longestHoleMs) {
        yield { startMs, endMs: beforeMs + MINUTE_MS };
        startMs = null;
      }
      for (const { symbol } of bars) lastRowMs.set(symbol, openMs);
      const nowMs = oldest();
      if (startMs === null && nowMs !== null && openMs - nowMs <= longestHoleMs) startMs = openMs;
    }
  }
  if (startMs !== null) yield { startMs, endMs: (oldest() ?? startMs) + MINUTE_MS };
}
