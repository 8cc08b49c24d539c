import type { FeedSink, MarketSource } from '../../engine/market-source.ts';
import type { Clock } from '../../kernel/clock.ts';
import { DAY_MS, type EpochMs, HOUR_MS, iso, MINUTE_MS, minuteOf } from '../../kernel/time.ts';
import { ticksOfBar } from '../../market/bar-ticks.ts';
import type { Market } from '../../market/instrument.ts';
import type { Bar } from '../../market/price.ts';
import { assumedUsdtRate } from '../rates/rates.ts';
import { SourceError } from '../source-error.ts';
import { createPlayer, type Instant, type Place, type Price, placeSchema, readCursor } from './price-player.ts';
import type { RecordedData } from './recorded-data.ts';
import { type KlineSeries, readRecordedKlines } from './recorded-klines.ts';
import { missingBars, type RecordedMinute, type RefusedRows, recordedBars, recordedMinutes, recordedQuarters } from './recorded-minutes.ts';

export type RecordedKlinesData = Extract<RecordedData, { readonly kind: 'klines' }>;

export interface KlineReplayOptions {
  readonly clock: Clock;
  /** As `describeData` gives them. */
  readonly data: RecordedKlinesData;
  /** Bars from this instant on are not played; default: all are. */
  readonly untilMs?: EpochMs | undefined;
  /** Called at the end of the last bar. */
  readonly onEnd?: (() => Promise<void> | void) | undefined;
}

const SOURCE = 'replay-klines';
const EVIDENCE = 'replay';
const MARKETS: readonly Market[] = ['CRYPTO'];
const KEPT_MS = HOUR_MS;

/**
 * Recorded one-minute klines played as ticks under the clock (`ticksOfBar`), all series together, one minute read at a time.
 * The cursor is an instant: what comes after it is the same, bit for bit, wherever the program was stopped.
 */
export function klineReplaySource({ clock, data, untilMs, onEnd }: KlineReplayOptions): MarketSource {
  const { series } = data;
  const player = createPlayer({
    clock,
    label: '0-source-klines',
    about: `recorded klines of ${series.map(({ symbol }) => symbol).join(', ')}`,
    onEnd,
  });
  const toMs = untilMs ?? Math.max(0, ...series.flatMap(({ files }) => files.map(({ lastMs }) => lastMs + MINUTE_MS)));
  let held: readonly RecordedMinute[] = [];
  let refused: RefusedRows = {};

  /** The instants after the given one. Minutes a little before it are read too, so that they can still be asked for. */
  async function* instantsAfter(atMs: EpochMs): AsyncGenerator<Instant> {
    held = [];
    const fromMs = minuteOf(atMs) - KEPT_MS;
    let endMs = fromMs;
    for await (const minute of recordedMinutes(series, { fromMs, toMs }, (rows) => {
      refused = rows;
    })) {
      // The minute before is closed after this one has been read, however long the hole between them is.
      const closingMs = held.at(-1)?.openMs ?? minute.openMs;
      held = [...held.filter(({ openMs }) => openMs >= closingMs - KEPT_MS), minute];
      endMs = minute.openMs + MINUTE_MS;
      for (const instant of instantsOf(minute)) if (instant.atMs > atMs) yield instant;
    }
    if (endMs > atMs) yield { atMs: endMs, prices: () => [] };
  }

  return {
    name: SOURCE,
    markets: MARKETS,
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
      return missingBars(series, minuteMs, nearest.closes);
    },
    cursor: player.place,
    states() {
      const { status, detail, sinceMs, delivered } = player.state();
      return [{ source: SOURCE, markets: [...MARKETS], evidence: EVIDENCE, status, detail, sinceMs, accepted: delivered, refused, reconnects: 0 }];
    },
    rates: () => [assumedUsdtRate(clock.now())],
    minutes: (fromMs, untilMs) => recordedBars(series, { fromMs, toMs: Math.min(untilMs, minuteOf(clock.now())) }),
    quarters: (fromMs, untilMs) => recordedQuarters(series, { fromMs, toMs: Math.min(untilMs, minuteOf(clock.now())) }),
  };
}

/** The ticks of a minute's bars by instant, at each instant in the order of the series; its start alone where there are none. */
function instantsOf({ openMs, bars }: RecordedMinute): readonly Instant[] {
  const byInstant = new Map<EpochMs, Price[]>();
  for (const bar of bars) {
    for (const tick of ticksOfBar(bar, SOURCE)) {
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

/** Rows a strategy wants before its first decision. */
const WARM_UP_MS = 2 * DAY_MS;
const LONGEST_HOLE_MS = DAY_MS;

/**
 * The first span that all series share without a hole of more than a day in any of them, and is longer than two days: it
 * begins with two days of warm-up. When there is only a shorter one, the longest is played from its start.
 * @throws SourceError `nothing_shared`; RecordedDataError `unreadable`
 */
export async function klineReplayBounds({ series }: RecordedKlinesData): Promise<ReplayBounds> {
  let longest: ReplayBounds | null = null;
  for await (const span of sharedSpans(series)) {
    if (span.endMs - span.startMs > WARM_UP_MS) return { startMs: span.startMs + WARM_UP_MS, endMs: span.endMs };
    if (longest === null || span.endMs - span.startMs > longest.endMs - longest.startMs) longest = span;
  }
  if (longest !== null) return longest;
  const found = series.map(({ symbol, files }) => `${symbol} ${files.map(({ firstMs, lastMs }) => `${iso(firstMs)} to ${iso(lastMs)}`).join(', ')}`);
  throw new SourceError('nothing_shared', `The recorded klines have no time in common: ${found.join('; ')}`, { found });
}

async function* sharedSpans(series: readonly KlineSeries[]): AsyncGenerator<ReplayBounds> {
  const lastRowMs = new Map<string, EpochMs>();
  let startMs: EpochMs | null = null;
  // Before the last series begins nothing is shared.
  const fromMs = Math.max(...series.map(({ files }) => Math.min(...files.map(({ firstMs }) => firstMs))));
  for await (const { openMs, candles } of readRecordedKlines(series, { fromMs }).minutes) {
    const earliest = lastRowMs.size < series.length ? null : Math.min(...lastRowMs.values());
    if (startMs !== null && earliest !== null && openMs - earliest > LONGEST_HOLE_MS) {
      yield { startMs, endMs: earliest + MINUTE_MS };
      startMs = null;
    }
    for (const { symbol } of candles) lastRowMs.set(symbol, openMs);
    const oldest = lastRowMs.size < series.length ? null : Math.min(...lastRowMs.values());
    if (startMs === null && oldest !== null && openMs - oldest <= LONGEST_HOLE_MS) startMs = openMs;
  }
  if (startMs !== null) yield { startMs, endMs: Math.min(...lastRowMs.values()) + MINUTE_MS };
}
