import type { Rate } from '../../shared/contracts/terms.ts';
import type { FeedSink, MarketSource } from '../../shared/engine/market-source.ts';
import type { Clock } from '../../shared/kernel/clock.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../shared/kernel/time.ts';
import type { Market } from '../../shared/market/instrument.ts';
import type { Bar } from '../../shared/market/price.ts';
import { createRollup, type RolledCandle } from '../../shared/market/rollup.ts';

/** A market whose every bar can be told beforehand, and which can be asked for them like a venue. */
export interface OpenMarket {
  readonly name: string;
  readonly market: Market;
  readonly symbols: readonly string[];
  /** How the bars of a minute are given when it is closed; default: as they are. */
  readonly closed?: (bar: Bar) => Bar;
  /** Called before its past is told: may wait, or throw. */
  readonly onAsked?: (what: 'minutes' | 'quarters', fromMs: number) => Promise<void> | void;
  /** What it knows of currencies; default: nothing. */
  readonly rates?: readonly Rate[];
  readonly onStart?: (sink: FeedSink) => void;
}

/** The true bar of a symbol's minute. */
export function trueBar(symbol: string, openMs: number): Bar {
  const minute = openMs / MINUTE_MS;
  const price = (at: number): number => 100 + 5 * Math.sin(at / 7 + symbol.length) + 0.5 * Math.sin(at * 1.7 + symbol.charCodeAt(0));
  const [open, close] = [price(minute), price(minute + 1)];
  return {
    symbol,
    openMs,
    open,
    high: Math.max(open, close) + 0.1,
    low: Math.min(open, close) - 0.1,
    close,
    volume: 10 + (minute % 13),
    origin: 'received',
    evidence: 'simulated',
  };
}

/** NSE trades from 03:45 to 10:00 UTC. */
const trades = (market: Market, openMs: number): boolean =>
  market === 'CRYPTO' || (openMs % DAY_MS >= 3.75 * HOUR_MS && openMs % DAY_MS < 10 * HOUR_MS);

export const trueQuarters = (market: Market, symbol: string, fromMs: number, toMs: number): readonly RolledCandle[] => {
  const candles: RolledCandle[] = [];
  const rollup = createRollup(market, '15m', (candle) => candles.push(candle));
  for (let ms = fromMs; ms < toMs; ms += MINUTE_MS) if (trades(market, ms)) rollup.add(trueBar(symbol, ms));
  return candles;
};

/** The market as a live source; bars of its past are `backfilled`. */
export function openMarket(clock: Clock, { name, market, symbols, closed = (bar) => bar, onAsked, onStart, rates = [] }: OpenMarket): MarketSource {
  return {
    name,
    markets: [market],
    evidence: 'live',
    start: async (sink) => onStart?.(sink),
    stop: async () => undefined,
    closeMinute: (minuteMs) => (trades(market, minuteMs) ? symbols.map((symbol) => closed(trueBar(symbol, minuteMs))) : []),
    cursor: () => null,
    states: () => [],
    rates: () => rates,
    async *minutes(fromMs, toMs) {
      await onAsked?.('minutes', fromMs);
      for (let ms = fromMs; ms < Math.min(toMs, clock.now()); ms += MINUTE_MS) {
        if (trades(market, ms)) for (const symbol of symbols) yield { ...trueBar(symbol, ms), origin: 'backfilled' };
      }
    },
    async quarters(fromMs, toMs) {
      await onAsked?.('quarters', fromMs);
      return new Map(symbols.map((symbol) => [symbol, trueQuarters(market, symbol, fromMs, toMs)]));
    },
  };
}
