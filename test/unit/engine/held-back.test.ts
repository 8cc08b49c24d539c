import { describe, expect, it } from 'vitest';
import { NSE_CALENDAR } from '../../../shared/config/nse-calendar.ts';
import { RATE_MAX_AGE_MS } from '../../../shared/config/risk.ts';
import type { EntryOrder } from '../../../shared/contracts/order.ts';
import { heldBack, isOfAuction } from '../../../shared/engine/held-back.ts';
import type { MarketView } from '../../../shared/engine/view.ts';
import { marketPhase } from '../../../shared/market/calendar.ts';
import type { BookLevel, OrderBook } from '../../../shared/market/order-book.ts';
import type { Quote } from '../../../shared/market/price.ts';
import {
  bareQuote,
  CLOSED_PHASE,
  checkOf,
  OPEN_PHASE,
  rulesOf,
  tickOf,
  viewOfSketch,
  withEntryOrder,
  withPosition,
} from '../../support/engine-fixtures.ts';
import { LIMITS, rateOf, START_MS } from '../../support/ledger-fixtures.ts';
import { entryIn, exitIn, orderWith, placed } from '../../support/working-orders.ts';

const NOW_MS = START_MS + 60_000;
const STALE_MS = NOW_MS - LIMITS.maxPriceAgeMs - 1;
const LEVELS: readonly BookLevel[] = [{ price: 100, quantity: 1 }];

const quoted = (more: Partial<Quote> = {}, receivedMs = NOW_MS) => viewOfSketch({ nowMs: NOW_MS, quotes: [bareQuote('BTC', 100, receivedMs, more)] });
const withBook = (bids: readonly BookLevel[], asks: readonly BookLevel[]) => {
  const book: OrderBook = { symbol: 'BTC', bids, asks, exchangeMs: NOW_MS, receivedMs: NOW_MS, source: 'test', evidence: 'simulated' };
  return viewOfSketch({ nowMs: NOW_MS, quotes: [bareQuote('BTC', 100, NOW_MS)], books: [book] });
};
const oldRate = (ageMs: number): MarketView => ({ ...quoted(), rate: () => ({ ...rateOf('USDT'), asOfMs: NOW_MS - ageMs }) });
const entry = (view: MarketView, terms: Partial<EntryOrder> = {}) => {
  const account = placed([orderWith(terms)]);
  return heldBack(account, view, entryIn(account));
};
const exit = (view: MarketView) => {
  const account = withPosition();
  return heldBack(account, view, exitIn(account));
};

describe('an order that nothing holds back', () => {
  it('is an entry or an exit on a fresh price', () => {
    expect([entry(quoted()), exit(quoted())]).toEqual([null, null]);
  });
});

describe('what holds every order back', () => {
  it.each<readonly [string, MarketView, string]>([
    ['no_price', viewOfSketch({ nowMs: NOW_MS }), 'no price of BTC has been received'],
    ['stale_price', quoted({}, STALE_MS), 'the price of BTC is 30 s old, at most 30 s is allowed'],
    ['crossed_quote', quoted({ bid: 100.1, ask: 100 }), 'bid 100.1 is above ask 100'],
    ['one_sided_quote', withBook([], LEVELS), 'nobody bids'],
    ['one_sided_quote', withBook(LEVELS, []), 'nobody offers'],
    ['no_rate', viewOfSketch({ nowMs: NOW_MS, quotes: [bareQuote('BTC', 100, NOW_MS)], rates: {} }), 'no USDT/USD rate is known'],
    ['market_closed', { ...quoted(), phase: () => CLOSED_PHASE }, 'CRYPTO: After the close'],
    ['not_trading', { ...quoted(), rules: () => rulesOf('BTC', 'BREAK') }, 'Binance exchangeInfo says BREAK'],
  ])('%s', (code, view, why) => {
    expect(entry(view)).toEqual({ code, why });
    expect(exit(view)).toEqual({ code, why });
  });

  it('is nothing of a price that is just young enough, of a locked quote, or of rules that let trade', () => {
    expect(entry(quoted({}, STALE_MS + 1))).toBeNull();
    expect(entry(quoted({ bid: 100, ask: 100 }))).toBeNull();
    expect(entry({ ...quoted(), rules: () => rulesOf('BTC') })).toBeNull();
  });
});

describe('what holds an entry back and lets an exit go', () => {
  it.each<readonly [string, MarketView, string]>([
    ['delayed_price', quoted({ evidence: 'delayed' }), 'the price is delayed: it marks positions and opens none'],
    ['quote_diverged', quoted({ check: checkOf('diverged') }), 'the price is 120 bps from coinbase and kraken'],
    ['quote_stale', quoted({ check: checkOf('stale') }), 'the price is too old to be compared with other venues'],
    ['rate_too_old', oldRate(RATE_MAX_AGE_MS.USDT + 1), `the USDT/USD rate is of ${new Date(NOW_MS - RATE_MAX_AGE_MS.USDT - 1).toISOString()}`],
  ])('%s', (code, view, why) => {
    expect(entry(view)).toEqual({ code, why });
    expect(exit(view)).toBeNull();
  });

  it('is no agreement of other venues, nor their silence, nor a rate that is just young enough', () => {
    expect([entry(quoted({ check: checkOf('agreed') })), entry(quoted({ check: checkOf('single-source') }))]).toEqual([null, null]);
    expect(entry(oldRate(RATE_MAX_AGE_MS.USDT))).toBeNull();
  });
});

describe('what holds an order back by its own terms', () => {
  it('is its way to the venue', () => {
    const sooner = { ...quoted(), nowMs: START_MS + 79 };
    expect(entry(sooner)).toEqual({ code: 'in_flight', why: 'the venue has it from 2025-01-06T04:00:00.080Z' });
    expect(entry({ ...quoted({}, START_MS), nowMs: START_MS + 80 })).toBeNull();
  });

  it('is the end of its time', () => {
    expect(entry(quoted(), { expiresMs: NOW_MS })).toEqual({ code: 'expired', why: 'its time is over' });
    expect(entry(quoted(), { expiresMs: NOW_MS + 1 })).toBeNull();
  });

  it('is the auction that it is for, or not for', () => {
    const auction = {
      ...quoted(),
      phase: () => ({ ...OPEN_PHASE, canEnter: false, phase: 'closing-auction-entry', reason: 'Closing auction takes orders' }) as const,
    };
    expect(entry(auction)).toEqual({ code: 'closing_auction', why: 'CRYPTO: Closing auction takes orders; it trades in continuous trading' });
    expect(exit(auction)).toMatchObject({ code: 'closing_auction' });
    expect(entry(auction, { tradedIn: 'closing-auction' })).toBeNull();
    expect(entry(quoted(), { tradedIn: 'closing-auction' })).toEqual({ code: 'awaits_auction', why: 'the closing auction has not begun' });
  });

  it('is said before the price: an order on its way in a closed market is on its way', () => {
    const sooner = { ...viewOfSketch({ nowMs: START_MS, phase: CLOSED_PHASE }) };
    expect(entry(sooner)?.code).toBe('in_flight');
    expect(entry({ ...sooner, nowMs: NOW_MS })?.code).toBe('market_closed');
  });
});

describe('an order over a corporate action', () => {
  /** KOTAKBANK was split 5 for 1 on 2026-01-14. */
  const EVE_MS = Date.parse('2026-01-13T15:00:00+05:30');
  const EX_MS = Date.parse('2026-01-14T09:16:00+05:30');
  const share = { symbol: 'KOTAKBANK', currency: 'INR', quantity: '10', reserved: '0', atMs: EVE_MS } as const;
  const live = (atMs: number) => viewOfSketch({ nowMs: atMs, quotes: [bareQuote('KOTAKBANK', 430, atMs, { evidence: 'live' })] });
  const bought = withEntryOrder(share);
  const order = { ...entryIn(bought), intent: { ...entryIn(bought).intent, quote: { ...entryIn(bought).intent.quote, evidence: 'live' as const } } };

  it('is held back while the price is of the other side of it', () => {
    expect(heldBack(bought, live(EX_MS), order)).toEqual({
      code: 'corporate_action',
      why: 'the price and the order are of different sides of a corporate action',
    });
    expect(heldBack(bought, live(EVE_MS + 1_000), order)).toBeNull();
  });
});

describe('a trade of the closing auction', () => {
  const clock = (time: string): number => Date.parse(`2026-08-03T${time}+05:30`);

  it.each([
    ['15:14:59', false],
    ['15:19:59', false],
    ['15:20:00', true],
    ['15:29:59', true],
    ['15:34:59', true],
    ['15:35:00', false],
  ])('is told by its own time: %s is %s', (time, isAuction) => {
    const told = tickOf('RELIANCE', 100, clock('15:29:30'), { exchangeMs: clock(time) });
    expect(isOfAuction(told)).toBe(isAuction);
    expect(marketPhase(NSE_CALENDAR, 'NSE', clock(time)).phase.startsWith('closing-auction')).toBe(isAuction);
  });
});
