import { messageOf } from '../../kernel/errors.ts';
import { type EpochMs, MINUTE_MS } from '../../kernel/time.ts';
import { faultOfBook, type OrderBook } from '../../market/order-book.ts';
import { type BookTop, type Candle, type Evidence, isPrice, type Tick } from '../../market/price.ts';
import { candleFault } from '../bars/candle-fault.ts';
import { decimalText } from '../intake/decimal-text.ts';
import { shown } from '../intake/shown.ts';
import { type Fields, isFields, isSequence, stampMs } from './binance-fields.ts';
import { createHotFrameReader } from './binance-hot-frame.ts';
import { readLevels } from './binance-levels.ts';

/** A one-minute bar that the venue itself has closed. */
export interface ClosedBar extends Candle {
  readonly symbol: string;
  readonly source: string;
  readonly receivedMs: EpochMs;
}

export type FrameFault =
  | 'not_json'
  | 'unknown_shape'
  | 'empty_array'
  | 'bad_stamp'
  | 'bad_price'
  | 'bad_quantity'
  | 'bad_range'
  | 'bad_sequence'
  | 'unsorted_book'
  | 'crossed_book'
  | 'empty_book'
  | 'depth_gap';

export interface RefusedFrame {
  readonly kind: 'refused';
  /** Stable code, for counters. */
  readonly reason: FrameFault;
  /** What was seen, for a log line. */
  readonly detail: string;
}

/**
 * What one frame of Binance said, in our terms.
 * `mixed` is what an array or a 24hrTicker (a price and a book in one) brings; `refused` in it counts the elements that
 * were wrong among good ones.
 */
export type ParsedFrame =
  | { readonly kind: 'ticks'; readonly ticks: readonly Tick[] }
  | { readonly kind: 'books'; readonly books: readonly BookTop[] }
  | { readonly kind: 'bar'; readonly bar: ClosedBar }
  | { readonly kind: 'depth'; readonly depth: OrderBook }
  | {
      readonly kind: 'mixed';
      readonly ticks: readonly Tick[];
      readonly books: readonly BookTop[];
      readonly bars: readonly ClosedBar[];
      readonly refused: readonly RefusedFrame[];
    }
  | { readonly kind: 'control'; readonly control: 'acknowledged' | 'error' | 'server_shutdown'; readonly detail: string }
  | { readonly kind: 'ignored'; readonly reason: 'not_used' | 'not_our_symbol' | 'bar_open' }
  | RefusedFrame;

export type ParseBinanceFrame = (text: string, receivedMs: EpochMs) => ParsedFrame;

export interface BinanceParserOptions {
  /** Venue symbol (BTCUSDT) to ours (BTC); frames of other symbols are ignored. */
  readonly symbols: ReadonlyMap<string, string>;
  readonly source: string;
  readonly evidence: Evidence;
}

/** Events of the venue that are well formed, and carry nothing that Nightdesk reads. */
const NOT_USED_EVENTS: ReadonlySet<unknown> = new Set(['depthUpdate', 'avgPrice', '1hTicker', '4hTicker', '1dTicker']);
const NOT_USED: ParsedFrame = { kind: 'ignored', reason: 'not_used' };
const NOT_OURS: ParsedFrame = { kind: 'ignored', reason: 'not_our_symbol' };
const BAR_OPEN: ParsedFrame = { kind: 'ignored', reason: 'bar_open' };

/** `btcusdt@depth20`, `btcusdt@depth20@100ms`: the only place where a partial book says whose it is. */
const DEPTH_STREAM = /^([a-z0-9]+)@depth(?:5|10|20)(?:@100ms)?$/;

/**
 * A parser of Binance spot stream frames, bare or wrapped as `{"stream","data"}`, single or in arrays: trade, aggTrade,
 * bookTicker, kline, 24hrTicker, 24hrMiniTicker, and the partial book depth5, 10 or 20, which says only in its wrapper whose it
 * is and is not used without one. It never throws: what it cannot read is `refused` with a code.
 *
 * The frequent ones are read straight from their text (`createHotFrameReader`), the others through `JSON.parse`.
 *
 * A spot bookTicker and a partial book carry no exchange time: their `exchangeMs` is the instant they were received.
 * A trade's `sequence` is its trade id, an aggTrade's the id of its last trade, a book's its update id.
 * Tickers tell a price without a size: their quantity is 0.
 * @see binance-spot-api-docs, web-socket-streams.md
 */
export function createBinanceParser({ symbols, source, evidence }: BinanceParserOptions): ParseBinanceFrame {
  function trade(frame: Fields, id: unknown, receivedMs: EpochMs): ParsedFrame {
    if (typeof frame.s !== 'string') return refused('unknown_shape', 'trade without a symbol');
    const symbol = symbols.get(frame.s);
    if (symbol === undefined) return NOT_OURS;
    const price = decimalText(frame.p);
    if (!isPrice(price)) return refused('bad_price', `trade price ${shown(frame.p)}`);
    const quantity = decimalText(frame.q);
    if (!isPrice(quantity)) return refused('bad_quantity', `trade quantity ${shown(frame.q)}`);
    const exchangeMs = stampMs(frame.T);
    if (exchangeMs === null) return refused('bad_stamp', `trade time ${shown(frame.T)}`);
    if (!isSequence(id)) return refused('bad_sequence', `trade id ${shown(id)}`);
    return { kind: 'ticks', ticks: [{ symbol, price, quantity, motion: 'print', sequence: id, exchangeMs, receivedMs, source, evidence }] };
  }

  function bookTicker(frame: Fields, receivedMs: EpochMs): ParsedFrame {
    if (typeof frame.s !== 'string') return refused('unknown_shape', 'bookTicker without a symbol');
    const symbol = symbols.get(frame.s);
    if (symbol === undefined) return NOT_OURS;
    if (!isSequence(frame.u)) return refused('bad_sequence', `book update id ${shown(frame.u)}`);
    const exchangeMs = frame.E === undefined ? receivedMs : stampMs(frame.E);
    if (exchangeMs === null) return refused('bad_stamp', `book time ${shown(frame.E)}`);
    const book = bookOf(frame, symbol, exchangeMs, receivedMs);
    if ('kind' in book) return book;
    return { kind: 'books', books: [{ ...book, sequence: frame.u }] };
  }

  function bookOf(frame: Fields, symbol: string, exchangeMs: EpochMs, receivedMs: EpochMs): BookTop | RefusedFrame {
    const bid = decimalText(frame.b);
    const ask = decimalText(frame.a);
    if (!isPrice(bid) || !isPrice(ask)) return refused('bad_price', `bid ${shown(frame.b)}, ask ${shown(frame.a)}`);
    const bidSize = decimalText(frame.B);
    const askSize = decimalText(frame.A);
    if (!Number.isFinite(bidSize) || !Number.isFinite(askSize))
      return refused('bad_quantity', `bid size ${shown(frame.B)}, ask size ${shown(frame.A)}`);
    return { symbol, bid, ask, bidSize, askSize, exchangeMs, receivedMs, source, evidence };
  }

  function ticker(frame: Fields, hasBook: boolean, receivedMs: EpochMs): ParsedFrame {
    if (typeof frame.s !== 'string') return refused('unknown_shape', 'ticker without a symbol');
    const symbol = symbols.get(frame.s);
    if (symbol === undefined) return NOT_OURS;
    const price = decimalText(frame.c);
    if (!isPrice(price)) return refused('bad_price', `ticker price ${shown(frame.c)}`);
    const exchangeMs = stampMs(frame.E);
    if (exchangeMs === null) return refused('bad_stamp', `ticker time ${shown(frame.E)}`);
    const ticks: readonly Tick[] = [{ symbol, price, quantity: 0, motion: 'print', exchangeMs, receivedMs, source, evidence }];
    if (!hasBook) return { kind: 'ticks', ticks };
    // An empty side of the book is sent as price zero: the last price stands, the book is left out.
    if (decimalText(frame.b) === 0 || decimalText(frame.a) === 0) return { kind: 'ticks', ticks };
    const book = bookOf(frame, symbol, exchangeMs, receivedMs);
    if ('kind' in book) return book;
    return { kind: 'mixed', ticks, books: [book], bars: [], refused: [] };
  }

  function kline(frame: Fields, receivedMs: EpochMs): ParsedFrame {
    const k = frame.k;
    if (typeof frame.s !== 'string' || !isFields(k) || k.s !== frame.s || typeof k.x !== 'boolean')
      return refused('unknown_shape', 'kline without its fields');
    const symbol = symbols.get(frame.s);
    if (symbol === undefined) return NOT_OURS;
    if (k.i !== '1m') return typeof k.i === 'string' ? NOT_USED : refused('unknown_shape', `kline interval ${shown(k.i)}`);
    const openMs = stampMs(k.t);
    if (openMs === null) return refused('bad_stamp', `kline open time ${shown(k.t)}`);
    const candle = {
      openMs,
      open: decimalText(k.o),
      high: decimalText(k.h),
      low: decimalText(k.l),
      close: decimalText(k.c),
      volume: decimalText(k.v),
    };
    const fault = candleFault(candle, MINUTE_MS);
    if (fault !== null) return refused(fault, `kline ${shown(k)}`);
    return k.x ? { kind: 'bar', bar: { ...candle, symbol, source, receivedMs } } : BAR_OPEN;
  }

  function partialBook(frame: Fields, stream: string | null, receivedMs: EpochMs): ParsedFrame {
    const venueSymbol = DEPTH_STREAM.exec(stream ?? '')?.[1];
    if (venueSymbol === undefined) return NOT_USED;
    const symbol = symbols.get(venueSymbol.toUpperCase());
    if (symbol === undefined) return NOT_OURS;
    const { lastUpdateId } = frame;
    if (!isSequence(lastUpdateId)) return refused('bad_sequence', `book update id ${shown(lastUpdateId)}`);
    const bids = readLevels(frame.bids, isPrice);
    if ('reason' in bids) return bids;
    const asks = readLevels(frame.asks, isPrice);
    if ('reason' in asks) return asks;
    const fault = faultOfBook(bids, asks);
    if (fault !== null && fault !== 'empty_book') return refused(fault, `bids ${shown(frame.bids)}, asks ${shown(frame.asks)}`);
    return { kind: 'depth', depth: { symbol, bids, asks, sequence: lastUpdateId, exchangeMs: receivedMs, receivedMs, source, evidence } };
  }

  function withoutEvent(frame: Fields, stream: string | null, receivedMs: EpochMs): ParsedFrame {
    if ('u' in frame && 's' in frame) return bookTicker(frame, receivedMs);
    if ('lastUpdateId' in frame && 'bids' in frame && 'asks' in frame) return partialBook(frame, stream, receivedMs);
    if ('error' in frame) return { kind: 'control', control: 'error', detail: shown(frame.error) };
    if (typeof frame.code === 'number' && typeof frame.msg === 'string')
      return { kind: 'control', control: 'error', detail: `${frame.code} ${frame.msg}` };
    if ('result' in frame && 'id' in frame) return { kind: 'control', control: 'acknowledged', detail: shown(frame.id) };
    return refused('unknown_shape', shown(frame));
  }

  function single(value: unknown, stream: string | null, receivedMs: EpochMs): ParsedFrame {
    if (!isFields(value)) return refused('unknown_shape', shown(value));
    switch (value.e) {
      case 'trade':
        return trade(value, value.t, receivedMs);
      case 'aggTrade':
        return trade(value, value.l, receivedMs);
      case 'bookTicker':
        return bookTicker(value, receivedMs);
      case 'kline':
        return kline(value, receivedMs);
      case '24hrTicker':
        return ticker(value, true, receivedMs);
      case '24hrMiniTicker':
        return ticker(value, false, receivedMs);
      case 'serverShutdown':
        return { kind: 'control', control: 'server_shutdown', detail: shown(value) };
      case undefined:
        return withoutEvent(value, stream, receivedMs);
      default:
        return NOT_USED_EVENTS.has(value.e) ? NOT_USED : refused('unknown_shape', `event ${shown(value.e)}`);
    }
  }

  function payload(value: unknown, stream: string | null, receivedMs: EpochMs): ParsedFrame {
    return Array.isArray(value) ? together(value.map((element) => single(element, null, receivedMs))) : single(value, stream, receivedMs);
  }

  function readLongWay(text: string, receivedMs: EpochMs): ParsedFrame {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch (error) {
      return refused('not_json', `${messageOf(error)}: ${text.slice(0, 80)}`);
    }
    if (isFields(value) && typeof value.stream === 'string' && 'data' in value) return payload(value.data, value.stream, receivedMs);
    return payload(value, null, receivedMs);
  }

  const readHot = createHotFrameReader({ symbols, source, evidence });
  return (text, receivedMs) => readHot(text, receivedMs) ?? readLongWay(text, receivedMs);
}

function together(parts: readonly ParsedFrame[]): ParsedFrame {
  if (parts.length === 0) return refused('empty_array', 'a frame of no elements');
  const ticks: Tick[] = [];
  const books: BookTop[] = [];
  const bars: ClosedBar[] = [];
  const wrong: RefusedFrame[] = [];
  for (const part of parts) {
    if (part.kind === 'refused') wrong.push(part);
    else if (part.kind === 'bar') bars.push(part.bar);
    if ('ticks' in part) ticks.push(...part.ticks);
    if ('books' in part) books.push(...part.books);
  }
  if (ticks.length + books.length + bars.length > 0) return { kind: 'mixed', ticks, books, bars, refused: wrong };
  return wrong[0] ?? parts[0] ?? NOT_USED;
}

function refused(reason: FrameFault, detail: string): RefusedFrame {
  return { kind: 'refused', reason, detail };
}
