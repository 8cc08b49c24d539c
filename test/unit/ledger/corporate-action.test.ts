import { describe, expect, it } from 'vitest';
import { decimal, subtract, text } from '../../../shared/kernel/decimal.ts';
import { equity } from '../../../shared/ledger/account.ts';
import { apply } from '../../../shared/ledger/apply.ts';
import { corporateActionOn } from '../../../shared/ledger/corporate-action.ts';
import { standingsOf } from '../../../shared/ledger/order-standing.ts';
import { postingsOf } from '../../../shared/ledger/postings.ts';
import { exitId } from '../../../shared/ledger/resting-exit.ts';
import type { CorporateActionFacts } from '../../../shared/market/corporate-actions.ts';
import { actionOf, actionOn, bought, holding, onlyPosition } from '../../support/corporate-actions.ts';
import { brokenBooks } from '../../support/engine-world.ts';
import { exitFill, happen, START_MS, sessionStarted } from '../../support/ledger-fixtures.ts';

const source = 'test';
const exDate = '2026-01-14';
const SPLIT: CorporateActionFacts = { kind: 'split', symbol: 'KOTAKBANK', exDate, held: 1, becomes: 5, source };
const BONUS: CorporateActionFacts = { kind: 'bonus', symbol: 'KOTAKBANK', exDate, held: 2, becomes: 3, source };
const MERGER: CorporateActionFacts = { kind: 'merger', symbol: 'HDFC', into: 'HDFCBANK', exDate, held: 25, becomes: 42, source };
const SPIN_OFF: CorporateActionFacts = {
  kind: 'demerger',
  symbol: 'ITC',
  exDate,
  spunOff: 'ITCHOTELS',
  held: 10,
  receives: 1,
  cumPrice: '481.6',
  exPrice: '455.6',
  source,
};
const KOTAK = { symbol: 'KOTAKBANK', price: '2100', quantity: '7', stop: '2050', target: '2205' };
const EXIT = exitId('P:E:1', 1);
const NEXT_EXIT = exitId('P:E:1', 2);

const figures = (account: ReturnType<typeof holding>): Record<string, string | null> => {
  const { symbol, quantity, entryPrice, cost, stop, target } = onlyPosition(account);
  return {
    symbol,
    ...Object.fromEntries(Object.entries({ quantity, entryPrice, cost, stop, target }).map(([k, v]) => [k, v === null ? null : text(v)])),
  };
};

describe('a split', () => {
  it('multiplies the quantity, divides entry, stop and target, and leaves cost and cash', () => {
    const before = holding(KOTAK);
    const { after, rows } = happen(before, 'split', [actionOn(SPLIT)]);
    expect(figures(after)).toEqual({ symbol: 'KOTAKBANK', quantity: '35', entryPrice: '420', cost: '14700', stop: '410', target: '441' });
    expect(after.cash).toBe(before.cash);
    expect(rows[0]?.event).toMatchObject({ type: 'corporate-action', cash: null, before: { quantity: decimal('7') } });
    expect(rows[0] === undefined ? [] : postingsOf(rows[0].event)).toEqual([
      { account: 'units:P:E:1', currency: 'KOTAKBANK', amount: decimal('28') },
      { account: 'market', currency: 'KOTAKBANK', amount: decimal('-28') },
    ]);
    expect(brokenBooks(after)).toEqual([]);
  });

  it('replaces the resting exit by one of the new quantity and levels: the old one is cancelled and says why', () => {
    const before = holding(KOTAK);
    const { after, rows } = happen(before, 'split', [actionOn(SPLIT, { atMs: START_MS + 5 })]);
    expect([...after.orders.keys()]).toEqual([NEXT_EXIT]);
    expect(after.orders.get(NEXT_EXIT)).toMatchObject({
      purpose: 'exit',
      quantity: decimal('35'),
      stop: decimal('410'),
      target: decimal('441'),
      activeFromMs: START_MS + 100,
    });
    const [row] = rows;
    if (row === undefined) throw new Error('One row was made');
    expect(standingsOf(before, after, row)).toMatchObject([
      { state: 'resting', order: { id: NEXT_EXIT } },
      { state: 'cancelled', reason: 'KOTAKBANK: split, 5 for 1, ex 2026-01-14', order: { id: EXIT, version: 2 } },
    ]);
    expect(onlyPosition(after)).toMatchObject({ version: 2, actions: [{ id: 'KOTAKBANK:2026-01-14:split', priceFactor: 0.2, replacedExit: EXIT }] });
  });

  it('keeps an exit at market that was asked for', () => {
    const before = happen(holding(KOTAK), 'close', [
      { type: 'exit-requested', atMs: START_MS + 1_000, orderId: EXIT, reason: 'manual', quantity: null, activeFromMs: START_MS + 1_080 },
    ]).after;
    const { after } = happen(before, 'split', [actionOn(SPLIT, { atMs: START_MS + 1_040 })]);
    expect(after.orders.get(NEXT_EXIT)).toMatchObject({
      atMarket: { reason: 'manual', quantity: null, requestedMs: START_MS + 1_000 },
      activeFromMs: START_MS + 1_080,
      quantity: decimal('35'),
    });
  });

  it('comes out in a trade as if it had never been, and is told there', () => {
    const plain = happen(holding(KOTAK), 'exit', [(account) => exitFill(account, 'P:E:1', { price: '2205', rate: '0.0125', commission: '0' })]);
    const split = happen(holding(KOTAK), 'split', [
      actionOn(SPLIT),
      (account) => exitFill(account, 'P:E:1', { price: '441', rate: '0.0125', commission: '0' }),
    ]);
    expect(split.trades[0]?.realised).toEqual(plain.trades[0]?.realised);
    expect(split.trades[0]?.rMultiple).toBe(plain.trades[0]?.rMultiple);
    expect(split.trades[0]).toMatchObject({ quantity: decimal('35'), entryPrice: decimal('420'), exitPrice: decimal('441') });
    expect(split.trades[0]?.actions).toEqual([{ exDate, says: 'KOTAKBANK: split, 5 for 1, ex 2026-01-14' }]);
    expect(plain.trades[0]?.actions).toBeUndefined();
    expect(split.after.cash).toBe(plain.after.cash);
  });

  it('counts what was closed before it in the new units: the trade is one as if it had never been', () => {
    const part = (quantity: string, price: string) => (account: ReturnType<typeof holding>) =>
      exitFill(account, 'P:E:1', { price, quantity, rate: '0.0125', commission: '0' });
    const plain = happen(holding(KOTAK), 'exit', [part('2', '2205'), part('5', '2205')]);
    const split = happen(holding(KOTAK), 'split', [part('2', '2205'), actionOn(SPLIT), part('25', '441')]);
    expect(split.trades[0]?.realised).toEqual(plain.trades[0]?.realised);
    expect(split.trades[0]?.rMultiple).toBeCloseTo(plain.trades[0]?.rMultiple ?? Number.NaN, 12);
    expect(split.trades[0]).toMatchObject({ quantity: decimal('35'), exitPrice: decimal('441') });
    const spunOff = happen(holding({ symbol: 'ITC', price: '470', quantity: '10' }), 'demerger', [
      part('4', '480'),
      actionOn(SPIN_OFF),
      part('6', '460'),
    ]);
    expect(spunOff.trades[0]?.quantity).toBe(decimal('10'));
  });

  it('is refused when the position is not what it was worked out for', () => {
    const account = holding(KOTAK);
    const event = actionOn(SPLIT)(account);
    const row = { seq: account.seq + 1, commandId: 'c', hash: 'h', event };
    const other = happen(null, 'start', [sessionStarted('s'), ...bought({ ...KOTAK, quantity: '8' })]).after;
    expect(() => apply(other, row)).toThrow(expect.objectContaining({ code: 'wrong_quantity' }));
    expect(() => apply(happen(null, 'start', [sessionStarted('s')]).after, { ...row, seq: 2 })).toThrow(
      expect.objectContaining({ code: 'unknown_position' }),
    );
  });
});

describe('a fraction of a share', () => {
  it('is paid in cash at the adjusted price, which lowers the cost', () => {
    const before = holding(KOTAK);
    const { after, rows } = happen(before, 'bonus', [actionOn(BONUS, { mark: '2130' })]);
    // 7 become 10.5; half a share at 2130 x 2/3 = 1420 is 710 rupees, 8.875 dollars.
    expect(figures(after)).toMatchObject({ quantity: '10', cost: '13990', entryPrice: '1399' });
    expect(text(subtract(after.cash, before.cash))).toBe('8.875');
    expect(rows[0]?.event).toMatchObject({
      cash: { quantity: decimal('0.5'), price: decimal('1420'), amount: decimal('710') },
      postings: [
        { account: 'position:P:E:1', currency: 'INR', amount: decimal('-710') },
        { account: 'exchange', currency: 'INR', amount: decimal('710') },
        { account: 'exchange', currency: 'USD', amount: decimal('-8.875') },
        { account: 'cash', currency: 'USD', amount: decimal('8.875') },
        { account: 'units:P:E:1', currency: 'KOTAKBANK', amount: decimal('3') },
        { account: 'market', currency: 'KOTAKBANK', amount: decimal('-3') },
      ],
    });
    expect(brokenBooks(after)).toEqual([]);
  });

  it('is paid at the entry price where no price is known, and by a short', () => {
    const long = happen(holding(KOTAK), 'bonus', [actionOn(BONUS)]).after;
    expect(figures(long)).toMatchObject({ quantity: '10', entryPrice: '1400', cost: '14000' });
    const short = holding({ ...KOTAK, side: 'sell', stop: '2205', target: '2050' });
    const { after, rows } = happen(short, 'bonus', [actionOn(BONUS, { mark: '2130' })]);
    expect(rows[0]?.event).toMatchObject({ cash: { amount: decimal('-710') } });
    expect(text(subtract(short.cash, after.cash))).toBe('8.875');
    expect(figures(after)).toMatchObject({ quantity: '10', cost: '13990' });
    expect(brokenBooks(after)).toEqual([]);
  });

  it('waits for a rate, and is nothing where the ratio leaves none', () => {
    const terms = { atMs: 0, instrument: { lotStep: decimal('1') }, onGrid: (level: ReturnType<typeof decimal>) => level, mark: null, rate: null };
    expect(corporateActionOn(onlyPosition(holding(KOTAK)), actionOf(BONUS), terms)).toBeNull();
    expect(corporateActionOn(onlyPosition(holding({ ...KOTAK, quantity: '8' })), actionOf(BONUS), terms)).toMatchObject({ cash: null });
  });

  it('stays one when the holding would be less than a share', () => {
    const consolidated = { ...SPLIT, held: 10, becomes: 1 };
    expect(figures(happen(holding(KOTAK), 'x', [actionOn(consolidated)]).after)).toMatchObject({
      quantity: '0.7',
      entryPrice: '21000',
      cost: '14700',
    });
  });
});

describe('a merger', () => {
  it('moves the position to the other company at the ratio, its exit too', () => {
    const before = holding({ symbol: 'HDFC', price: '2800', quantity: '30', stop: '2700', target: '3000' });
    const { after } = happen(before, 'merger', [actionOn(MERGER, { mark: '2800' })]);
    // 30 become 50.4; 0.4 at 2800 x 25/42 = 1666.66666667 are 666.66666667 rupees.
    expect(figures(after)).toMatchObject({ symbol: 'HDFCBANK', quantity: '50', cost: '83333.33333333', entryPrice: '1666.66666667' });
    expect(after.orders.get(NEXT_EXIT)).toMatchObject({ symbol: 'HDFCBANK', quantity: decimal('50') });
    expect(brokenBooks(after)).toEqual([]);
  });
});

describe('a company that is spun off', () => {
  it('is paid out at what the price lost by it: position and cash are worth what they were', () => {
    const before = holding({ symbol: 'ITC', price: '470', quantity: '100', stop: '458', target: '500' });
    const { after } = happen(before, 'spin-off', [actionOn(SPIN_OFF)]);
    expect(figures(after)).toMatchObject({ symbol: 'ITC', quantity: '100', entryPrice: '444', cost: '44400' });
    const worth = (account: typeof after, price: string) =>
      equity(
        account,
        () => decimal(price),
        () => decimal('0.0125'),
      );
    expect(worth(after, '455.6')).toBe(worth(before, '481.6'));
    expect(brokenBooks(after)).toEqual([]);
  });
});

describe('a new name or ISIN', () => {
  it('renames the position and its exit, and changes no figure', () => {
    const before = holding({ ...KOTAK, symbol: 'TATAMOTORS' });
    const { after } = happen(before, 'name', [actionOn({ kind: 'symbol-change', symbol: 'TATAMOTORS', to: 'TMPV', exDate, source })]);
    expect(figures(after)).toEqual({ ...figures(before), symbol: 'TMPV' });
    expect(after.orders.get(NEXT_EXIT)?.symbol).toBe('TMPV');
    const isin = { from: 'INE237A01028', to: 'INE237A01036' };
    expect(figures(happen(before, 'isin', [actionOn({ kind: 'isin-change', symbol: 'TATAMOTORS', isin, exDate, source })]).after)).toEqual(
      figures(before),
    );
  });
});
