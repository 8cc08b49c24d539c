import { NSE_CALENDAR } from '../../config/nse-calendar.ts';
import type { CandlesBySymbol } from '../../engine/ports.ts';
import { DAY_MS, type EpochMs, MINUTE_MS } from '../../kernel/time.ts';
import { tradingDay } from '../../market/calendar.ts';
import { istDate } from '../../market/ist.ts';
import { type Bar, type Candle, startOfBar } from '../../market/price.ts';
import { bucketOf, createRollup, type RolledCandle, type Rollup } from '../../market/rollup.ts';
import { nseSession } from '../nse/nse-session.ts';
import { type KlineSeries, longestSpan, type RecordedCandle, type RowFault, readRecordedKlines } from './recorded-klines.ts';

/** One minute of all series as bars: a series that has begun and goes on later, but has no row for it, has a `missing` bar. */
export interface RecordedMinute {
  readonly openMs: EpochMs;
  /** Those that are known when the minute ends. */
  readonly bars: readonly Bar[];
  /** What each series closed at last, by the end of this minute. */
  readonly closes: ReadonlyMap<string, number>;
}

export interface RecordedRange {
  readonly fromMs: EpochMs;
  readonly toMs: EpochMs;
}

export type RefusedRows = Readonly<Partial<Record<RowFault, number>>>;

/** Holes are rarely longer; behind a longer one the whole series is read for its last close. */
const LOOK_BACK_MS = 2 * DAY_MS;
const NSE_SESSION = nseSession(NSE_CALENDAR);
const EVIDENCE = 'replay';

/**
 * The bars of a range, minute after minute, streaming. They do not depend on where the range begins: the close that a
 * `missing` bar stays at is looked up before it.
 * @param onRefused  hears of the rows refused so far whenever a minute is read
 * @throws RecordedDataError `unreadable`
 */
export async function* recordedMinutes(
  series: readonly KlineSeries[],
  { fromMs, toMs }: RecordedRange,
  onRefused: (refused: RefusedRows) => void = () => {},
): AsyncGenerator<RecordedMinute> {
  const klines = readRecordedKlines(series, { fromMs: fromMs - LOOK_BACK_MS, toMs });
  const closes = new Map<string, number>();
  let isInRange = false;
  for await (const { openMs, candles } of klines.minutes) {
    if (openMs >= fromMs) {
      if (!isInRange) await lookFurtherBack(series, closes, fromMs - LOOK_BACK_MS);
      isInRange = true;
      onRefused(klines.refused());
    }
    const known = new Map(candles.map(({ symbol, candle }) => [symbol, candle]));
    for (const [symbol, { close }] of known) closes.set(symbol, close);
    if (!isInRange) continue;
    const bars = series.flatMap((one) => barOf(one, openMs, known.get(one.symbol), closes.get(one.symbol)) ?? []);
    yield { openMs, bars, closes: new Map(closes) };
  }
}

/** The same with every minute of holes of more than a day, which the files are not asked for: all that a replay closes. */
export async function* everyRecordedMinute(
  series: readonly KlineSeries[],
  range: RecordedRange,
  onRefused?: (refused: RefusedRows) => void,
): AsyncGenerator<Pick<RecordedMinute, 'openMs' | 'bars'>> {
  let before: RecordedMinute | null = null;
  for await (const minute of recordedMinutes(series, range, onRefused)) {
    const { closes, openMs: beforeMs } = before ?? minute;
    for (let openMs = beforeMs + MINUTE_MS; openMs < minute.openMs; openMs += MINUTE_MS) yield { openMs, bars: missingBars(series, openMs, closes) };
    yield minute;
    before = minute;
  }
}

/** A minute as it is played: bars that tell several minutes are traded through from their first minute on. */
export interface PlayedMinute {
  readonly openMs: EpochMs;
  readonly bars: readonly Bar[];
  /** Those of which the minute is a part. */
  readonly playing: readonly Bar[];
}

/** Minutes with the bars that they are a part of: it is read ahead by as many as the longest bar has. */
export async function* asPlayed<Minute extends Pick<RecordedMinute, 'openMs' | 'bars'>>(
  series: readonly KlineSeries[],
  minutes: AsyncGenerator<Minute>,
): AsyncGenerator<Minute & PlayedMinute> {
  const ahead = longestSpan(series) - 1;
  const waiting: Minute[] = [];
  const next = (): Minute & PlayedMinute => {
    const [minute] = waiting as [Minute];
    const playing = ahead === 0 ? minute.bars : waiting.flatMap(({ bars }) => bars.filter((bar) => startOfBar(bar) <= minute.openMs));
    waiting.shift();
    return { ...minute, playing };
  };
  for await (const minute of minutes) {
    waiting.push(minute);
    if (waiting.length > ahead) yield next();
  }
  while (waiting.length > 0) yield next();
}

/** The bars of a minute of which no series has a row. */
export const missingBars = (series: readonly KlineSeries[], openMs: EpochMs, closes: ReadonlyMap<string, number>): readonly Bar[] =>
  series.flatMap((one) => missingBar(one, openMs, closes.get(one.symbol)) ?? []);

/**
 * The bar of a series for a minute without a row: at the last close, without volume. Null outside the span of the series
 * (its data has not begun or has ended), where no close is known, and while the market has no bars.
 */
function missingBar({ symbol, files, market }: KlineSeries, openMs: EpochMs, close: number | undefined): Bar | null {
  const spanMinutes = missingSpan(files, openMs, market);
  const firstMs = Math.min(...files.map((file) => file.firstMs));
  const lastMs = Math.max(...files.map((file) => file.lastMs));
  if (close === undefined || spanMinutes === null || openMs < firstMs || openMs > lastMs) return null;
  const span = spanMinutes === 1 ? {} : { spanMinutes };
  return { symbol, openMs, open: close, high: close, low: close, close, volume: 0, origin: 'missing', evidence: EVIDENCE, ...span };
}

/** Minutes of the bar that should have been known at the end of a minute; null where none should. */
function missingSpan(files: KlineSeries['files'], openMs: EpochMs, market: KlineSeries['market']): number | null {
  const file = files.find(({ firstMs, lastMs }) => firstMs <= openMs && openMs <= lastMs);
  if (market === 'NSE' && (file === undefined || !NSE_SESSION.hasBar(openMs))) return null;
  const spanMinutes = file?.spanMinutes ?? 1;
  if (spanMinutes === 1) return 1;
  const sessionMs = market === 'NSE' ? (tradingDay(NSE_CALENDAR, istDate(openMs)).openMs ?? 0) : 0;
  return (openMs + MINUTE_MS - sessionMs) % (spanMinutes * MINUTE_MS) === 0 ? spanMinutes : null;
}

/** Whether the market has a bar of the minute: prices of auctions, and of days that the calendar does not know, are none. */
const hasBar = ({ market }: Pick<KlineSeries, 'market'>, openMs: EpochMs): boolean => market !== 'NSE' || NSE_SESSION.hasBar(openMs);

/** The bars of a range one by one, in order of time. @throws RecordedDataError `unreadable` */
export async function* recordedBars(series: readonly KlineSeries[], range: RecordedRange): AsyncGenerator<Bar> {
  for await (const { bars } of recordedMinutes(series, range)) yield* bars;
}

/**
 * The 15-minute candles of the spans that lie wholly in the range, rolled up from the rows in one streaming pass.
 * @throws RecordedDataError `unreadable`
 */
export async function recordedQuarters(series: readonly KlineSeries[], { fromMs, toMs }: RecordedRange): Promise<CandlesBySymbol> {
  // Quarters of both markets begin at the same instants.
  const first = bucketOf('CRYPTO', '15m', fromMs);
  const last = bucketOf('CRYPTO', '15m', toMs);
  const range = { fromMs: first.startMs < fromMs ? first.endMs : fromMs, toMs: last.startMs };
  const candles = new Map<string, RolledCandle[]>(series.map(({ symbol }) => [symbol, []]));
  const rollups = new Map<string, Rollup>(
    series.map(({ symbol, market }) => [symbol, createRollup(market ?? 'CRYPTO', '15m', (candle) => candles.get(symbol)?.push(candle))]),
  );
  const shares = new Set(series.flatMap(({ symbol, market }) => (market === 'NSE' ? symbol : [])));
  for await (const minute of readRecordedKlines(series, range).minutes) {
    for (const { symbol, candle } of minute.candles)
      if (!shares.has(symbol) || NSE_SESSION.hasBar(minute.openMs)) rollups.get(symbol)?.add(received(symbol, candle));
  }
  // A span whose last rows are missing is ended by nothing of its own.
  for (const [symbol, rollup] of rollups) rollup.add({ ...received(symbol, NO_CANDLE), openMs: range.toMs - MINUTE_MS, origin: 'missing' });
  return candles;
}

const NO_CANDLE: Candle = { openMs: 0, open: 0, high: 0, low: 0, close: 0, volume: 0 };

const received = (symbol: string, candle: RecordedCandle): Bar => ({ ...candle, symbol, origin: 'received', evidence: EVIDENCE });

function barOf(one: KlineSeries, openMs: EpochMs, candle: RecordedCandle | undefined, close: number | undefined): Bar | null {
  if (candle === undefined) return missingBar(one, openMs, close);
  return hasBar(one, openMs) ? received(one.symbol, candle) : null;
}

/** Adds the last closes before the instant of the series that have none yet. */
async function lookFurtherBack(series: readonly KlineSeries[], closes: Map<string, number>, toMs: EpochMs): Promise<void> {
  const unknown = series.filter(({ symbol, files }) => !closes.has(symbol) && files.some(({ firstMs }) => firstMs < toMs));
  if (unknown.length === 0) return;
  for await (const { candles } of readRecordedKlines(unknown, { toMs }).minutes) {
    for (const { symbol, candle } of candles) closes.set(symbol, candle.close);
  }
}
