import { BOOK_MAX_AGE_MS } from '../config/execution.ts';
import { NSE_CALENDAR } from '../config/nse-calendar.ts';
import type { Rate } from '../contracts/journal.ts';
import { type EpochMs, HOUR_MS } from '../kernel/time.ts';
import { marketPhase } from '../market/calendar.ts';
import type { Currency } from '../market/instrument.ts';
import type { Bar, BookTop, Quote, Tick } from '../market/price.ts';
import { baseRate, type MarketView, type Tape } from './view.ts';

const TAPE_BARS = 30;
const LEAST_TAPE_BARS = 10;

/** The feed's live knowledge: last prices, tops of book, and the tape of recent minutes that fills are judged by. */
export interface Desk {
  readonly tick: (tick: Tick) => void;
  readonly top: (top: BookTop) => void;
  /** A finished minute; bars of one symbol come in order. */
  readonly bar: (bar: Bar) => void;
  readonly rates: (rates: readonly Rate[]) => void;
  readonly view: (nowMs: EpochMs) => MarketView;
  readonly quotes: (nowMs: EpochMs) => readonly Quote[];
  /** When each symbol's book was last told: what a book's age is counted from, beside the quotes in a feed's cursor. */
  readonly bookStamps: () => Readonly<Record<string, EpochMs>>;
  /** Puts back prices that a snapshot had kept; a book of unknown age is taken to be as old as its quote. */
  readonly restore: (quotes: readonly Quote[], bookStamps?: Readonly<Record<string, EpochMs>>) => void;
}

interface Line {
  quote: Quote;
  /** When the book was last told; the quote's own stamp is that of its newest part. */
  bookMs: EpochMs;
}

export function createDesk(): Desk {
  const lines = new Map<string, Line>();
  const tapes = new Map<string, Bar[]>();
  let rates: readonly Rate[] = [];

  const tick = (tick: Tick): void => {
    const { symbol, price, exchangeMs, receivedMs, source, evidence } = tick;
    const line = lines.get(symbol);
    const book = line?.quote ?? NO_BOOK;
    const { bid, ask, bidSize, askSize } = book;
    lines.set(symbol, {
      quote: { symbol, last: price, bid, ask, bidSize, askSize, exchangeMs, receivedMs, source, evidence },
      bookMs: line?.bookMs ?? 0,
    });
  };

  const top = (top: BookTop): void => {
    const { symbol, bid, ask, bidSize, askSize, exchangeMs, receivedMs, source, evidence } = top;
    const last = lines.get(symbol)?.quote.last ?? (bid + ask) / 2;
    lines.set(symbol, { quote: { symbol, last, bid, ask, bidSize, askSize, exchangeMs, receivedMs, source, evidence }, bookMs: receivedMs });
  };

  const bar = (bar: Bar): void => {
    const tape = tapes.get(bar.symbol) ?? [];
    if (tape.length > 0 && bar.openMs <= (tape.at(-1)?.openMs ?? 0)) return;
    tape.push(bar);
    if (tape.length > TAPE_BARS) tape.shift();
    tapes.set(bar.symbol, tape);
  };

  const quoteAt = (symbol: string, nowMs: EpochMs): Quote | null => {
    const line = lines.get(symbol);
    if (line === undefined) return null;
    if (line.quote.bid === null || nowMs - line.bookMs <= BOOK_MAX_AGE_MS) return line.quote;
    return { ...line.quote, ...NO_BOOK };
  };

  return {
    tick,
    top,
    bar,
    rates: (known) => {
      rates = known;
    },
    view: (nowMs) => ({
      nowMs,
      quote: (symbol) => quoteAt(symbol, nowMs),
      rate: (currency: Currency) => (currency === 'USD' ? baseRate(nowMs) : (rates.find((rate) => rate.currency === currency) ?? null)),
      tape: (symbol) => tapeFrom((tapes.get(symbol) ?? []).filter((bar) => nowMs - bar.openMs <= HOUR_MS)),
      phase: (market) => marketPhase(NSE_CALENDAR, market, nowMs),
    }),
    quotes: (nowMs) => [...lines.keys()].sort().flatMap((symbol) => quoteAt(symbol, nowMs) ?? []),
    bookStamps: () => Object.fromEntries([...lines].map(([symbol, { bookMs }]) => [symbol, bookMs])),
    restore: (quotes, bookStamps = {}) => {
      for (const quote of quotes) lines.set(quote.symbol, { quote, bookMs: bookStamps[quote.symbol] ?? (quote.bid === null ? 0 : quote.receivedMs) });
    },
  };
}

const NO_BOOK = { bid: null, ask: null, bidSize: null, askSize: null } as const;

/** Close-to-close volatility and mean volume a minute of the last hour; null while fewer than ten whole minutes are known. */
function tapeFrom(bars: readonly Bar[]): Tape {
  const whole = bars.filter((bar) => bar.origin !== 'missing');
  if (whole.length < LEAST_TAPE_BARS) return { volatility: null, minuteVolume: null };
  const returns = whole.slice(1).map((bar, index) => Math.log(bar.close / (whole[index] as Bar).close));
  const mean = returns.reduce((total, value) => total + value, 0) / returns.length;
  const variance = returns.reduce((total, value) => total + (value - mean) ** 2, 0) / (returns.length - 1);
  return { volatility: Math.sqrt(variance), minuteVolume: whole.reduce((total, bar) => total + bar.volume, 0) / whole.length };
}
