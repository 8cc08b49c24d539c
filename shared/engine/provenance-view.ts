import { NSE_CALENDAR } from '../config/nse-calendar.ts';
import type { Fill, FillProvenance } from '../contracts/fill.ts';
import type { TickExcerpt } from '../contracts/quote-excerpt.ts';
import type { EpochMs } from '../kernel/time.ts';
import { marketPhase } from '../market/calendar.ts';
import type { OrderBook } from '../market/order-book.ts';
import type { Quote, Tick } from '../market/price.ts';
import type { MatchCommand } from './fill-inputs.ts';
import { baseRate, type MarketView } from './view.ts';

/**
 * The market as fills of one command met it, from what they keep of it. Symbols that none of them is of have no price; the
 * phases of the session are those of the calendar.
 */
export function viewFrom(fills: readonly Fill[], nowMs: EpochMs): MarketView {
  const of = (symbol: string): Fill | undefined => fills.find((fill) => fill.symbol === symbol);
  const kept = <T>(symbol: string, read: (provenance: FillProvenance) => T | null): T | null => {
    const fill = of(symbol);
    return fill === undefined ? null : read(fill.provenance);
  };
  return {
    nowMs,
    quote: (symbol) => kept(symbol, (provenance) => quoteFrom(symbol, provenance)),
    book: (symbol) =>
      bookFrom(
        symbol,
        fills.filter((fill) => fill.symbol === symbol),
      ),
    previousClose: (symbol) => kept(symbol, ({ previousClose }) => previousClose),
    rate: (currency) => (currency === 'USD' ? baseRate(nowMs) : (fills.find((fill) => fill.currency === currency)?.rate ?? null)),
    tape: (symbol) => ({ volatility: kept(symbol, ({ volatility }) => volatility), minuteVolume: kept(symbol, ({ minuteVolume }) => minuteVolume) }),
    phase: (market, group) => marketPhase(NSE_CALENDAR, market, nowMs, group),
    rules: (symbol) => kept(symbol, ({ rules }) => (rules === null ? null : { symbol, ...rules })),
  };
}

/** What the matcher had asked about the fill's order. */
export function commandFrom({ orderId, symbol, evidence, provenance }: Fill): MatchCommand {
  const { tick, quote, extreme, queueAhead, configVersion } = provenance;
  // Who told of the trade is not kept: nothing is decided by it.
  const of = { symbol, source: quote.source, evidence };
  return { orderId, tick: tick === null ? null : tickFrom(tick, of), extreme, queueAhead, configVersion };
}

function tickFrom({ ahead, sequence, ...told }: TickExcerpt, of: Pick<Tick, 'symbol' | 'source' | 'evidence'>): Tick {
  return { ...told, ...of, ...(ahead === undefined ? {} : { ahead }), ...(sequence === undefined ? {} : { sequence }) };
}

function quoteFrom(symbol: string, { quote: { check, ...quote } }: FillProvenance): Quote {
  // Since when a check says what it says, and whether that is a warning, is not kept: nothing is decided by it.
  const checked = check === undefined ? null : { ...check, sinceMs: quote.receivedMs, isWarning: check.state === 'diverged' };
  return { symbol, ...quote, check: checked };
}

/** Each fill keeps the side that it met, and the best of its own: legs of one symbol on both sides know it all. */
function bookFrom(symbol: string, fills: readonly Fill[]): OrderBook | null {
  const [first] = fills;
  const stamps = first?.provenance.book ?? null;
  if (first === undefined || stamps === null) return null;
  const side = (met: Fill['side']): OrderBook['asks'] => {
    const whole = fills.find((fill) => fill.side === met)?.provenance.book;
    if (whole) return whole.levels;
    return stamps.ownBest === null ? [] : [stamps.ownBest];
  };
  const { exchangeMs, receivedMs, source, sequence } = stamps;
  const told = { symbol, bids: side('sell'), asks: side('buy'), exchangeMs, receivedMs, source, evidence: first.evidence };
  return sequence === undefined ? told : { ...told, sequence };
}
