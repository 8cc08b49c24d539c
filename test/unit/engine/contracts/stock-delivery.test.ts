import { describe, expect, it } from 'vitest';
import { expiryMsOf } from '../../../../shared/config/contracts.ts';
import { decideExpiry } from '../../../../shared/engine/contracts/settle-contracts.ts';
import { decideMonitor } from '../../../../shared/engine/decide-monitor.ts';
import type { Draft } from '../../../../shared/engine/draft.ts';
import { explainCommand } from '../../../../shared/engine/explain-fill.ts';
import { decimal, multiply, subtract, sum, text, toNumber } from '../../../../shared/kernel/decimal.ts';
import { HOUR_MS, MINUTE_MS } from '../../../../shared/kernel/time.ts';
import type { Account } from '../../../../shared/ledger/account.ts';
import { chainSource } from '../../../support/contract-chains.ts';
import { contractOrder, openedIn } from '../../../support/contract-runs.ts';
import { bareQuote, startedAccount, viewOfSketch } from '../../../support/engine-fixtures.ts';
import { entryOrder } from '../../../support/ledger-fixtures.ts';

const EXPIRY_MS = expiryMsOf('nse', '2025-01-30');
const OPENED_MS = Date.parse('2025-01-06T05:00:00Z');
const [CALL, PUT, FUTURE] = ['RELIANCE-2025-01-30-1300-C', 'RELIANCE-2025-01-30-1300-P', 'RELIANCE-2025-01-30'] as const;
/** A call further out, which ends in the money as well. */
const FAR_CALL = 'RELIANCE-2025-01-30-1350-C';
const RATE = decimal('0.0125');

const marketAt = (nowMs: number, spot: number, isSettled = false) =>
  viewOfSketch({
    nowMs,
    tape: { volatility: 0.0002, minuteVolume: 100_000 },
    quotes: [bareQuote('RELIANCE', spot, nowMs, { bid: spot - 0.5, ask: spot + 0.5 })],
    chains: chainSource([
      {
        underlying: 'RELIANCE',
        atMs: nowMs,
        venue: 'nse',
        currency: 'INR',
        spot,
        size: 10_000,
        books: isSettled ? {} : { [CALL]: [29, 30, 0.25], [FAR_CALL]: [9, 10, 0.25], [PUT]: [24, 25, 0.25], [FUTURE]: [1_304, 1_305] },
        deliveries: isSettled ? [{ expiryMs: EXPIRY_MS, price: spot, source: 'test' }] : [],
      },
    ]),
  });

const opened = (symbol: string, side: 'buy' | 'sell', before: Account = startedAccount()): Account => {
  const view = marketAt(OPENED_MS, 1_300);
  return openedIn(before, view, contractOrder(view, symbol, side, '500'));
};

const withShares = (quantity: string, before: Account = startedAccount()): Account => {
  const order = entryOrder({ id: 'E:shares', symbol: 'RELIANCE', currency: 'INR', quantity, reserved: '9000', atMs: OPENED_MS - 1_000 });
  return openedIn(before, marketAt(OPENED_MS, 1_300), {
    ...order,
    product: 'delivery',
    strategy: 'manual',
    bracket: { stop: null, target: null, trail: null, maxHoldingMs: null },
  });
};

const ended = (account: Account, symbol: string, settlement: number): Draft => {
  const draft = decideExpiry(account, marketAt(EXPIRY_MS + MINUTE_MS, settlement, true), `P:E:${symbol}`, 'test');
  if (draft === null) throw new Error(`${symbol} did not end`);
  return draft;
};

const fillsOf = ({ rows }: Draft) => rows.flatMap(({ event }) => (event.type === 'filled' ? [event.fill] : []));
const linesOf = (fill: { readonly charges: readonly { readonly line: string; readonly amount: bigint }[] } | undefined) =>
  Object.fromEntries(fill?.charges.map(({ line, amount }) => [line, toNumber(amount as never)]) ?? []);
const paid = (before: Account, draft: Draft): number => toNumber(subtract(draft.account().cash, before.cash));
const held = (account: Account) => [...account.positions.values()].map(({ symbol, quantity }) => [symbol, text(quantity)]);
/** Every fill that a command made is made again from what it keeps. */
const differencesOf = (before: Account, draft: Draft) => explainCommand(before, draft.rows, 'test').flatMap(({ differences }) => differences);

describe('a contract on shares that ends in the money', () => {
  it.each([
    ['a bought call', CALL, 'buy', 1_400, '1300', '0'],
    ['a sold put', PUT, 'sell', 1_200, '1300', '0'],
    ['a bought future', FUTURE, 'buy', 1_400, '1400', '1400'],
  ] as const)('%s becomes a purchase of its shares, with the costs of a delivery on their value', (_what, symbol, side, settlement, price, end) => {
    const account = opened(symbol, side);
    const draft = ended(account, symbol, settlement);
    const [contract, shares] = fillsOf(draft);
    expect(contract).toMatchObject({ symbol, purpose: 'exit', exitReason: 'expiry', price: decimal(end), charges: [] });
    expect(shares).toMatchObject({
      symbol: 'RELIANCE',
      purpose: 'entry',
      side: 'buy',
      trigger: 'expiry',
      price: decimal(price),
      quantity: decimal('500'),
    });
    const value = 500 * Number(price);
    // A quarter of a per cent and 18 % on it; a tenth of tax on both sides; stamp duty of a purchase for delivery
    expect(linesOf(shares)).toEqual({
      brokerage: 0.0025 * value,
      stt: 0.001 * value,
      stamp: expect.closeTo(0.00015 * value, 8),
      gst: expect.closeTo(0.00045 * value, 8),
    });
    const result = symbol === FUTURE ? 500 * (1_400 - toNumber(account.positions.get(`P:E:${symbol}`)?.entryPrice ?? decimal('0'))) : 0;
    expect(paid(account, draft)).toBeCloseTo((result - value * 1.0041) * 0.0125, 4);
    expect(held(draft.account())).toEqual([['RELIANCE', '500']]);
    expect([...draft.account().positions.values()][0]).toMatchObject({ product: 'delivery', direction: 'long', stop: null, strategy: 'manual' });
    expect(differencesOf(account, draft)).toEqual([]);
  });

  it.each([
    ['a sold call', CALL, 'sell', 1_400, '1300'],
    ['a bought put', PUT, 'buy', 1_200, '1300'],
    ['a sold future', FUTURE, 'sell', 1_400, '1400'],
  ] as const)('%s takes the shares that are held, at its price', (_what, symbol, side, settlement, price) => {
    const account = opened(symbol, side, withShares('700'));
    const draft = ended(account, symbol, settlement);
    const [contract, shares] = fillsOf(draft);
    expect(contract).toMatchObject({ symbol, purpose: 'exit', exitReason: 'expiry' });
    expect(shares).toMatchObject({ symbol: 'RELIANCE', purpose: 'exit', side: 'sell', price: decimal(price), quantity: decimal('500') });
    const value = 500 * Number(price);
    expect(linesOf(shares)).toEqual({ brokerage: 0.0025 * value, stt: 0.001 * value, gst: expect.closeTo(0.00045 * value, 8), dp: 15.34 });
    expect(held(draft.account())).toEqual([['RELIANCE', '200']]);
    expect(differencesOf(account, draft)).toEqual([]);
  });

  it('is closed out in cash where nobody has the shares that are owed, with what a close-out costs', () => {
    const account = opened(CALL, 'sell');
    const draft = ended(account, CALL, 1_400);
    const fills = fillsOf(draft);
    expect(fills).toHaveLength(1);
    expect(fills[0]).toMatchObject({ price: decimal('100') });
    // A close-out stands 20 % above the close
    expect(linesOf(fills[0])).toMatchObject({ 'short-delivery': 0.2 * 500 * 1_400 });
    expect(draft.account().positions.size).toBe(0);
    expect(differencesOf(account, draft)).toEqual([]);
  });

  it('gives what is held and closes out the rest', () => {
    const account = opened(CALL, 'sell', withShares('300'));
    const draft = ended(account, CALL, 1_400);
    expect(fillsOf(draft).map(({ symbol, quantity, price }) => [symbol, text(quantity), text(price)])).toEqual([
      [CALL, '300', '0'],
      ['RELIANCE', '300', '1300'],
      [CALL, '200', '100'],
    ]);
    expect(draft.account().positions.size).toBe(0);
    expect(differencesOf(account, draft)).toEqual([]);
  });

  it('is closed out in cash without a penalty where the account has not the cash for its shares', () => {
    const account = opened(CALL, 'buy', startedAccount('5000'));
    const fills = fillsOf(ended(account, CALL, 1_400));
    expect(fills.map(({ symbol, price }) => [symbol, text(price)])).toEqual([[CALL, '100']]);
    expect(linesOf(fills[0])).not.toHaveProperty('short-delivery');
  });

  it('nets off against one that owes the same shares the other way, and nothing changes hands', () => {
    const account = opened(FAR_CALL, 'sell', opened(CALL, 'buy'));
    const draft = ended(account, CALL, 1_400);
    expect(fillsOf(draft).map(({ symbol, price, side }) => [symbol, text(price), side])).toEqual([
      [CALL, '100', 'sell'],
      [FAR_CALL, '50', 'buy'],
    ]);
    // A tenth of a per cent of brokerage and of tax on the value of each
    expect(linesOf(fillsOf(draft)[0])).toEqual({ brokerage: 650, stt: 650, gst: 117 });
    expect(draft.account().positions.size + draft.account().orders.size).toBe(0);
    expect(draft.trades.map(({ symbol }) => symbol)).toEqual([CALL, FAR_CALL]);
    expect(differencesOf(account, draft)).toEqual([]);
  });

  it('leaves the account worth what it was, less the charges', () => {
    const account = opened(CALL, 'buy');
    const draft = ended(account, CALL, 1_400);
    const charges = multiply(sum(fillsOf(draft).flatMap((fill) => fill.charges.map(({ amount }) => amount))), RATE);
    // 100 of intrinsic value became 500 shares, 100 each below their price
    const shares = multiply(decimal(String(500 * 1_400)), RATE);
    expect(toNumber(subtract(draft.account().cash, account.cash)) + toNumber(shares) + toNumber(charges)).toBeCloseTo(500 * 100 * 0.0125, 4);
    expect(draft.trades.map(({ symbol, realised }) => [symbol, realised.net < 0n])).toEqual([[CALL, true]]);
  });
});

it('a contract on shares that ends out of the money is gone, and costs nothing', () => {
  const draft = ended(opened(CALL, 'buy'), CALL, 1_250);
  expect(fillsOf(draft).map(({ price, charges }) => [text(price), charges])).toEqual([['0', []]]);
  expect(draft.account().positions.size).toBe(0);
});

describe('before a delivery', () => {
  const swept = (account: Account, nowMs: number, spot: number): Draft =>
    decideMonitor(account, marketAt(nowMs, spot), { id: `monitor:${nowMs}`, minuteMs: nowMs + MINUTE_MS / 2, squareOffMs: null });
  const raised = ({ rows }: Draft) =>
    rows.flatMap(({ event }) => (event.type === 'margin-raised' ? [[event.daysBefore, toNumber(event.after)]] : []));
  const asked = ({ rows }: Draft) => rows.flatMap(({ event }) => (event.type === 'exit-requested' ? [event.reason] : []));
  const VALUE_USD = 500 * 1_300 * 0.0125;

  it('a bought option in the money blocks more from four trading days before, once a day', () => {
    const days = ['2025-01-23', '2025-01-24', '2025-01-27', '2025-01-28', '2025-01-29', '2025-01-30'];
    let account = opened(CALL, 'buy');
    const steps: unknown[] = [];
    for (const day of days) {
      const atMs = Date.parse(`${day}T06:00:00Z`);
      const draft = swept(account, atMs, 1_400);
      steps.push(...raised(draft));
      account = draft.account();
      expect(swept(account, atMs + MINUTE_MS, 1_400).rows).toEqual([]);
    }
    // 10, 25 and 45 % of the 17.7 % that the stock may move, then 25 and 50 % of the value
    expect(steps).toEqual([0.0177, 0.04425, 0.07965, 0.25, 0.5].map((share, index) => [4 - index, expect.closeTo(share * VALUE_USD, 4)]));
    expect(toNumber([...account.positions.values()][0]?.margin ?? decimal('0'))).toBeCloseTo(0.5 * VALUE_USD, 4);
  });

  it('an option out of the money blocks nothing more', () => {
    expect(swept(opened(CALL, 'buy'), EXPIRY_MS - 4 * HOUR_MS, 1_250).rows).toEqual([]);
  });

  it('a sold option blocks more on the day alone: half of the value, or half as much again as its margin', () => {
    const account = opened(PUT, 'sell');
    expect(raised(swept(account, Date.parse('2025-01-29T06:00:00Z'), 1_250))).toEqual([]);
    const [[days, after] = []] = raised(swept(account, EXPIRY_MS - 4 * HOUR_MS, 1_250));
    expect(days).toBe(0);
    expect(after).toBeGreaterThan(toNumber([...account.positions.values()][0]?.margin ?? decimal('0')));
    expect(after).toBeLessThanOrEqual(0.5 * VALUE_USD);
  });

  it('what the free cash does not carry is squared off', () => {
    const draft = swept(opened(CALL, 'buy', startedAccount('1500')), Date.parse('2025-01-29T06:00:00Z'), 1_400);
    expect(asked(draft)).toEqual(['margin-call']);
    expect(raised(draft)).toEqual([]);
  });

  it.each([
    ['owed shares that nobody has', opened(CALL, 'sell'), ['square-off']],
    ['owed shares that are held', opened(CALL, 'sell', withShares('500')), []],
    ['shares that the cash pays for', opened(CALL, 'buy'), []],
    ['two that net off', opened(FAR_CALL, 'sell', opened(CALL, 'buy')), []],
    ['two that owe the same shares', opened(FAR_CALL, 'sell', opened(CALL, 'sell', withShares('500'))), ['square-off']],
  ] as const)('in the last hour the account looks at %s', (_what, account, exits) => {
    expect(asked(swept(account, EXPIRY_MS - 61 * MINUTE_MS, 1_400))).toEqual([]);
    expect(asked(swept(account, EXPIRY_MS - 59 * MINUTE_MS, 1_400))).toEqual(exits);
  });
});
