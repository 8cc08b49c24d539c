import type { EpochMs } from '../../kernel/time.ts';
import { type BookLevel, faultOfBook, type OrderBook } from '../../market/order-book.ts';
import { type BookTop, isPrice, type Tick } from '../../market/price.ts';
import { textScanner } from '../intake/text-scanner.ts';
import type { BinanceParserOptions, ParsedFrame } from './binance-frame.ts';

/** What a text says, or null when it has to be read the long way. */
export type ReadHotFrame = (text: string, receivedMs: EpochMs) => ParsedFrame | null;

const WRAPPER = '{"stream":"';
const LATEST_MS = 100_000_000_000_000;
const END_OF_TRADE = /,"m":(?:true|false),"M":(?:true|false)\}/y;
const REST_OF_MINI_TICKER = /,"o":"[\d.]*","h":"[\d.]*","l":"[\d.]*","v":"[\d.]*","q":"[\d.]*"\}/y;
const NOT_OURS: ParsedFrame = { kind: 'ignored', reason: 'not_our_symbol' };

/**
 * Reads the frames that come by the thousand a second (trade, aggTrade, bookTicker, 24hrMiniTicker and arrays of it, bare or
 * wrapped, and the wrapped partial book) straight from their text, when they are written exactly as the venue writes them and nothing is wrong with them.
 * Everything else is null: other events, another order of the keys, white space, escapes, a value out of range, a symbol that
 * is not ours in a frame of its own. What it gives is what the long way through `JSON.parse` gives.
 */
export function createHotFrameReader({ symbols, source, evidence }: BinanceParserOptions): ReadHotFrame {
  const scan = textScanner();
  const depthStreams = depthStreamsOf(symbols);

  function tick(venueSymbol: string | null, price: number, quantity: number, sequence: number, exchangeMs: number, receivedMs: EpochMs): Tick | null {
    const symbol = venueSymbol === null ? undefined : symbols.get(venueSymbol);
    if (symbol === undefined || !isPrice(price) || !isPrice(quantity) || !isStamp(exchangeMs)) return null;
    return { symbol, price, quantity, motion: 'print', sequence, exchangeMs, receivedMs, source, evidence };
  }

  function trade(receivedMs: EpochMs): Tick | null {
    if (scan.whole() < 0 || !scan.passes(',"s":"')) return null;
    const venueSymbol = scan.capitals();
    if (!scan.passes(',"t":')) return null;
    const id = scan.whole();
    if (id < 0 || !scan.passes(',"p":"')) return null;
    const price = scan.decimal();
    if (!scan.passes(',"q":"')) return null;
    const quantity = scan.decimal();
    if (!scan.passes(',"T":')) return null;
    const exchangeMs = scan.whole();
    return scan.matches(END_OF_TRADE) ? tick(venueSymbol, price, quantity, id, exchangeMs, receivedMs) : null;
  }

  function aggTrade(receivedMs: EpochMs): Tick | null {
    if (scan.whole() < 0 || !scan.passes(',"s":"')) return null;
    const venueSymbol = scan.capitals();
    if (!scan.passes(',"a":') || scan.whole() < 0 || !scan.passes(',"p":"')) return null;
    const price = scan.decimal();
    if (!scan.passes(',"q":"')) return null;
    const quantity = scan.decimal();
    if (!scan.passes(',"f":') || scan.whole() < 0 || !scan.passes(',"l":')) return null;
    const lastId = scan.whole();
    if (lastId < 0 || !scan.passes(',"T":')) return null;
    const exchangeMs = scan.whole();
    return scan.matches(END_OF_TRADE) ? tick(venueSymbol, price, quantity, lastId, exchangeMs, receivedMs) : null;
  }

  function bookTicker(receivedMs: EpochMs): BookTop | null {
    const sequence = scan.whole();
    if (sequence < 0 || !scan.passes(',"s":"')) return null;
    const venueSymbol = scan.capitals();
    if (!scan.passes(',"b":"')) return null;
    const bid = scan.decimal();
    if (!scan.passes(',"B":"')) return null;
    const bidSize = scan.decimal();
    if (!scan.passes(',"a":"')) return null;
    const ask = scan.decimal();
    if (!scan.passes(',"A":"')) return null;
    const askSize = scan.decimal();
    const symbol = venueSymbol === null ? undefined : symbols.get(venueSymbol);
    if (symbol === undefined || !isPrice(bid) || !isPrice(ask) || Number.isNaN(bidSize) || Number.isNaN(askSize) || !scan.passes('}')) return null;
    return { symbol, bid, ask, bidSize, askSize, exchangeMs: receivedMs, receivedMs, source, evidence, sequence };
  }

  /** One mini ticker: its tick when the symbol is ours, undefined when it is another's, null when it must be read the long way. */
  function miniTicker(receivedMs: EpochMs): Tick | undefined | null {
    if (!scan.passes('{"e":"24hrMiniTicker","E":')) return null;
    const exchangeMs = scan.whole();
    if (exchangeMs < 0 || !scan.passes(',"s":"')) return null;
    const venueSymbol = scan.capitals();
    if (venueSymbol === null || !scan.passes(',"c":"')) return null;
    const symbol = symbols.get(venueSymbol);
    const price = scan.decimal();
    if (Number.isNaN(price) || !scan.matches(REST_OF_MINI_TICKER)) return null;
    if (symbol === undefined) return undefined;
    if (!isPrice(price) || !isStamp(exchangeMs)) return null;
    return { symbol, price, quantity: 0, motion: 'print', exchangeMs, receivedMs, source, evidence };
  }

  function miniTickers(receivedMs: EpochMs): ParsedFrame | null {
    const ticks: Tick[] = [];
    do {
      const one = miniTicker(receivedMs);
      if (one === null) return null;
      if (one !== undefined) ticks.push(one);
    } while (scan.passes(','));
    if (!scan.passes(']')) return null;
    return ticks.length > 0 ? { kind: 'mixed', ticks, books: [], bars: [], refused: [] } : NOT_OURS;
  }

  function side(): readonly BookLevel[] | null {
    const levels: BookLevel[] = [];
    if (scan.passes('[]')) return levels;
    let opening = '[["';
    while (scan.passes(opening)) {
      const price = scan.decimal();
      if (!scan.passes(',"')) return null;
      const quantity = scan.decimal();
      levels.push({ price, quantity });
      if (scan.passes(']]')) return levels;
      opening = '],["';
    }
    return null;
  }

  function partialBook(symbol: string | undefined, receivedMs: EpochMs): OrderBook | null {
    const sequence = scan.whole();
    if (symbol === undefined || sequence < 0 || !scan.passes(',"bids":')) return null;
    const bids = side();
    if (bids === null || !scan.passes(',"asks":')) return null;
    const asks = side();
    if (asks === null || !scan.passes('}')) return null;
    // What is wrong is said the long way, and a book without any level is one there.
    if (faultOfBook(bids, asks) !== null) return null;
    return { symbol, bids, asks, sequence, exchangeMs: receivedMs, receivedMs, source, evidence };
  }

  function payload(text: string, isWrapped: boolean, receivedMs: EpochMs): ParsedFrame | null {
    if (scan.passes('{"u":')) {
      const book = bookTicker(receivedMs);
      return book === null ? null : { kind: 'books', books: [book] };
    }
    if (scan.passes('{"e":"trade","E":')) return ofTick(trade(receivedMs));
    if (scan.passes('{"e":"aggTrade","E":')) return ofTick(aggTrade(receivedMs));
    if (scan.passes('{"lastUpdateId":')) {
      const depth = isWrapped ? partialBook(depthStreams.get(streamOf(text)), receivedMs) : null;
      return depth === null ? null : { kind: 'depth', depth };
    }
    if (scan.passes('[')) return miniTickers(receivedMs);
    return ofTick(miniTicker(receivedMs));
  }

  return (text, receivedMs) => {
    scan.begin(text);
    const isWrapped = scan.passes(WRAPPER);
    if (isWrapped && !(scan.skipString() && scan.passes(',"data":'))) return null;
    const frame = payload(text, isWrapped, receivedMs);
    return frame !== null && (!isWrapped || scan.passes('}')) && scan.isAtEnd() ? frame : null;
  };
}

/** The stream of a wrapped frame. */
const streamOf = (text: string): string => text.slice(WRAPPER.length, text.indexOf('"', WRAPPER.length));

/** Whose partial book comes by which stream. */
function depthStreamsOf(symbols: BinanceParserOptions['symbols']): ReadonlyMap<string, string> {
  const names = ['5', '10', '20'].flatMap((levels) => [`@depth${levels}`, `@depth${levels}@100ms`]);
  return new Map([...symbols].flatMap(([venueSymbol, symbol]) => names.map((name) => [`${venueSymbol.toLowerCase()}${name}`, symbol] as const)));
}

const ofTick = (tick: Tick | undefined | null): ParsedFrame | null => (tick ? { kind: 'ticks', ticks: [tick] } : null);

const isStamp = (value: number): boolean => value > 0 && value < LATEST_MS;
