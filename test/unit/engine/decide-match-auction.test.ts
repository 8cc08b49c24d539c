import { describe, expect, it } from 'vitest';
import { NSE_CALENDAR } from '../../../shared/config/nse-calendar.ts';
import type { EntryOrder } from '../../../shared/contracts/order.ts';
import { decideMatch } from '../../../shared/engine/decide-match.ts';
import { type Draft, draftOn } from '../../../shared/engine/draft.ts';
import { heldBack } from '../../../shared/engine/held-back.ts';
import { requestExit } from '../../../shared/engine/request-exit.ts';
import { decimal } from '../../../shared/kernel/decimal.ts';
import type { Account } from '../../../shared/ledger/account.ts';
import { marketPhase } from '../../../shared/market/calendar.ts';
import type { Tick } from '../../../shared/market/price.ts';
import { bareQuote, tickOf, viewOfSketch, withPosition } from '../../support/engine-fixtures.ts';
import type { EntrySketch } from '../../support/ledger-fixtures.ts';
import { accountAfter, asked, entryIn, eventsOf, exitIn, fillOf, orderWith, placed, positionIn } from '../../support/working-orders.ts';

/** The first day of NSE's closing auction: continuous until 15:15, orders from 15:20 to 15:30, matching until 15:35. */
const at = (clock: string): number => Date.parse(`2026-08-03T${clock}+05:30`);
const NOON_MS = at('12:00:00');
const AUCTION_MS = at('15:29:10');
const SHARE: EntrySketch = { symbol: 'RELIANCE', currency: 'INR', quantity: '10', reserved: '13', stop: '98.5', target: '103', atMs: NOON_MS };

const viewAt = (atMs: number, last = 100) => ({
  ...viewOfSketch({ nowMs: atMs, quotes: [bareQuote('RELIANCE', last, atMs)] }),
  phase: () => marketPhase(NSE_CALENDAR, 'NSE', atMs),
});
const printed = (price: number, atMs: number, more: Partial<Tick> = {}): Tick => tickOf('RELIANCE', price, atMs, { quantity: 5_000, ...more });
const looked = (account: Account, orderId: string, tick: Tick, atMs = tick.receivedMs): Draft | null =>
  decideMatch(account, viewAt(atMs, tick.price), asked(orderId, { tick }));

const auctioned = (terms: Partial<EntryOrder> = {}, sketch: EntrySketch = {}): Account =>
  placed([orderWith({ tradedIn: 'closing-auction', timeInForce: 'DAY', expiresMs: at('15:35:00'), ...terms }, { ...SHARE, ...sketch })]);
const holding = (): Account => withPosition(SHARE);
const closing = (atMs: number, quantity: string | null = null): Account => {
  const draft = draftOn(holding(), 'close');
  const asks = { reason: 'manual', quantity: quantity === null ? null : decimal(quantity), nowMs: atMs } as const;
  requestExit(draft, positionIn(draft.account()), asks);
  return draft.account();
};

describe('an order for the closing auction', () => {
  it('waits through continuous trading and the reference-price window, whatever trades', () => {
    for (const clock of ['14:00:00', '15:14:59', '15:17:00']) expect(looked(auctioned(), 'E:1', printed(100, at(clock)))).toBeNull();
    expect(heldBack(auctioned(), viewAt(at('14:00:00')), entryIn(auctioned()))).toMatchObject({ code: 'awaits_auction' });
    expect(heldBack(auctioned(), viewAt(at('15:17:00')), entryIn(auctioned()))).toMatchObject({ code: 'market_closed' });
    expect(heldBack(auctioned(), viewAt(AUCTION_MS), entryIn(auctioned()))).toBeNull();
  });

  it('fills at the one price of the auction, without slippage, as a maker', () => {
    const fill = fillOf(looked(auctioned(), 'E:1', printed(101.25, AUCTION_MS)));
    expect(fill).toMatchObject({ trigger: 'auction', liquidity: 'maker', slippage: 0n, quantity: decimal('10'), price: decimal('101.25') });
    expect(fill.provenance.baseRule).toBe('auction');
    expect(fill.band).toEqual({ optimistic: decimal('101.25'), pessimistic: decimal('101.25') });
  });

  it('needs the trade: the venue having it, or a quote, is no auction', () => {
    expect(decideMatch(auctioned(), viewAt(AUCTION_MS), asked('E:1'))).toBeNull();
  });

  it('is not filled by a trade of before that a source repeats while the auction takes orders', () => {
    const repeated = printed(100, AUCTION_MS, { exchangeMs: at('15:14:58') });
    expect(looked(auctioned(), 'E:1', repeated)).toBeNull();
    expect(looked(closing(at('15:21:00')), 'X:P:E:1:1', repeated)).toBeNull();
  });

  it('gets its share of what traded there and the rest of it expires after', () => {
    const part = looked(auctioned(), 'E:1', printed(100, AUCTION_MS, { quantity: 40 }));
    expect(fillOf(part).quantity).toBe(decimal('4'));
    expect(entryIn(accountAfter(part))).toMatchObject({ filledQuantity: decimal('4') });
    expect(heldBack(accountAfter(part), viewAt(at('15:35:00')), entryIn(accountAfter(part)))).toMatchObject({ code: 'expired' });
  });

  it('gets no second share when its price is told again', () => {
    const part = accountAfter(looked(auctioned(), 'E:1', printed(100, AUCTION_MS, { quantity: 40 })));
    const again = printed(100, AUCTION_MS + 90_000, { quantity: 40, exchangeMs: AUCTION_MS });
    expect(looked(part, 'E:1', again)).toBeNull();
  });

  it('fills in full where nobody tells how much traded', () => {
    expect(fillOf(looked(auctioned(), 'E:1', printed(100, AUCTION_MS, { quantity: 0 }))).quantity).toBe(decimal('10'));
  });

  it.each([
    ['buy', '100', 100, true],
    ['buy', '100', 100.05, false],
    ['sell', '100', 100, true],
    ['sell', '100', 99.95, false],
  ] as const)('%s with a limit of %s at an auction price of %s: fills %s', (side, limit, price, fills) => {
    const account = auctioned(
      { instruction: { type: 'limit', limit: decimal(limit) } },
      side === 'sell' ? { side, stop: '101.5', target: '97' } : {},
    );
    const draft = looked(account, 'E:1', printed(price, AUCTION_MS));
    expect(draft === null ? null : fillOf(draft).price).toBe(fills ? decimal(String(price)) : null);
  });
});

describe('an order of continuous trading while the closing auction takes orders', () => {
  it.each<readonly [string, EntryOrder['instruction']]>([
    ['a market order', { type: 'market' }],
    ['a limit order', { type: 'limit', limit: decimal('105') }],
    ['a stop that is met', { type: 'stop', stop: decimal('99') }],
  ])('is held back: %s', (_, instruction) => {
    const account = placed([orderWith({ instruction }, SHARE)]);
    expect(looked(account, 'E:1', printed(100, AUCTION_MS))).toBeNull();
    expect(heldBack(account, viewAt(AUCTION_MS), entryIn(account))).toMatchObject({ code: 'closing_auction' });
  });
});

describe('a position in the closing auction', () => {
  it('is not left by its stop or target: these trade in continuous trading', () => {
    expect([looked(holding(), 'X:P:E:1:1', printed(95, AUCTION_MS)), looked(holding(), 'X:P:E:1:1', printed(105, AUCTION_MS))]).toEqual([null, null]);
    expect(heldBack(holding(), viewAt(AUCTION_MS), exitIn(holding()))).toMatchObject({ code: 'closing_auction' });
  });

  it('is left at the price of the auction when its close was asked for', () => {
    const account = closing(at('15:21:00'));
    expect(decideMatch(account, viewAt(at('15:25:00')), asked('X:P:E:1:1'))).toBeNull();
    const draft = looked(account, 'X:P:E:1:1', printed(99.35, AUCTION_MS));
    expect(fillOf(draft)).toMatchObject({
      trigger: 'auction',
      exitReason: 'manual',
      liquidity: 'maker',
      price: decimal('99.35'),
      quantity: decimal('10'),
    });
    expect(accountAfter(draft)).toMatchObject({ positions: new Map(), orders: new Map() });
  });

  it('is left in part when a part was asked for, although its stop is met: an auction knows no stops', () => {
    const draft = looked(closing(at('15:21:00'), '4'), 'X:P:E:1:1', printed(95, AUCTION_MS));
    expect(eventsOf(draft)).toMatchObject([{ type: 'filled', fill: { trigger: 'auction', exitReason: 'manual', quantity: decimal('4') } }]);
    expect(exitIn(accountAfter(draft)).atMarket).toBeNull();
  });

  it('goes on being closed when the auction gave a part only', () => {
    const draft = looked(closing(at('15:21:00')), 'X:P:E:1:1', printed(100, AUCTION_MS, { quantity: 60 }));
    expect(fillOf(draft).quantity).toBe(decimal('6'));
    expect(exitIn(accountAfter(draft)).atMarket).toMatchObject({ reason: 'manual', quantity: null });
  });
});
