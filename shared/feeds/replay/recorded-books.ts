import type { EpochMs } from '../../kernel/time.ts';
import { faultOfBook, type OrderBook } from '../../market/order-book.ts';
import { isPrice } from '../../market/price.ts';
import { type Fields, isFields, isSequence, stampMs } from '../binance/binance-fields.ts';
import type { BinanceParserOptions, FrameFault, RefusedFrame } from '../binance/binance-frame.ts';
import { readLevels } from '../binance/binance-levels.ts';
import { shown } from '../intake/shown.ts';
import { type BookChange, type BookPicture, type ChangedBook, changedBook } from './changed-book.ts';

/** A change of a symbol's book, and when it happened by the venue's clock. */
interface SymbolChange extends BookChange {
  readonly symbol: string;
  readonly exchangeMs: EpochMs;
}

/** Levels a side that are given of a book: as many as the live stream has. */
const MOST_LEVELS = 20;
/** Changes kept of a symbol whose book is not known yet: a picture that was asked for comes within seconds of ten changes each. */
const MOST_EARLY = 200;
/** Pictures kept that belong to no symbol yet. */
const MOST_PICTURES = 8;
/** What a text has that is read here; all others are not parsed for it. */
const MARKS = ['"depthUpdate"', '"lastUpdateId"'] as const;

/** The book that a frame completes, what was wrong with it, or null for a frame that tells of none. Frames are given in their order. */
export type ReadBook = (text: string, receivedMs: EpochMs) => OrderBook | RefusedFrame | null;

/**
 * Books out of recorded changes (`depthUpdate`), as recorders of Binance keep them: with the answer of the REST depth in between,
 * bare and without a symbol, which is a picture of the whole book. Whose it is the numbers say: the changes of one symbol only
 * have its number among theirs. Without a picture there is no book, for levels that did not change since the recording
 * began were never told; after a change that is missing there is none either, until there is another picture.
 * @see binance-spot-api-docs, web-socket-streams.md, "How to manage a local order book correctly"
 */
export function recordedBooks({ symbols, source, evidence }: BinanceParserOptions): ReadBook {
  const books = new Map<string, ChangedBook>();
  /** Changes of symbols without a book, each following on the one before it. */
  const early = new Map<string, readonly SymbolChange[]>();
  let pictures: readonly BookPicture[] = [];

  function take(change: SymbolChange, receivedMs: EpochMs): OrderBook | RefusedFrame | null {
    const { symbol, firstSequence, lastSequence } = change;
    const book = books.get(symbol);
    if (book === undefined) return wait(change, receivedMs);
    if (lastSequence <= book.sequence()) return null;
    if (firstSequence > book.sequence() + 1) {
      lose(change);
      return refused('depth_gap', `${symbol}: changes from ${book.sequence() + 1} to ${firstSequence - 1} are missing`);
    }
    book.change(change);
    return told(book, change, receivedMs);
  }

  function wait(change: SymbolChange, receivedMs: EpochMs): OrderBook | RefusedFrame | null {
    const before = early.get(change.symbol) ?? [];
    const follows = before.at(-1)?.lastSequence === change.firstSequence - 1;
    early.set(change.symbol, follows ? [...before, change].slice(-MOST_EARLY) : [change]);
    settle(change.symbol);
    const book = books.get(change.symbol);
    return book === undefined ? null : told(book, change, receivedMs);
  }

  /** Begins the book of a symbol when one of its changes holds the number after a picture's. */
  function settle(symbol: string): void {
    const changes = early.get(symbol) ?? [];
    const isOurs = ({ sequence }: BookPicture): boolean =>
      changes.some(({ firstSequence, lastSequence }) => firstSequence <= sequence + 1 && sequence + 1 <= lastSequence);
    const picture = pictures.find(isOurs);
    if (picture === undefined) return;
    const book = changedBook(picture);
    for (const change of changes) if (change.lastSequence > picture.sequence) book.change(change);
    books.set(symbol, book);
    early.delete(symbol);
    pictures = pictures.filter((other) => other !== picture);
  }

  function told(book: ChangedBook, { symbol, exchangeMs, lastSequence }: SymbolChange, receivedMs: EpochMs): OrderBook | RefusedFrame | null {
    const [bids, asks] = [book.bids(MOST_LEVELS), book.asks(MOST_LEVELS)];
    // Prices have left what is known, and may come back: nothing says that nobody stands there.
    if (bids.length === 0 || asks.length === 0) return null;
    const fault = faultOfBook(bids, asks);
    if (fault === null) return { symbol, bids, asks, sequence: lastSequence, exchangeMs, receivedMs, source, evidence };
    books.delete(symbol);
    return refused(fault, `${symbol}: bid ${bids[0]?.price}, ask ${asks[0]?.price} after change ${lastSequence}`);
  }

  function lose(change: SymbolChange): void {
    books.delete(change.symbol);
    early.set(change.symbol, [change]);
  }

  function begin(picture: BookPicture): null {
    pictures = [...pictures, picture].slice(-MOST_PICTURES);
    for (const symbol of early.keys()) settle(symbol);
    return null;
  }

  function changeOf(frame: Fields): SymbolChange | RefusedFrame | null {
    const symbol = typeof frame.s === 'string' ? symbols.get(frame.s) : undefined;
    if (symbol === undefined) return null;
    const { U: firstSequence, u: lastSequence } = frame;
    if (!isSequence(firstSequence) || !isSequence(lastSequence) || firstSequence > lastSequence)
      return refused('bad_sequence', `book changes ${shown(firstSequence)} to ${shown(lastSequence)}`);
    const exchangeMs = stampMs(frame.E);
    if (exchangeMs === null) return refused('bad_stamp', `book time ${shown(frame.E)}`);
    const bids = readLevels(frame.b, isLeft);
    if ('reason' in bids) return bids;
    const asks = readLevels(frame.a, isLeft);
    return 'reason' in asks ? asks : { symbol, firstSequence, lastSequence, bids, asks, exchangeMs };
  }

  return (text, receivedMs) => {
    if (!MARKS.some((mark) => text.includes(mark))) return null;
    const frame = frameIn(text);
    if (frame?.e === 'depthUpdate') {
      const change = changeOf(frame);
      return change === null || 'reason' in change ? change : take(change, receivedMs);
    }
    const picture = frame === null ? null : pictureOf(frame);
    return picture === null || 'reason' in picture ? picture : begin(picture);
  };
}

/** What is left at a price after a change: nothing, or some. */
const isLeft = (quantity: number): boolean => quantity === 0 || isPrice(quantity);

/** The payload of a frame, bare or wrapped; null for what is none: the parser has counted it. */
function frameIn(text: string): Fields | null {
  try {
    const value: unknown = JSON.parse(text);
    const payload = isFields(value) && isFields(value.data) ? value.data : value;
    return isFields(payload) ? payload : null;
  } catch {
    return null;
  }
}

function pictureOf({ lastUpdateId, bids: bidRows, asks: askRows }: Fields): BookPicture | RefusedFrame | null {
  if (!isSequence(lastUpdateId)) return null;
  const bids = readLevels(bidRows, isPrice);
  if ('reason' in bids) return bids;
  const asks = readLevels(askRows, isPrice);
  if ('reason' in asks) return asks;
  const fault = faultOfBook(bids, asks);
  return fault === null ? { sequence: lastUpdateId, bids, asks } : refused(fault, `a picture of a book with the number ${lastUpdateId}`);
}

const refused = (reason: FrameFault, detail: string): RefusedFrame => ({ kind: 'refused', reason, detail });
