import type { CandlesBySymbol } from '../../engine/ports.ts';
import { DAY_MS, type EpochMs, MINUTE_MS } from '../../kernel/time.ts';
import type { Bar, Candle } from '../../market/price.ts';
import { bucketOf, createRollup, type RolledCandle, type Rollup } from '../../market/rollup.ts';
import { type KlineSeries, type RowFault, readRecordedKlines } from './recorded-klines.ts';

/** One minute of all series as bars: a series that has begun and goes on later, but has no row for it, has a `missing` bar. */
export interface RecordedMinute {
  readonly openMs: EpochMs;
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
const MARKET = 'CRYPTO';
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

/** The bars of a minute of which no series has a row. */
export const missingBars = (series: readonly KlineSeries[], openMs: EpochMs, closes: ReadonlyMap<string, number>): readonly Bar[] =>
  series.flatMap((one) => missingBar(one, openMs, closes.get(one.symbol)) ?? []);

/**
 * The bar of a series for a minute without a row: at the last close, without volume. Null outside the span of the series
 * (its data has not begun or has ended), and where no close is known.
 */
function missingBar({ symbol, files }: KlineSeries, openMs: EpochMs, close: number | undefined): Bar | null {
  const firstMs = Math.min(...files.map((file) => file.firstMs));
  const lastMs = Math.max(...files.map((file) => file.lastMs));
  if (close === undefined || openMs < firstMs || openMs > lastMs) return null;
  return { symbol, openMs, open: close, high: close, low: close, close, volume: 0, origin: 'missing', evidence: EVIDENCE };
}

/** The bars of a range one by one, in order of time. @throws RecordedDataError `unreadable` */
export async function* recordedBars(series: readonly KlineSeries[], range: RecordedRange): AsyncGenerator<Bar> {
  for await (const { bars } of recordedMinutes(series, range)) yield* bars;
}

/**
 * The 15-minute candles of the spans that lie wholly in the range, rolled up from the rows in one streaming pass.
 * @throws RecordedDataError `unreadable`
 */
export async function recordedQuarters(series: readonly KlineSeries[], { fromMs, toMs }: RecordedRange): Promise<CandlesBySymbol> {
  const first = bucketOf(MARKET, '15m', fromMs);
  const last = bucketOf(MARKET, '15m', toMs);
  const range = { fromMs: first.startMs < fromMs ? first.endMs : fromMs, toMs: last.startMs };
  const candles = new Map<string, RolledCandle[]>(series.map(({ symbol }) => [symbol, []]));
  const rollups = new Map<string, Rollup>(
    series.map(({ symbol }) => [symbol, createRollup(MARKET, '15m', (candle) => candles.get(symbol)?.push(candle))]),
  );
  for await (const minute of readRecordedKlines(series, range).minutes) {
    for (const { symbol, candle } of minute.candles) rollups.get(symbol)?.add(received(symbol, candle));
  }
  // A span whose last rows are missing is ended by nothing of its own.
  for (const [symbol, rollup] of rollups) rollup.add({ ...received(symbol, NO_CANDLE), openMs: range.toMs - MINUTE_MS, origin: 'missing' });
  return candles;
}

const NO_CANDLE: Candle = { openMs: 0, open: 0, high: 0, low: 0, close: 0, volume: 0 };

const received = (symbol: string, candle: Candle): Bar => ({ ...candle, symbol, origin: 'received', evidence: EVIDENCE });

function barOf(one: KlineSeries, openMs: EpochMs, candle: Candle | undefined, close: number | undefined): Bar | null {
  return candle === undefined ? missingBar(one, openMs, close) : received(one.symbol, candle);
}

/** Adds the last closes before the instant of the series that have none yet. */
async function lookFurtherBack(series: readonly KlineSeries[], closes: Map<string, number>, toMs: EpochMs): Promise<void> {
  const unknown = series.filter(({ symbol, files }) => !closes.has(symbol) && files.some(({ firstMs }) => firstMs < toMs));
  if (unknown.length === 0) return;
  for await (const { candles } of readRecordedKlines(unknown, { toMs }).minutes) {
    for (const { symbol, candle } of candles) closes.set(symbol, candle.close);
  }
}
