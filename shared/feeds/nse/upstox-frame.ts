import { messageOf } from '../../kernel/errors.ts';
import { type EpochMs, MINUTE_MS, SECOND_MS } from '../../kernel/time.ts';
import type { BookLevel, OrderBook } from '../../market/order-book.ts';
import { type BookTop, type Evidence, isPrice, type Tick } from '../../market/price.ts';
import type { ClosedBar, FrameFault, RefusedFrame } from '../binance/binance-frame.ts';
import { MARKET_STATUS, readUpstoxFrame, type UpstoxCandle, type UpstoxFeed, type UpstoxFrame, type UpstoxLast } from './upstox-wire.ts';

/** What one frame of the feed said, in our terms. */
export interface UpstoxTold {
  readonly ticks: readonly Tick[];
  readonly books: readonly BookTop[];
  /** The same books with all the levels that the frame has. */
  readonly depths: readonly OrderBook[];
  readonly bars: readonly ClosedBar[];
  /** What in it was wrong. */
  readonly refused: readonly RefusedFrame[];
  /** Our symbols that the frame tells of. */
  readonly symbols: readonly string[];
  /** The server's clock, ms: everything up to here was heard. Null in a frame that could not be read. */
  readonly serverMs: EpochMs | null;
  /** State of the exchange's cash segment in the venue's words (`NORMAL_OPEN`), where the frame tells it. */
  readonly segment: string | null;
}

export interface UpstoxParser {
  /** Reads a frame. It never throws: what it cannot read is refused with a code. */
  read(bytes: Uint8Array, receivedMs: EpochMs): UpstoxTold;
  /** A new connection: the volume of the day is counted from its first frame on. */
  reconnected(): void;
}

export interface UpstoxParserOptions {
  /** The symbol of an instrument key (`NSE_EQ|INE002A01018`); null for one that is not ours. */
  readonly symbolOf: (key: string) => string | null;
  readonly source: string;
  readonly evidence: Evidence;
}

const SEGMENT = 'NSE_EQ';
const MARKET_INFO = 2;
const MINUTE_CANDLE = 'I1';
/** A frame repeats the last whole minute for as long as nothing trades: after this it tells nothing new. */
const MOST_BAR_AGE_MS = 5 * MINUTE_MS;
/** The server's clock may run ahead of ours by this much. */
const MOST_FUTURE_MS = 5 * SECOND_MS;

interface Seen {
  readonly last: UpstoxLast;
  /** Volume of the day at that trade; null where it is not known in this connection. */
  readonly vtt: number | null;
}

/**
 * A parser of Upstox market data frames, version 3.
 *
 * Frames are pictures, not trades: one may stand for several trades, or repeat the last one because only the book moved. A
 * tick is made when something was traded since the picture before; its quantity is what the volume of the day grew by, and in
 * the first picture of a connection the last trade's own quantity. So volumes add up to the exchange's.
 * A book's exchange time is the server's clock of the frame. A one-sided book (a stock at its price band) is no top, and has depth
 * on one side.
 * The 1-minute candle of a frame is given as a closed bar once, when its minute is over by the server's clock.
 */
export function createUpstoxParser({ symbolOf, source, evidence }: UpstoxParserOptions): UpstoxParser {
  const seen = new Map<string, Seen>();
  const givenBars = new Map<string, string>();

  function tickOf(symbol: string, { last, vtt }: UpstoxFeed, receivedMs: EpochMs): Tick | RefusedFrame | null {
    if (last === null) return null;
    const fault = faultOf(last);
    if (fault !== null) return refused(fault, `${symbol}: price ${last.ltp}, quantity ${last.ltq}, time ${last.ltt}`);
    const before = seen.get(symbol);
    const volume = Number.isSafeInteger(vtt) && vtt > 0 ? vtt : null;
    const grown = before === undefined || before.vtt === null || volume === null ? 0 : volume - before.vtt;
    seen.set(symbol, { last, vtt: volume ?? before?.vtt ?? null });
    if (before !== undefined && grown <= 0 && last.ltt === before.last.ltt && last.ltp === before.last.ltp) return null;
    const quantity = grown > 0 ? grown : last.ltq;
    return { symbol, price: last.ltp, quantity, motion: 'print', exchangeMs: last.ltt, receivedMs, source, evidence };
  }

  function bookOf(symbol: string, { levels: [level] }: UpstoxFeed, exchangeMs: EpochMs, receivedMs: EpochMs): BookTop | RefusedFrame | null {
    if (level === undefined || level.bidP === 0 || level.askP === 0) return null;
    const { bidP: bid, askP: ask, bidQ: bidSize, askQ: askSize } = level;
    if (!isPrice(bid) || !isPrice(ask)) return refused('bad_price', `${symbol}: bid ${bid}, ask ${ask}`);
    if (!Number.isSafeInteger(bidSize) || !Number.isSafeInteger(askSize))
      return refused('bad_quantity', `${symbol}: bid size ${bidSize}, ask size ${askSize}`);
    return { symbol, bid, ask, bidSize, askSize, exchangeMs, receivedMs, source, evidence };
  }

  function depthOf({ key, levels }: UpstoxFeed, exchangeMs: EpochMs, receivedMs: EpochMs): OrderBook | null {
    const symbol = symbolOf(key);
    const bids = standing(levels.map(({ bidP, bidQ }) => ({ price: bidP, quantity: bidQ })));
    const asks = standing(levels.map(({ askP, askQ }) => ({ price: askP, quantity: askQ })));
    return symbol === null || bids.length + asks.length === 0 ? null : { symbol, bids, asks, exchangeMs, receivedMs, source, evidence };
  }

  function barOf(symbol: string, candle: UpstoxCandle, serverMs: EpochMs, receivedMs: EpochMs): ClosedBar | null {
    const { interval, ts, open, high, low, close, vol } = candle;
    const ageMs = serverMs - ts - MINUTE_MS;
    if (interval !== MINUTE_CANDLE || ageMs < 0 || ageMs > MOST_BAR_AGE_MS) return null;
    const told = [ts, open, high, low, close, vol].join(' ');
    if (givenBars.get(symbol) === told) return null;
    givenBars.set(symbol, told);
    return { symbol, openMs: ts, open, high, low, close, volume: vol, source, receivedMs };
  }

  function toldBy({ feeds, currentTs, segments }: UpstoxFrame, receivedMs: EpochMs): UpstoxTold {
    const ticks: Tick[] = [];
    const books: BookTop[] = [];
    const bars: ClosedBar[] = [];
    const wrong: RefusedFrame[] = [];
    const symbols: string[] = [];
    for (const feed of feeds) {
      const symbol = symbolOf(feed.key);
      if (symbol === null) continue;
      symbols.push(symbol);
      const tick = tickOf(symbol, feed, receivedMs);
      if (tick !== null) isRefused(tick) ? wrong.push(tick) : ticks.push(tick);
      const book = bookOf(symbol, feed, currentTs, receivedMs);
      if (book !== null) isRefused(book) ? wrong.push(book) : books.push(book);
      bars.push(...feed.candles.flatMap((candle) => barOf(symbol, candle, currentTs, receivedMs) ?? []));
    }
    const depths = feeds.flatMap((feed) => depthOf(feed, currentTs, receivedMs) ?? []);
    return { ticks, books, depths, bars, refused: wrong, symbols, serverMs: currentTs, segment: segmentOf(segments) };
  }

  return {
    read(bytes, receivedMs) {
      const frame = readOrRefuse(bytes, receivedMs);
      if ('kind' in frame) return { ...NOTHING, refused: [frame] };
      return toldBy(frame, receivedMs);
    },
    reconnected() {
      for (const [symbol, { last }] of seen) seen.set(symbol, { last, vtt: null });
    },
  };
}

const NOTHING: UpstoxTold = { ticks: [], books: [], depths: [], bars: [], refused: [], symbols: [], serverMs: null, segment: null };

/** The levels that there are: places of a side that nobody stands at are sent as zero. */
const standing = (levels: readonly BookLevel[]): readonly BookLevel[] => levels.filter(({ price, quantity }) => price !== 0 || quantity !== 0);

const refused = (reason: FrameFault, detail: string): RefusedFrame => ({ kind: 'refused', reason, detail });
const isRefused = (value: object): value is RefusedFrame => 'kind' in value;

/** The frame, or why it is none. The server's clock comes after the prices: a frame that was cut off lacks it. */
function readOrRefuse(bytes: Uint8Array, receivedMs: EpochMs): UpstoxFrame | RefusedFrame {
  try {
    const frame = readUpstoxFrame(bytes);
    if (!Number.isInteger(frame.type) || frame.type > MARKET_INFO) return refused('unknown_shape', `a frame of type ${frame.type}`);
    if (!isStamp(frame.currentTs) || frame.currentTs - receivedMs > MOST_FUTURE_MS)
      return refused('bad_stamp', `a frame of the server's time ${frame.currentTs}`);
    return frame;
  } catch (error) {
    return refused('unknown_shape', `${bytes.length} bytes that are no frame: ${messageOf(error)}`);
  }
}

function faultOf({ ltp, ltt, ltq }: UpstoxLast): FrameFault | null {
  if (!isPrice(ltp)) return 'bad_price';
  if (!Number.isSafeInteger(ltq)) return 'bad_quantity';
  return isStamp(ltt) ? null : 'bad_stamp';
}

const isStamp = (ms: number): boolean => Number.isSafeInteger(ms) && ms > 0;

function segmentOf(segments: ReadonlyMap<string, number>): string | null {
  const status = segments.get(SEGMENT);
  return status === undefined ? null : (MARKET_STATUS[status] ?? `status ${status}`);
}
