import { CROSS_CHECK, checkRules } from '../config/cross-check.ts';
import { BOOK_MAX_AGE_MS } from '../config/execution.ts';
import { instrumentsOf } from '../config/instruments.ts';
import { NSE_CALENDAR } from '../config/nse-calendar.ts';
import type { SnapshotQuote } from '../contracts/market-snapshot.ts';
import type { Rate } from '../contracts/terms.ts';
import { toNumber } from '../kernel/decimal.ts';
import type { EpochMs } from '../kernel/time.ts';
import { marketPhase } from '../market/calendar.ts';
import { coinRate, isCoin } from '../market/coin-rate.ts';
import { type CheckRules, type CrossCheck, checkAt, newCheck, withOwn, withReference } from '../market/cross-check.ts';
import type { Currency } from '../market/instrument.ts';
import { istDayOf } from '../market/ist.ts';
import type { ListedRules } from '../market/listed-rules.ts';
import { type OrderBook, topOf } from '../market/order-book.ts';
import type { Bar, BookTop, Quote, QuoteCheck, ReferencePrice, Tick } from '../market/price.ts';
import { closeOf, type DayClose, hasSessions, previousCloseAt, withClose } from './previous-close.ts';
import { hasActionBetween } from './price-scale.ts';
import { TAPE_BARS, tapeOf } from './tape.ts';
import { baseRate, type MarketView } from './view.ts';

/** The feed's live knowledge: last prices, books, what the session before ended at, and the tape of recent minutes that fills are judged by. */
export interface Desk {
  readonly tick: (tick: Tick) => void;
  /** What a tick says of the price alone: for one that no order waits for. */
  readonly price: (told: ToldPrice) => void;
  readonly top: (top: BookTop) => void;
  /** A book with its depth; its top is told with it, unless a newer one was told already. */
  readonly depth: (book: OrderBook) => void;
  /** What another venue says: it is held against our own price, and nothing is traded on it. */
  readonly reference: (price: ReferencePrice) => void;
  /** A finished minute, in order; one that was missing may come again when it is known. */
  readonly bar: (bar: Bar) => void;
  /** One a currency: `bestRates` of what the sources know. */
  readonly rates: (rates: readonly Rate[]) => void;
  /** What the venues list their instruments with. */
  readonly listed: (rules: readonly ListedRules[]) => void;
  readonly view: (nowMs: EpochMs) => MarketView;
  /** The best bid and offer of a symbol; null where none is known. */
  readonly touch: (symbol: string, nowMs: EpochMs) => Pick<Quote, 'bid' | 'ask'>;
  /** One as it is published; null where none is known. */
  readonly published: (symbol: string, nowMs: EpochMs) => SnapshotQuote | null;
  /** As they are published, with the close of the session before where one is known. */
  readonly quotes: (nowMs: EpochMs) => readonly SnapshotQuote[];
  /** When each symbol's book was last told: what a book's age is counted from, beside the quotes in a feed's cursor. */
  readonly bookStamps: () => Readonly<Record<string, EpochMs>>;
  /** Puts back prices that a snapshot had kept; a book of unknown age is taken to be as old as its quote. */
  readonly restore: (quotes: readonly SnapshotQuote[], bookStamps?: Readonly<Record<string, EpochMs>>) => void;
  /** What symbols ended their last days at: kept beside the quotes too, for they tell it of one instant only. */
  readonly closes: () => DayCloses;
  /** A day's close from before the desk was there. */
  readonly closed: (symbol: string, close: DayClose) => void;
  /** Nobody asks for the symbol any more: it is published no longer. */
  readonly forget: (symbol: string) => void;
  /** A contract's price and book in one, whole: a side that nobody offers any more is gone. */
  readonly contract: (quote: Quote) => void;
}

/** What a tick says of a price. */
export type ToldPrice = Pick<Tick, 'symbol' | 'price' | 'exchangeMs' | 'receivedMs' | 'source' | 'evidence'>;

/** By symbol. */
export type DayCloses = Readonly<Record<string, readonly DayClose[]>>;

type BareQuote = Omit<Quote, 'check'>;

interface Line {
  quote: BareQuote;
  /** As it was asked for last, where nothing but a new price makes it another; null where it was not. */
  shown: Quote | null;
  /** When the book was last told; the quote's own stamp is that of its newest part. */
  bookMs: EpochMs;
  /** The venue's number of that book; null where it has none. */
  bookSequence: number | null;
}

/** A symbol's own price beside those of other venues. */
interface Checked {
  readonly rules: CheckRules;
  check: CrossCheck;
}

export function createDesk(): Desk {
  const lines = new Map<string, Line>();
  const books = new Map<string, OrderBook>();
  const closes = new Map<string, readonly DayClose[]>();
  const tapes = new Map<string, Bar[]>();
  const checks = new Map<string, Checked>();
  /** Of the lines, in their order. */
  let symbols: readonly string[] = [];
  let rates: readonly Rate[] = [];
  let rules: ReadonlyMap<string, ListedRules> = new Map();
  /** Dollars a Tether: prices are compared in the base currency. */
  let usdtUsd = 1;

  const told = (known: Line | undefined, quote: BareQuote, bookMs: EpochMs, bookSequence: number | null): void => {
    const { symbol, receivedMs } = quote;
    if (known !== undefined && hasSessions(symbol) && istDayOf(known.quote.exchangeMs) < istDayOf(quote.exchangeMs)) {
      closed(symbol, closeOf(known.quote));
    }
    const line = known ?? newLine(symbol, quote);
    line.quote = quote;
    line.shown = null;
    line.bookMs = bookMs;
    line.bookSequence = bookSequence;
    const checked = checks.get(symbol) ?? (hasSecondSources(quote) ? checkedFrom(symbol, receivedMs, null) : null);
    if (checked === null) return;
    checked.check = withOwn(checked.check, midOf(bookless(line, receivedMs)) * usdtUsd, receivedMs, checked.rules);
  };

  const newLine = (symbol: string, quote: BareQuote): Line => {
    const line: Line = { quote, shown: null, bookMs: 0, bookSequence: null };
    lines.set(symbol, line);
    symbols = [...lines.keys()].sort();
    return line;
  };

  const closed = (symbol: string, close: DayClose): void => {
    if (hasSessions(symbol)) closes.set(symbol, withClose(closes.get(symbol) ?? [], close));
  };

  const checkedFrom = (symbol: string, atMs: EpochMs, before: QuoteCheck | null): Checked => {
    const checked = { rules: checkRules(symbol), check: newCheck(atMs, before) };
    checks.set(symbol, checked);
    return checked;
  };

  const price = ({ symbol, price, exchangeMs, receivedMs, source, evidence }: ToldPrice): void => {
    const line = lines.get(symbol);
    const { bid, ask, bidSize, askSize } = line?.quote ?? NO_BOOK;
    const quote = { symbol, last: price, bid, ask, bidSize, askSize, exchangeMs, receivedMs, source, evidence };
    told(line, quote, line?.bookMs ?? 0, line?.bookSequence ?? null);
  };

  const top = (top: BookTop): void => {
    const { symbol, bid, ask, bidSize, askSize, exchangeMs, receivedMs, source, evidence } = top;
    const line = lines.get(symbol);
    const known = line?.quote;
    // The first book of an ex-date comes before its first trade: yesterday's last price is of another scale.
    const isOtherScale = known !== undefined && hasActionBetween(symbol, evidence, known.exchangeMs, exchangeMs);
    const last = known === undefined || isOtherScale ? (bid + ask) / 2 : known.last;
    const quote = { symbol, last, bid, ask, bidSize, askSize, exchangeMs, receivedMs, source, evidence };
    told(line, quote, receivedMs, top.sequence ?? null);
  };

  const depth = (book: OrderBook): void => {
    books.set(book.symbol, book);
    const best = topOf(book);
    // Tops come on their own line, and sooner: one of a later number is not taken back.
    if (best !== null && !isOutrun(best, lines.get(book.symbol))) top(best);
  };

  const reference = ({ symbol, bid, ask, currency, receivedMs, source }: ReferencePrice): void => {
    const checked = checks.get(symbol) ?? checkedFrom(symbol, receivedMs, null);
    const price = ((bid + ask) / 2) * (currency === 'USDT' ? usdtUsd : 1);
    checked.check = withReference(checked.check, { source, price, atMs: receivedMs }, checked.rules);
  };

  const bar = (bar: Bar): void => {
    const tape = tapes.get(bar.symbol) ?? newTape(bar.symbol);
    const last = tape.at(-1);
    if (last === undefined || last.openMs < bar.openMs) {
      tape.push(bar);
      // Cut now and then: every bar is at the end of it.
      if (tape.length > 2 * TAPE_BARS) tape.splice(0, tape.length - TAPE_BARS);
      return;
    }
    const place = tape.findLastIndex(({ openMs }) => openMs <= bar.openMs);
    const known = tape[place]?.openMs === bar.openMs ? tape[place] : undefined;
    if (known === undefined) tape.splice(place + 1, 0, bar);
    else if (known.origin === 'missing' || bar.origin === 'received') tape[place] = bar;
  };

  const newTape = (symbol: string): Bar[] => {
    const tape: Bar[] = [];
    tapes.set(symbol, tape);
    return tape;
  };

  const quoteAt = (symbol: string, nowMs: EpochMs): Quote | null => {
    const line = lines.get(symbol);
    if (line === undefined) return null;
    const checked = checks.get(symbol);
    if (checked !== undefined) return { ...bookless(line, nowMs), check: checkAt(checked.check, nowMs, checked.rules) };
    if (line.quote.bid !== null) return { ...bookless(line, nowMs), check: null };
    // Nothing of it grows old: the same for every look until the next price.
    line.shown ??= { ...line.quote, check: null };
    return line.shown;
  };

  const bookAt = (symbol: string, nowMs: EpochMs): OrderBook | null => {
    const book = books.get(symbol);
    return book === undefined || nowMs - book.receivedMs > BOOK_MAX_AGE_MS ? null : book;
  };

  const previousCloseOf = (symbol: string, nowMs: EpochMs): number | null => {
    if (!hasSessions(symbol)) return null;
    const line = lines.get(symbol);
    const known = closes.get(symbol) ?? [];
    // Until the first price of a new day the last one of the day before is the close that it will be.
    return previousCloseAt(symbol, line === undefined ? known : [...known, closeOf(line.quote)], nowMs);
  };

  const publishedAt = (symbol: string, nowMs: EpochMs): SnapshotQuote | null => {
    const quote = quoteAt(symbol, nowMs);
    const previousClose = previousCloseOf(symbol, nowMs);
    return quote === null || previousClose === null ? quote : { ...quote, previousClose };
  };

  const rateAt = (currency: Currency, nowMs: EpochMs): Rate | null => {
    if (currency === 'USD') return baseRate(nowMs);
    if (isCoin(currency)) return coinRate(currency, quoteAt(currency, nowMs), rateAt('USDT', nowMs));
    return rates.find((rate) => rate.currency === currency) ?? null;
  };

  const viewAt = (nowMs: EpochMs): MarketView => ({
    nowMs,
    quote: (symbol) => quoteAt(symbol, nowMs),
    book: (symbol) => bookAt(symbol, nowMs),
    previousClose: (symbol) => previousCloseOf(symbol, nowMs),
    rate: (currency: Currency) => rateAt(currency, nowMs),
    tape: (symbol) => tapeOf(tapes.get(symbol) ?? [], nowMs),
    phase: (market, group) => marketPhase(NSE_CALENDAR, market, nowMs, group),
    rules: (symbol) => rules.get(symbol) ?? null,
  });
  /** Of one instant, it sees whatever becomes known in it: every price of it is looked at through the same. */
  let lastView: MarketView | null = null;

  return {
    tick: price,
    price,
    top,
    depth,
    reference,
    bar,
    rates: (known) => {
      rates = known;
      const usdt = known.find(({ currency }) => currency === 'USDT');
      if (usdt !== undefined) usdtUsd = toNumber(usdt.value);
    },
    listed: (known) => {
      rules = new Map(known.map((each) => [each.symbol, each]));
    },
    view: (nowMs) => {
      if (lastView?.nowMs !== nowMs) lastView = viewAt(nowMs);
      return lastView;
    },
    touch: (symbol, nowMs) => {
      const line = lines.get(symbol);
      return line === undefined || line.quote.bid === null ? NO_BOOK : bookless(line, nowMs);
    },
    published: publishedAt,
    quotes: (nowMs) => symbols.flatMap((symbol) => publishedAt(symbol, nowMs) ?? []),
    bookStamps: () => Object.fromEntries([...lines].map(([symbol, { bookMs }]) => [symbol, bookMs])),
    restore: (quotes, bookStamps = {}) => {
      for (const { check, previousClose: _, ...quote } of quotes) {
        const bookMs = bookStamps[quote.symbol] ?? (quote.bid === null ? 0 : quote.receivedMs);
        lines.set(quote.symbol, { quote, shown: null, bookMs, bookSequence: null });
        symbols = [...lines.keys()].sort();
        if (check !== null) checkedFrom(quote.symbol, quote.receivedMs, check);
      }
    },
    closes: () => Object.fromEntries(closes),
    closed,
    forget: (symbol) => {
      lines.delete(symbol);
      tapes.delete(symbol);
    },
    contract: ({ check: _, ...quote }) => {
      // Published as every price: a position stands at its last mark when its chain is gone.
      if (!lines.has(quote.symbol)) symbols = [...lines.keys(), quote.symbol].sort();
      lines.set(quote.symbol, { quote, shown: null, bookMs: quote.receivedMs, bookSequence: null });
    },
  };
}

const TRADED_ELSEWHERE: ReadonlySet<string> = new Set(CROSS_CHECK.markets.flatMap((market) => instrumentsOf(market).map(({ symbol }) => symbol)));

/** A live price of a symbol that other venues trade too: while they are silent that is said of it. */
const hasSecondSources = ({ symbol, evidence }: BareQuote): boolean => evidence === 'live' && TRADED_ELSEWHERE.has(symbol);

const midOf = ({ last, bid, ask }: BareQuote): number => (bid === null || ask === null ? last : (bid + ask) / 2);

/** Whether a newer top is known than that of a book; a venue that has been silent for long may number anew. */
const isOutrun = ({ sequence, receivedMs, source }: BookTop, line: Line | undefined): boolean =>
  sequence !== undefined &&
  line !== undefined &&
  line.bookSequence !== null &&
  line.quote.source === source &&
  sequence < line.bookSequence &&
  receivedMs - line.bookMs <= BOOK_MAX_AGE_MS;

/** The quote without a book that nobody has told for long. */
function bookless({ quote, bookMs }: Line, nowMs: EpochMs): BareQuote {
  return quote.bid === null || nowMs - bookMs <= BOOK_MAX_AGE_MS ? quote : { ...quote, ...NO_BOOK };
}

const NO_BOOK = { bid: null, ask: null, bidSize: null, askSize: null } as const;
