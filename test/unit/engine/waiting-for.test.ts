import { describe, expect, it } from 'vitest';
import type { EntryOrder, ExitOrder, Instruction } from '../../../shared/contracts/order.ts';
import type { HeldBack } from '../../../shared/engine/held-back.ts';
import { waitingFor } from '../../../shared/engine/waiting-for.ts';
import { decimal } from '../../../shared/kernel/decimal.ts';
import { bareQuote, viewOfSketch, withPosition } from '../../support/engine-fixtures.ts';
import { type EntrySketch, START_MS } from '../../support/ledger-fixtures.ts';
import { entryIn, exitIn, orderWith, placed } from '../../support/working-orders.ts';

const NOW_MS = START_MS + 60_000;
const view = viewOfSketch({ nowMs: NOW_MS, quotes: [bareQuote('BTC', 100, NOW_MS)] });

const entry = (terms: Partial<EntryOrder>, sketch: EntrySketch = {}): HeldBack => {
  const account = placed([orderWith(terms, sketch)]);
  return waitingFor(account, view, entryIn(account));
};
const exit = (terms: Partial<ExitOrder> = {}): HeldBack => {
  const account = withPosition();
  return waitingFor(account, view, { ...exitIn(account), ...terms });
};

describe('an entry that works', () => {
  it.each<readonly [string, Instruction, 'buy' | 'sell', string]>([
    [
      'a limit to buy',
      { type: 'limit', limit: decimal('99.5') },
      'buy',
      'it waits for a trade below its limit 99.5, or for its turn at it, the last price is 100',
    ],
    [
      'a limit to sell',
      { type: 'limit', limit: decimal('101') },
      'sell',
      'it waits for a trade above its limit 101, or for its turn at it, the last price is 100',
    ],
    ['a stop to buy', { type: 'stop', stop: decimal('101') }, 'buy', 'it waits for a trade at or above its stop 101, the last price is 100'],
    ['a stop to sell', { type: 'stop', stop: decimal('99') }, 'sell', 'it waits for a trade at or below its stop 99, the last price is 100'],
    [
      'a stop-limit',
      { type: 'stop-limit', stop: decimal('101'), limit: decimal('102') },
      'buy',
      'it waits for a trade at or above its stop 101, the last price is 100',
    ],
    [
      'a trail by share',
      { type: 'trailing-stop', trail: { kind: 'share', share: 0.015 } },
      'buy',
      'it waits for a turn of 1.50 % from the best price, the last price is 100',
    ],
    [
      'a trail by distance',
      { type: 'trailing-stop', trail: { kind: 'distance', distance: 2.5, basis: '2 x ATR 14 of 1h' } },
      'buy',
      'it waits for a turn of 2.5 (2 x ATR 14 of 1h) from the best price, the last price is 100',
    ],
  ])('says which level it waits for: %s', (_, instruction, side, why) => {
    expect(entry({ instruction, side })).toEqual({ code: 'level_not_reached', why });
  });

  it('does not say of a limit within which something stands that it waits for a price', () => {
    expect(entry({ instruction: { type: 'limit', limit: decimal('100.5') } })).toMatchObject({
      code: 'awaits_fill',
      why: expect.stringContaining('it goes on with what comes'),
    });
  });

  it('waits for its limit from when its stop was met', () => {
    const instruction: Instruction = { type: 'stop-limit', stop: decimal('101'), limit: decimal('102') };
    expect(entry({ instruction, triggeredMs: NOW_MS }).why).toMatch(/^it waits for a trade below its limit 102/);
  });

  it('waits for the next price when it is at market, by itself or because its stop was met', () => {
    const fills = { code: 'awaits_fill', why: 'it fills when the next price finds enough to trade, the last price is 100' };
    expect(entry({})).toEqual(fills);
    expect(entry({ instruction: { type: 'stop', stop: decimal('99') }, triggeredMs: NOW_MS })).toEqual(fills);
  });

  it('says first what holds it back', () => {
    const account = placed([orderWith({ instruction: { type: 'limit', limit: decimal('99') } })]);
    expect(waitingFor(account, viewOfSketch({ nowMs: NOW_MS }), entryIn(account))).toEqual({
      code: 'no_price',
      why: 'no price of BTC has been received',
    });
  });
});

describe('an order for the closing auction', () => {
  it('waits for the auction, and in it for its price', () => {
    const account = placed([orderWith({ tradedIn: 'closing-auction' })]);
    const inAuction = { ...view, phase: () => ({ ...view.phase('NSE'), canEnter: false, phase: 'closing-auction-entry' }) as const };
    expect(waitingFor(account, view, entryIn(account))).toEqual({ code: 'awaits_auction', why: 'the closing auction has not begun' });
    expect(waitingFor(account, inAuction, entryIn(account))).toEqual({
      code: 'awaits_auction',
      why: 'it waits for the price of the closing auction',
    });
  });
});

describe('an exit that works', () => {
  it('names its levels', () => {
    expect(exit()).toEqual({ code: 'level_not_reached', why: 'it waits for its stop 98.5 or its target 103, the last price is 100' });
    expect(exit({ target: null, trail: { kind: 'share', share: 0.02 } }).why).toBe(
      'it waits for its stop 98.5 or a turn of 2.00 % from the best price, the last price is 100',
    );
  });

  it('says when it has none', () => {
    expect(exit({ stop: null, target: null })).toEqual({ code: 'no_levels', why: 'it has neither stop nor target: it waits to be asked for' });
  });

  it('waits for a fill when it was asked for', () => {
    expect(exit({ atMarket: { reason: 'manual', quantity: null, requestedMs: NOW_MS } }).code).toBe('awaits_fill');
  });
});
