import type { CandlesBySymbol } from '../../engine/ports.ts';
import { DAY_MS, type EpochMs, MINUTE_MS } from '../../kernel/time.ts';
import { type Bar, startOfBar } from '../../market/price.ts';
import { bucketOf, createRollup, type RolledCandle, type Rollup } from '../../market/rollup.ts';
import type { RowFault } from './kline-text.ts';
import { type Closes, type MissingBars, missingBarsOf, NSE_SESSION } from './missing-bars.ts';
import { type KlineMinute, type KlineSeries, longestSpan, readRecordedKlines } from './recorded-klines.ts';

/** One minute of all series as bars: a series that has begun and goes on later, but has no row for it, has a `missing` bar. */
export interface RecordedMinute {
  readonly openMs: EpochMs;
  /** Those that are known when the minute ends. */
  readonly bars: readonly Bar[];
  /** By the end of this minute. */
  readonly closes: Closes;
}

/** Runs of minutes, as many as are in memory: each is to be gone through, once, before the next one is asked for. */
export type MinuteRuns<Minute> = AsyncGenerator<Iterable<Minute>>;

export interface RecordedRange {
  readonly fromMs: EpochMs;
  readonly toMs: EpochMs;
}

export type RefusedRows = Readonly<Partial<Record<RowFault, number>>>;

/** Holes are rarely longer; behind a longer one the whole series is read for its last close. */
const LOOK_BACK_MS = 2 * DAY_MS;

/**
 * The bars of a range, minute after minute, streaming. They do not depend on where the range begins: the close that a
 * `missing` bar stays at is looked up before it.
 * @param onRefused  hears of the rows refused so far when a minute is read and they have become more
 * @throws RecordedDataError `unreadable`
 */
export async function* recordedMinutes(
  series: readonly KlineSeries[],
  { fromMs, toMs }: RecordedRange,
  onRefused: (refused: RefusedRows) => void = () => {},
): MinuteRuns<RecordedMinute> {
  const { runs, refused, refusals } = readRecordedKlines(series, { fromMs: fromMs - LOOK_BACK_MS, toMs });
  const teller = createTeller(series);
  let heard = 0;
  const hear = (): void => {
    if (refusals() === heard) return;
    heard = refusals();
    onRefused(refused());
  };
  let isInRange = false;
  for await (const run of runs) {
    const minutes = run[Symbol.iterator]();
    const first: KlineMinute | null = isInRange ? null : firstFrom(fromMs, minutes, teller.learn);
    if (first !== null) await lookFurtherBack(series, teller.closes, fromMs - LOOK_BACK_MS);
    isInRange ||= first !== null;
    if (isInRange) yield told(first, minutes, teller, hear);
  }
}

/** Tells recorded minutes with what is missing in them. */
interface Teller {
  /** What each series closed at last, so far. */
  readonly closes: number[];
  readonly learn: (minute: KlineMinute) => void;
  readonly tell: (minute: KlineMinute) => RecordedMinute;
}

function createTeller(series: readonly KlineSeries[]): Teller {
  const symbols = series.map(({ symbol }) => symbol);
  const closes = series.map(() => Number.NaN);
  const missing = missingBarsOf(series);
  const hasShares = series.some(({ market }) => market === 'NSE');

  function learn({ bars }: KlineMinute): void {
    let next = 0;
    for (let place = 0; place < symbols.length && next < bars.length; place++) {
      const bar = bars[next] as Bar;
      if (bar.symbol !== symbols[place]) continue;
      closes[place] = bar.close;
      next++;
    }
  }

  function completed(openMs: EpochMs, recorded: readonly Bar[]): readonly Bar[] {
    const bars: Bar[] = [];
    let next = 0;
    for (let place = 0; place < symbols.length; place++) {
      const own = recorded[next]?.symbol === symbols[place] ? (recorded[next++] as Bar) : null;
      const bar = own ?? missing.of(place, openMs, closes[place] as number);
      if (bar !== null && (own === null || hasBar(series[place] as KlineSeries, openMs))) bars.push(bar);
    }
    return bars;
  }

  return {
    closes,
    learn,
    tell(minute) {
      const { openMs, bars } = minute;
      learn(minute);
      const isWhole = bars.length === symbols.length && !hasShares;
      return { openMs, bars: isWhole ? bars : completed(openMs, bars), closes: closes.slice() };
    },
  };
}

/** The first minute of a run that is in the range, those before it learned; null where none is. */
function firstFrom(fromMs: EpochMs, minutes: Iterator<KlineMinute>, learn: Teller['learn']): KlineMinute | null {
  for (let minute = nextOf(minutes); minute !== null; minute = nextOf(minutes)) {
    if (minute.openMs >= fromMs) return minute;
    learn(minute);
  }
  return null;
}

function* told(first: KlineMinute | null, minutes: Iterator<KlineMinute>, { tell }: Teller, hear: () => void): Generator<RecordedMinute> {
  for (let minute = first ?? nextOf(minutes); minute !== null; minute = nextOf(minutes)) {
    hear();
    yield tell(minute);
  }
}

function nextOf(minutes: Iterator<KlineMinute>): KlineMinute | null {
  const next = minutes.next();
  return next.done === true ? null : next.value;
}

/** The same with every minute of holes of more than a day, which the files are not asked for: all that a replay closes. */
export async function* everyRecordedMinute(
  series: readonly KlineSeries[],
  range: RecordedRange,
  onRefused?: (refused: RefusedRows) => void,
): MinuteRuns<Pick<RecordedMinute, 'openMs' | 'bars'>> {
  const place: Place = { before: null };
  const missing = missingBarsOf(series);
  for await (const run of recordedMinutes(series, range, onRefused)) yield withHoles(run, place, missing);
}

interface Place {
  /** The minute told last. */
  before: RecordedMinute | null;
}

function* withHoles(minutes: Iterable<RecordedMinute>, place: Place, missing: MissingBars): Generator<Pick<RecordedMinute, 'openMs' | 'bars'>> {
  for (const minute of minutes) {
    const { closes, openMs: beforeMs } = place.before ?? minute;
    for (let openMs = beforeMs + MINUTE_MS; openMs < minute.openMs; openMs += MINUTE_MS) yield { openMs, bars: missing.all(openMs, closes) };
    yield minute;
    place.before = minute;
  }
}

/** A minute as it is played: bars that tell several minutes are traded through from their first minute on. */
export interface PlayedMinute {
  readonly openMs: EpochMs;
  readonly bars: readonly Bar[];
  /** Those of which the minute is a part; left out where every bar is of one minute. */
  readonly playing?: readonly Bar[];
}

/** Minutes with the bars that they are a part of: it is read ahead by as many as the longest bar has. */
export function asPlayed<Minute extends Pick<RecordedMinute, 'openMs' | 'bars'>>(
  series: readonly KlineSeries[],
  runs: MinuteRuns<Minute>,
): MinuteRuns<Minute & PlayedMinute> {
  const ahead = longestSpan(series) - 1;
  return ahead === 0 ? runs : readAhead(runs, ahead);
}

async function* readAhead<Minute extends PlayedMinute>(runs: MinuteRuns<Minute>, ahead: number): MinuteRuns<Minute & PlayedMinute> {
  const waiting: Minute[] = [];
  for await (const run of runs) yield withParts(run, waiting, ahead);
  yield withParts([], waiting, 0);
}

/** Those that are followed by as many as are wanted ahead; the others are left waiting. */
function* withParts<Minute extends PlayedMinute>(run: Iterable<Minute>, waiting: Minute[], ahead: number): Generator<Minute & PlayedMinute> {
  const next = (): Minute & PlayedMinute => {
    const [minute] = waiting as [Minute];
    const playing = waiting.flatMap(({ bars }) => bars.filter((bar) => startOfBar(bar) <= minute.openMs));
    waiting.shift();
    return { ...minute, playing };
  };
  for (const minute of run) {
    waiting.push(minute);
    if (waiting.length > ahead) yield next();
  }
  while (waiting.length > ahead) yield next();
}

/** Whether the market has a bar of the minute: prices of auctions, and of days that the calendar does not know, are none. */
const hasBar = ({ market }: Pick<KlineSeries, 'market'>, openMs: EpochMs): boolean => market !== 'NSE' || NSE_SESSION.hasBar(openMs);

/** The bars of a range one by one, in order of time. @throws RecordedDataError `unreadable` */
export async function* recordedBars(series: readonly KlineSeries[], range: RecordedRange): AsyncGenerator<Bar> {
  for await (const run of recordedMinutes(series, range)) for (const { bars } of run) yield* bars;
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
  for await (const run of readRecordedKlines(series, range).runs) {
    for (const { openMs, bars } of run) {
      for (const bar of bars) if (!shares.has(bar.symbol) || NSE_SESSION.hasBar(openMs)) rollups.get(bar.symbol)?.add(bar);
    }
  }
  // A span whose last rows are missing is ended by nothing of its own.
  for (const [symbol, rollup] of rollups) rollup.add({ ...NO_BAR, symbol, openMs: range.toMs - MINUTE_MS });
  return candles;
}

const NO_BAR: Omit<Bar, 'symbol' | 'openMs'> = { open: 0, high: 0, low: 0, close: 0, volume: 0, origin: 'missing', evidence: 'replay' };

/** Adds the last closes before the instant of the series that have none yet. */
async function lookFurtherBack(series: readonly KlineSeries[], closes: number[], toMs: EpochMs): Promise<void> {
  const unknown = series.filter(({ files }, place) => Number.isNaN(closes[place]) && files.some(({ firstMs }) => firstMs < toMs));
  if (unknown.length === 0) return;
  const places = new Map(series.map(({ symbol }, place) => [symbol, place]));
  for await (const run of readRecordedKlines(unknown, { toMs }).runs) {
    for (const { bars } of run) for (const { symbol, close } of bars) closes[places.get(symbol) as number] = close;
  }
}
