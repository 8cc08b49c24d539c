import { NSE_CALENDAR } from '../../../shared/config/nse-calendar.ts';
import { rng } from '../../../shared/kernel/rng.ts';
import { type EpochMs, MINUTE_MS, SECOND_MS } from '../../../shared/kernel/time.ts';
import { marketPhase } from '../../../shared/market/calendar.ts';
import type { BookLevel, OrderBook } from '../../../shared/market/order-book.ts';
import type { Bar, Tick } from '../../../shared/market/price.ts';
import { signalPrice } from './signal-charts.ts';
import { TRADED, type TradedSymbol } from './traded.ts';

/** A tick of each symbol comes so often. */
export const TICK_EVERY_MS = 3 * SECOND_MS;

/** A price, and the book as it stands then where the symbol has one. */
export interface PathPrice {
  readonly tick: Tick;
  readonly book: OrderBook | null;
}

/** The market of a seed: prices that walk around where a signal is given, far enough to reach stops and targets. */
export interface PricePath {
  /** Start of the first minute of which anything is known. */
  readonly fromMs: EpochMs;
  readonly prices: (atMs: EpochMs) => readonly PathPrice[];
  readonly bars: (minuteMs: EpochMs) => readonly Bar[];
}

interface Wave {
  readonly periodMs: number;
  readonly phase: number;
  readonly reach: number;
}

export function createPricePath(seed: string, fromMs: EpochMs): PricePath {
  const waves = new Map(TRADED.map(({ symbol }) => [symbol, waveOf(seed, symbol)]));

  const price = (symbol: TradedSymbol, atMs: EpochMs): number => {
    const { periodMs, phase, reach } = waves.get(symbol) as Wave;
    // Between two ticks the price jumps as well as it walks.
    const noise = 0.0015 * Math.sin(atMs * 0.71 + phase);
    return grid(signalPrice(symbol) * (1.004 + reach * Math.sin(phase + (6.283 * atMs) / periodMs) + noise));
  };
  const tick = ({ symbol }: (typeof TRADED)[number], atMs: EpochMs): Tick => ({
    symbol,
    price: price(symbol, atMs),
    quantity: 20 + (atMs % 7_000) / 100,
    motion: 'print',
    exchangeMs: atMs,
    receivedMs: atMs,
    source: 'path',
    evidence: 'simulated',
  });
  const bar = ({ symbol }: (typeof TRADED)[number], minuteMs: EpochMs): Bar => {
    const [open, middle, close] = [price(symbol, minuteMs), price(symbol, minuteMs + MINUTE_MS / 2), price(symbol, minuteMs + MINUTE_MS - 1)];
    const range = { high: Math.max(open, middle, close), low: Math.min(open, middle, close) };
    return { symbol, openMs: minuteMs, open, ...range, close, volume: 700, origin: 'received', evidence: 'simulated' };
  };
  const printed = (atMs: EpochMs) => TRADED.filter(({ market }) => market === 'CRYPTO' || isPrinted(atMs));

  return {
    fromMs,
    prices: (atMs) => printed(atMs).map((traded) => ({ tick: tick(traded, atMs), book: bookOf(traded, tick(traded, atMs)) })),
    bars: (minuteMs) => printed(minuteMs).map((traded) => bar(traded, minuteMs)),
  };
}

function waveOf(seed: string, symbol: string): Wave {
  const draw = rng('path', seed, symbol);
  return { periodMs: (40 + 120 * draw.next()) * SECOND_MS, phase: 6.28 * draw.next(), reach: 0.012 + 0.018 * draw.next() };
}

/** NSE prints in continuous trading, and the auction's one price while its orders are matched. */
function isPrinted(atMs: EpochMs): boolean {
  const { phase } = marketPhase(NSE_CALENDAR, 'NSE', atMs);
  return phase === 'continuous' || (phase === 'closing-auction-matching' && atMs % MINUTE_MS < TICK_EVERY_MS);
}

/** So little stands at each price that a large order is filled in parts. */
function bookOf({ depth }: (typeof TRADED)[number], { price, quantity, ...stamps }: Tick): OrderBook | null {
  if (depth === 0) return null;
  const { symbol, exchangeMs, receivedMs, source, evidence } = stamps;
  const side = (sign: 1 | -1): readonly BookLevel[] =>
    Array.from({ length: depth }, (_, index) => ({ price: grid(price + sign * (index + 1) * 0.02), quantity: 15 + quantity / 4 + 10 * index }));
  return { symbol, bids: side(-1), asks: side(1), exchangeMs, receivedMs, source, evidence };
}

const grid = (price: number): number => Math.round(price * 100) / 100;
