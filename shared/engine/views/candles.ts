import { instrumentBySymbol } from '../../config/instruments.ts';
import type { CandlesAnswer } from '../../contracts/v8/market-data.ts';
import { type IndicatorName, indicatorSeries } from '../../indicators/named.ts';
import { fromNumber, text } from '../../kernel/decimal.ts';
import { DAY_MS, type EpochMs, HOUR_MS, iso } from '../../kernel/time.ts';
import { toldCandles } from '../../market/candle-spans.ts';
import type { Instrument } from '../../market/instrument.ts';
import type { Evidence } from '../../market/price.ts';
import { rollCandles } from '../../market/roll-candles.ts';
import { bucketOf, type RolledCandle } from '../../market/rollup.ts';
import { TIMEFRAME_MS, type Timeframe } from '../../market/timeframe.ts';
import { adjustedHistory, type StoredHistory } from '../adjusted-history.ts';
import type { EngineContext } from '../context.ts';
import { ageAt } from './instants.ts';

export interface CandlesRequest {
  readonly symbol: string;
  readonly timeframe: Timeframe;
  readonly limit: number;
  /** Brought across splits and the like up to the end of the span, or as they were traded. */
  readonly prices: 'adjusted' | 'raw';
  readonly fromMs: EpochMs | null;
  /** Exclusive; null is now. */
  readonly toMs: EpochMs | null;
  /** Names of indicators, comma separated. */
  readonly indicators?: string | undefined;
}

interface Shown extends RolledCandle {
  readonly minutes: CandlesAnswer['candles'][number]['minutes'];
  readonly evidence: readonly Evidence[];
  readonly knownToMs: EpochMs;
}

/** NSE trades a quarter of a day on five days of seven: so much longer must a span be to hold as many candles. */
const NSE_STRETCH = 7;
/** A feed that was away for a while has its newest bars further back. */
const AWAY_MS = HOUR_MS;
/** Read before the first that is shown, so that indicators have forgotten where they began. */
const WARM_CANDLES = 150;
/** Holidays in a row, and what a short span of NSE needs to reach back over a weekend. */
const NSE_CLOSED_MS = 5 * DAY_MS;

/**
 * Candles of a symbol, oldest first, as they are stored: one-minute bars of the recent days, 15-minute candles before.
 * @throws InstrumentError `unknown_symbol`; StoreError when the market cannot be read
 */
export async function candles(context: EngineContext, request: CandlesRequest): Promise<CandlesAnswer> {
  const nowMs = context.clock.now();
  const instrument = instrumentBySymbol(request.symbol, nowMs);
  const toMs = Math.min(request.toMs ?? Number.MAX_SAFE_INTEGER, nowMs);
  const fromMs = request.fromMs ?? earliest(instrument, request, toMs);
  const names = (request.indicators?.split(',') ?? []) as IndicatorName[];
  const warmFromMs = names.length === 0 ? fromMs : earliest(instrument, { ...request, limit: WARM_CANDLES }, fromMs);
  const read = await readCandles(context, instrument, request, warmFromMs, toMs);
  const shown = read.filter(({ openMs }) => names.length === 0 || openMs >= fromMs).slice(-request.limit);
  const snapshot = await context.market.snapshot(context.world.scope);
  const newest = shown.at(-1);
  return {
    symbol: instrument.symbol,
    market: instrument.market,
    currency: instrument.quote,
    timeframe: request.timeframe,
    prices: request.prices,
    candles: shown.map(candleAnswer),
    ...(names.length === 0 ? {} : { indicators: indicatorsOf(names, instrument, read, shown.length) }),
    evidence: [...new Set(shown.flatMap(({ evidence }) => evidence))],
    source: snapshot?.quotes.find(({ symbol }) => symbol === instrument.symbol)?.source ?? null,
    ageMs: newest === undefined ? null : ageAt(nowMs, newest.knownToMs),
    reason: reasonFor(shown, request, context, instrument),
    timestamp: iso(nowMs),
  };
}

function indicatorsOf(
  names: readonly IndicatorName[],
  { market }: Instrument,
  read: readonly Shown[],
  count: number,
): NonNullable<CandlesAnswer['indicators']> {
  const told = names.map((name) => [name, indicatorSeries(name, market, read).slice(read.length - count)] as const);
  return Object.fromEntries(told.map(([name, figures]) => [name, [...figures]]));
}

function earliest({ market }: Instrument, { timeframe, limit }: CandlesRequest, toMs: EpochMs): EpochMs {
  const spanMs = limit * TIMEFRAME_MS[timeframe];
  return Math.max(
    0,
    bucketOf(market, timeframe, Math.max(0, toMs - (market === 'NSE' ? NSE_STRETCH * spanMs + NSE_CLOSED_MS : spanMs + AWAY_MS))).startMs,
  );
}

/** Minutes where they make the candles; for long ones the packed days, and minutes for the day that is not packed yet. */
async function readCandles(
  context: EngineContext,
  { market, symbol }: Instrument,
  request: CandlesRequest,
  fromMs: EpochMs,
  toMs: EpochMs,
): Promise<readonly Shown[]> {
  const { timeframe } = request;
  const stored = await readStored(context, symbol, timeframe, fromMs, toMs);
  const { days, bars } = request.prices === 'adjusted' ? adjustedHistory(stored, toMs, context.world.scope) : stored;
  const packed = rollCandles(market, timeframe, days.get(symbol) ?? []).map(withoutMinutes(market, timeframe));
  return [...packed, ...toldCandles(market, timeframe, bars.get(symbol) ?? [])];
}

async function readStored(
  { market: store, world: { scope } }: EngineContext,
  symbol: string,
  timeframe: Timeframe,
  fromMs: EpochMs,
  toMs: EpochMs,
): Promise<StoredHistory> {
  const isLong = TIMEFRAME_MS[timeframe] >= TIMEFRAME_MS['15m'];
  const days = isLong ? only(symbol, await store.dayCandles(scope, fromMs, toMs)) : new Map<string, readonly RolledCandle[]>();
  // No candle reaches over the end of a packed day: crypto's days end with it, and a session of NSE lies whole in one.
  const last = days.get(symbol)?.at(-1);
  const packedToMs = last === undefined ? fromMs : Math.max(fromMs, last.openMs - (last.openMs % DAY_MS) + DAY_MS);
  return { days, bars: only(symbol, await store.bars(scope, packedToMs, toMs)) };
}

function only<T>(symbol: string, all: ReadonlyMap<string, T>): ReadonlyMap<string, T> {
  const found = all.get(symbol);
  return new Map(found === undefined ? [] : [[symbol, found]]);
}

const withoutMinutes =
  (market: Instrument['market'], timeframe: Timeframe) =>
  (candle: RolledCandle): Shown => ({ ...candle, minutes: null, evidence: [], knownToMs: bucketOf(market, timeframe, candle.openMs).endMs });

const exact = (value: number): string => text(fromNumber(value));

const candleAnswer = ({ openMs, open, high, low, close, volume, isComplete, minutes }: Shown): CandlesAnswer['candles'][number] => ({
  openTime: iso(openMs),
  open: exact(open),
  high: exact(high),
  low: exact(low),
  close: exact(close),
  volume: exact(volume),
  isComplete,
  minutes,
});

function reasonFor(shown: readonly Shown[], { limit, fromMs }: CandlesRequest, { world }: EngineContext, { market }: Instrument): string | null {
  if (!world.markets.includes(market)) return `${market} has no prices in ${world.scope}`;
  if (shown.length === 0) return 'No bar of this span is stored';
  return shown.length < limit && fromMs === null ? `No more than ${shown.length} are stored` : null;
}
