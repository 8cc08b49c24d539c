import { DAY_MS, type EpochMs, HOUR_MS, MINUTE_MS, SECOND_MS } from '../../kernel/time.ts';
import { type BookFault, faultOfBook, type OrderBook } from '../../market/order-book.ts';
import { type BookTop, isPrice, type Tick } from '../../market/price.ts';
import { candleFault } from '../bars/candle-fault.ts';
import type { ClosedBar, FrameFault } from '../binance/binance-frame.ts';
import { EMPTY_WINDOW, hasSeen, type SequenceWindow, withSeen } from './sequence-window.ts';

export type GateFault = 'bad_stamp' | 'bad_range' | BookFault | 'stamp_in_future' | 'stamp_too_old' | 'duplicate' | 'older_book' | 'jump';

/** `out_of_order` and `came_late` are counted and admitted: a print that was never seen before did trade. */
export type GateCount = GateFault | FrameFault | 'admitted' | 'out_of_order' | 'came_late';
export type GateCounters = Readonly<Record<string, Readonly<Partial<Record<GateCount, number>>>>>;

type Counts = Partial<Record<GateCount, number>>;

/**
 * `isLate`: a trade that belongs into the bar of its minute, but is not the present price: it is older than the newest one
 * admitted, or came more than ten seconds after it happened.
 */
export type Admission = { readonly ok: true; readonly isLate: boolean } | { readonly ok: false; readonly reason: GateFault };

type Verdict = GateFault | 'late' | null;

/** Everything the gate remembers, as plain JSON: part of the cursor of a replay. */
export interface GateState {
  readonly channels: Readonly<Record<string, Channel>>;
  readonly counters: GateCounters;
}

interface Good {
  readonly price: number;
  readonly atMs: EpochMs;
}

/** One kind of price (trades, tops of book or books) of one symbol of one source. */
interface Channel {
  good: Good | null;
  /** A price far from the good one that keeps coming, and how often in a row. */
  rival: { readonly price: number; readonly count: number } | null;
  seen: SequenceWindow;
  /** Books in a row whose number was below the highest. */
  olderInARow: number;
}

export interface Gate {
  /** Judges one price, in the order in which prices arrived. Time is read from its stamps only. */
  admit(price: Tick | BookTop): Admission;
  /** Judges a book with its depth as a whole: one wrong level refuses all of it. */
  admitBook(book: OrderBook): Admission;
  /**
   * Judges a bar that the venue closed, against the trades seen and the time at which it came: its minute must be over, and not
   * for longer than an hour (a week for a delayed source). A refused bar leaves our own aggregate standing.
   */
  admitBar(bar: ClosedBar): Admission;
  /** Counts a frame that the parser refused, so that one table holds everything a source did wrong. */
  countRefusedFrame(source: string, reason: FrameFault): void;
  /** A price known to be good before the first tick (the last warm-up close), so that the first tick is judged too. */
  anchor(source: string, symbol: string, price: number, atMs: EpochMs): void;
  counters(): GateCounters;
  state(): GateState;
}

/** The venue's clock may run ahead of ours by this much: a recorder 1.27 s behind the exchange is no error. */
const MOST_FUTURE_MS = 5_000;
const MOST_AGE_MS = MINUTE_MS;
/** Assumption: a trade that came later than this tells of the past: a quote made of it would be called fresh. */
const MOST_LATE_MS = 10 * SECOND_MS;
/** Assumption: a venue tells a bar again within an hour, or not at all. */
const MOST_BAR_AGE_MS = HOUR_MS;
/** A delayed source tells the bars of its last session as a whole; between two of them lie some days without trading. */
const MOST_DELAYED_BAR_AGE_MS = 7 * DAY_MS;
/**
 * Assumption: a liquid pair does not move by half within a minute, nor tenfold within a day; a price further away than that
 * from the last good one is a fault of the source. Older references judge nothing.
 */
const JUMP_LIMITS = [
  { withinMs: MINUTE_MS, factor: 1.5 },
  { withinMs: DAY_MS, factor: 10 },
] as const;
/** Assumption: a fault does not repeat itself this often in a row within `AGREEMENT`; a market that moved for real does. */
const AGREEING_TO_BELIEVE = 20;
const AGREEMENT = 1.05;
/** Assumption: this many books in a row with lower numbers mean that the venue restarted its numbering, not that they are late. */
const OLDER_TO_BELIEVE = 100;
const ADMITTED: Admission = { ok: true, isLate: false };
const LATE: Admission = { ok: true, isLate: true };

export interface GateOptions {
  /**
   * A price whose exchange stamp is older than this when it is received is refused: a minute. A source with more is a delayed
   * one: none of its prices is late for its age, and its bars may be older too.
   */
  readonly mostAgeMs?: number;
}

/**
 * The one door for prices: refuses what cannot be true, counts everything by source and reason, and gives the same answers
 * after `createGate(JSON.parse(JSON.stringify(gate.state())))`.
 */
export function createGate(saved?: GateState, { mostAgeMs = MOST_AGE_MS }: GateOptions = {}): Gate {
  const isDelayed = mostAgeMs > MOST_AGE_MS;
  const mostLateMs = isDelayed ? mostAgeMs : MOST_LATE_MS;
  const mostBarAgeMs = isDelayed ? MOST_DELAYED_BAR_AGE_MS : MOST_BAR_AGE_MS;
  const channels = new Map<string, Channel>(Object.entries(structuredClone(saved?.channels ?? {})));
  const counters = new Map<string, Counts>(Object.entries(structuredClone(saved?.counters ?? {})));
  const tradesKey = channelNames('trades');
  const booksKey = channelNames('books');
  const depthKey = channelNames('depth');

  function channelOf(key: string): Channel {
    const known = channels.get(key);
    if (known !== undefined) return known;
    const fresh: Channel = { good: null, rival: null, seen: EMPTY_WINDOW, olderInARow: 0 };
    channels.set(key, fresh);
    return fresh;
  }

  function count(source: string, what: GateCount): void {
    let counts = counters.get(source);
    if (counts === undefined) {
      counts = {};
      counters.set(source, counts);
    }
    counts[what] = (counts[what] ?? 0) + 1;
  }

  function judge(price: Tick | BookTop): Verdict {
    const stampFault = faultOfStamps(price.exchangeMs, price.receivedMs, mostAgeMs);
    if (stampFault !== null) return stampFault;
    return 'price' in price ? judgeTick(price) : judgeBook(price);
  }

  function judgeTick(tick: Tick): Verdict {
    if (!isPrice(tick.price)) return 'bad_price';
    if (!isQuantity(tick.quantity)) return 'bad_quantity';
    const trades = channelOf(tradesKey(tick));
    if (tick.sequence !== undefined && hasSeen(trades.seen, tick.sequence)) {
      // A repetition cannot be newer than the newest trade admitted: the venue began to number anew.
      if (tick.exchangeMs <= (trades.good?.atMs ?? 0)) return 'duplicate';
      trades.seen = EMPTY_WINDOW;
    }
    const reference = trades.good ?? channelOf(booksKey(tick)).good;
    if (isJump(reference, tick.price, tick.price, tick.exchangeMs) && !isBelieved(trades, tick.price)) return 'jump';
    if (tick.sequence !== undefined) trades.seen = withSeen(trades.seen, tick.sequence);
    const isNewest = accept(trades, tick, tick.price);
    return isNewest && isInTime(tick) ? null : 'late';
  }

  function isInTime({ source, exchangeMs, receivedMs }: Tick): boolean {
    const isTimely = receivedMs - exchangeMs <= mostLateMs;
    if (!isTimely) count(source, 'came_late');
    return isTimely;
  }

  function judgeBook(book: BookTop): GateFault | null {
    if (!isPrice(book.bid) || !isPrice(book.ask)) return 'bad_price';
    if (!isQuantity(book.bidSize ?? 0) || !isQuantity(book.askSize ?? 0)) return 'bad_quantity';
    if (book.bid >= book.ask) return 'crossed_book';
    const books = channelOf(booksKey(book));
    const sequenceFault = faultOfBookSequence(books, book.sequence);
    if (sequenceFault !== null) return sequenceFault;
    const reference = books.good ?? channelOf(tradesKey(book)).good;
    const mid = (book.bid + book.ask) / 2;
    if (isJump(reference, book.bid, book.ask, book.exchangeMs) && !isBelieved(books, mid)) return 'jump';
    // Update numbers of a book are not contiguous: only the highest means anything.
    if (book.sequence !== undefined) books.seen = { highest: book.sequence, holes: [] };
    accept(books, book, mid);
    return null;
  }

  function judgeDepth(book: OrderBook): GateFault | null {
    const fault = faultOfStamps(book.exchangeMs, book.receivedMs, mostAgeMs) ?? faultOfBook(book.bids, book.asks);
    if (fault !== null) return fault;
    const depth = channelOf(depthKey(book));
    const sequenceFault = faultOfBookSequence(depth, book.sequence);
    // The venue has told the same book again: it still stands.
    if (sequenceFault !== null && sequenceFault !== 'duplicate') return sequenceFault;
    const [low, high] = bestOf(book);
    const reference = depth.good ?? channelOf(booksKey(book)).good ?? channelOf(tradesKey(book)).good;
    const mid = (low + high) / 2;
    if (isJump(reference, low, high, book.exchangeMs) && !isBelieved(depth, mid)) return 'jump';
    if (book.sequence !== undefined) depth.seen = { highest: book.sequence, holes: [] };
    accept(depth, book, mid);
    return null;
  }

  /** Whether the price is the newest of its channel. */
  function accept(channel: Channel, { source, exchangeMs }: Tick | BookTop | OrderBook, price: number): boolean {
    channel.rival = null;
    if (channel.good !== null && exchangeMs < channel.good.atMs) {
      count(source, 'out_of_order');
      return false;
    }
    channel.good = { price, atMs: exchangeMs };
    return true;
  }

  function judgeBar(bar: ClosedBar): GateFault | null {
    const endMs = bar.openMs + MINUTE_MS;
    const fault = candleFault(bar, MINUTE_MS) ?? faultOfStamps(endMs, bar.receivedMs, mostBarAgeMs);
    if (fault !== null) return fault;
    const { good } = channelOf(tradesKey(bar));
    return isJump(good, bar.low, bar.high, endMs) ? 'jump' : null;
  }

  function told(source: string, verdict: Verdict): Admission {
    const isGood = verdict === null || verdict === 'late';
    count(source, isGood ? 'admitted' : verdict);
    if (!isGood) return { ok: false, reason: verdict };
    return verdict === null ? ADMITTED : LATE;
  }

  return {
    admit: (price) => told(price.source, judge(price)),
    admitBook: (book) => told(book.source, judgeDepth(book)),
    admitBar: (bar) => told(bar.source, judgeBar(bar)),
    countRefusedFrame: count,
    anchor(source, symbol, price, atMs) {
      const trades = channelOf(tradesKey({ source, symbol }));
      if (isPrice(price) && (trades.good === null || trades.good.atMs < atMs)) trades.good = { price, atMs };
    },
    counters: () => structuredClone(Object.fromEntries(counters)),
    state: () => structuredClone({ channels: Object.fromEntries(channels), counters: Object.fromEntries(counters) }),
  };
}

/** The names of channels of one kind. Each is made once: a name is asked for with every price. */
function channelNames(kind: 'trades' | 'books' | 'depth'): (of: { readonly source: string; readonly symbol: string }) => string {
  const bySource = new Map<string, Map<string, string>>();
  return ({ source, symbol }) => {
    const names = bySource.get(source) ?? new Map<string, string>();
    const known = names.get(symbol);
    if (known !== undefined) return known;
    const name = `${source} ${symbol} ${kind}`;
    bySource.set(source, names.set(symbol, name));
    return name;
  };
}

/** The best prices of a book that has at least one; of an empty side the other's. */
function bestOf({ bids, asks }: OrderBook): readonly [bid: number, ask: number] {
  const [bid, ask] = [bids[0]?.price, asks[0]?.price];
  return [bid ?? ask ?? Number.NaN, ask ?? bid ?? Number.NaN];
}

const isQuantity = (value: number): boolean => Number.isFinite(value) && value >= 0;

function faultOfStamps(exchangeMs: EpochMs, receivedMs: EpochMs, mostAgeMs: number): GateFault | null {
  if (!Number.isFinite(exchangeMs) || !Number.isFinite(receivedMs)) return 'bad_stamp';
  if (exchangeMs - receivedMs > MOST_FUTURE_MS) return 'stamp_in_future';
  return receivedMs - exchangeMs > mostAgeMs ? 'stamp_too_old' : null;
}

function faultOfBookSequence(books: Channel, sequence: number | undefined): GateFault | null {
  const { highest } = books.seen;
  if (sequence === undefined || highest === null || sequence > highest) {
    books.olderInARow = 0;
    return null;
  }
  if (sequence === highest) return 'duplicate';
  books.olderInARow++;
  if (books.olderInARow <= OLDER_TO_BELIEVE) return 'older_book';
  books.seen = EMPTY_WINDOW;
  books.olderInARow = 0;
  return null;
}

function isJump(reference: Good | null, low: number, high: number, atMs: EpochMs): boolean {
  if (reference === null) return false;
  const ageMs = Math.abs(atMs - reference.atMs);
  const limit = JUMP_LIMITS.find(({ withinMs }) => ageMs <= withinMs);
  return limit !== undefined && (high > reference.price * limit.factor || low * limit.factor < reference.price);
}

function isBelieved(channel: Channel, price: number): boolean {
  const { rival } = channel;
  const agrees = rival !== null && price <= rival.price * AGREEMENT && price * AGREEMENT >= rival.price;
  if (agrees && rival.count >= AGREEING_TO_BELIEVE) return true;
  channel.rival = { price, count: agrees ? rival.count + 1 : 1 };
  return false;
}
