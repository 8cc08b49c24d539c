import { describe, expect, it } from 'vitest';
import type { EntryOrder } from '../../../shared/contracts/order.ts';
import { decideMatch } from '../../../shared/engine/decide-match.ts';
import type { Draft } from '../../../shared/engine/draft.ts';
import { fillId } from '../../../shared/engine/fill-record.ts';
import type { Tape } from '../../../shared/engine/view.ts';
import { decimal } from '../../../shared/kernel/decimal.ts';
import { type Account, reserved } from '../../../shared/ledger/account.ts';
import { bareQuote, checkOf, rulesOf, startedAccount, tickOf, viewOfSketch } from '../../support/engine-fixtures.ts';
import { LIMITS, START_MS } from '../../support/ledger-fixtures.ts';
import { accountAfter, asked, eventsOf, fillsOf, orderWith, placed, typesOf } from '../../support/working-orders.ts';

const ACTIVE_MS = START_MS + 580;
const BTC_LEG = orderWith({ groupId: 'G' });
/** Comes to the venue half a second after the other. */
const ETH_LEG = orderWith({ groupId: 'G', activeFromMs: ACTIVE_MS }, { id: 'E:2', symbol: 'ETH' });
const QUOTES = ['BTC', 'ETH'].map((symbol) => bareQuote(symbol, 100, START_MS));

const pair = (capital = '100000', ...more: readonly EntryOrder[]): Account => placed([BTC_LEG, ETH_LEG, ...more], startedAccount(capital));
const viewWith = (more: Parameters<typeof viewOfSketch>[0] = {}) => viewOfSketch({ nowMs: ACTIVE_MS, quotes: QUOTES, ...more });
const matched = (account = pair(), view = viewWith(), orderId = 'E:2'): Draft | null => decideMatch(account, view, asked(orderId));

describe('the legs of a group', () => {
  it('fill in one step, each whole, whichever of them is looked at', () => {
    for (const orderId of ['E:1', 'E:2']) {
      const draft = matched(pair(), viewWith(), orderId);
      expect(fillsOf(draft)).toMatchObject([
        { id: fillId('E:1', 1), symbol: 'BTC', quantity: decimal('2') },
        { id: fillId('E:2', 1), symbol: 'ETH', quantity: decimal('2') },
      ]);
      expect([...accountAfter(draft).positions.keys()]).toEqual(['P:E:1', 'P:E:2']);
      expect([...accountAfter(draft).orders.keys()]).toEqual(['X:P:E:1:1', 'X:P:E:2:1']);
    }
  });

  it('are booked under one name, so that they are booked once', () => {
    expect([matched(pair(), viewWith(), 'E:1')?.commandId, matched()?.commandId]).toEqual(['F:G:1', 'F:G:1']);
    expect(decideMatch(accountAfter(matched()), viewWith(), asked('E:1'))).toBeNull();
  });

  it('fill at a price of one of them too', () => {
    const tick = tickOf('BTC', 100, ACTIVE_MS);
    expect(typesOf(decideMatch(pair(), viewWith(), asked('E:1', { tick })))).toEqual(['filled', 'filled']);
  });

  const thinEth = (symbol: string): Tape => ({ volatility: 0.0002, minuteVolume: symbol === 'ETH' ? 10 : 1_000 });
  it.each<readonly [string, ReturnType<typeof viewWith>]>([
    ['is still on its way', viewWith({ nowMs: ACTIVE_MS - 1 })],
    ['has no price', viewWith({ quotes: QUOTES.slice(0, 1) })],
    ['has a stale price', viewWith({ quotes: [QUOTES[0] as never, bareQuote('ETH', 100, ACTIVE_MS - LIMITS.maxPriceAgeMs - 1)] })],
    ['is contradicted by other venues', viewWith({ quotes: [QUOTES[0] as never, bareQuote('ETH', 100, START_MS, { check: checkOf('diverged') })] })],
    ['is halted', viewWith({ rules: [rulesOf('ETH', 'BREAK')] })],
    ['can only be had in part', { ...viewWith(), tape: thinEth }],
  ])('wait together while one of them %s', (_, view) => {
    expect(matched(pair(), view)).toBeNull();
    expect(matched(pair(), view, 'E:1')).toBeNull();
  });

  it('are rejected together when the free cash carries one of them and not both', () => {
    const draft = matched(pair('300'));
    expect(eventsOf(draft)).toMatchObject([
      {
        type: 'order-ended',
        orderId: 'E:1',
        state: 'rejected',
        reason: expect.stringMatching(/^insufficient_cash: the fill needs 400\.\d+ USD, free are 300$/),
      },
      { type: 'order-ended', orderId: 'E:2', state: 'rejected', reason: expect.stringMatching(/^insufficient_cash/) },
    ]);
    expect(accountAfter(draft)).toMatchObject({ positions: new Map(), orders: new Map(), cash: decimal('300') });
    expect(reserved(accountAfter(draft))).toBe(0n);
    expect(draft?.commandId).toBe('F:G:1');
  });

  it('may use what they reserved themselves, and not what others did', () => {
    const other = orderWith({}, { id: 'E:3', symbol: 'SOL', reserved: '700' });
    expect(typesOf(matched(pair('1120', other)))).toEqual(['filled', 'filled']);
    expect(typesOf(matched(pair('1090', other)))).toEqual(['order-ended', 'order-ended']);
    expect([...accountAfter(matched(pair('1090', other))).orders.keys()]).toEqual(['E:3']);
  });

  it('do not take the same units twice where both are of one symbol', () => {
    const twin = orderWith({ groupId: 'G' }, { id: 'E:3' });
    const account = placed([BTC_LEG, twin]);
    const enough: Tape = { volatility: 0.0002, minuteVolume: 40 };
    const [first, second] = fillsOf(matched(account, viewWith({ tape: enough }), 'E:1'));
    expect([first?.orderId, second?.orderId]).toEqual(['E:1', 'E:3']);
    expect(matched(account, viewWith({ tape: { ...enough, minuteVolume: 30 } }), 'E:1')).toBeNull();
  });
});
