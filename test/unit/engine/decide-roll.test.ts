import { describe, expect, it } from 'vitest';
import { decideRoll, type RollView } from '../../../shared/engine/decide-roll.ts';
import { decimal, toNumber } from '../../../shared/kernel/decimal.ts';
import { rng } from '../../../shared/kernel/rng.ts';
import type { Account } from '../../../shared/ledger/account.ts';
import { createRiskModel } from '../../../shared/risk/var/risk-model.ts';
import { bareQuote, viewOfSketch, withPosition } from '../../support/engine-fixtures.ts';
import { exitFill, happen, START_MS } from '../../support/ledger-fixtures.ts';

const CLOSE_MS = START_MS + 6 * 3_600_000;
const OPEN = { kind: 'open', date: '2025-01-06', atMs: START_MS } as const;
const CLOSE = { kind: 'close', date: '2025-01-06', atMs: CLOSE_MS } as const;
const view = (nowMs: number) => viewOfSketch({ nowMs, quotes: [bareQuote('BTC', 110, nowMs)] });

describe("the roll of the day's books", () => {
  it('keeps the equity at the open', () => {
    const draft = decideRoll(withPosition(), view(START_MS + 15_000), OPEN, '2025-01-07', 'roll');
    expect(draft.rows.map((row) => row.event)).toMatchObject([{ type: 'day-opened', date: '2025-01-06', equity: decimal('100019.8') }]);
    expect(draft.account().day).toMatchObject({ openEquity: decimal('100019.8'), startEquity: decimal('100000') });
  });

  it('writes the report of the day and begins the next with its equity: the daily loss counts from there', () => {
    const traded = happen(withPosition(), 'close', [(account) => exitFill(account, 'P:E:1', { price: '103' })]).after;
    const account = withPosition({ id: 'E:2', symbol: 'BTC' }, traded);
    const draft = decideRoll(account, view(CLOSE_MS + 15_000), CLOSE, '2025-01-07', 'roll');
    const [event] = draft.rows.map((row) => row.event);
    expect(event).toMatchObject({
      type: 'day-closed',
      atMs: CLOSE_MS,
      nextDate: '2025-01-07',
      report: {
        date: '2025-01-06',
        openedMs: START_MS,
        closedMs: CLOSE_MS,
        startEquity: decimal('100000'),
        openEquity: null,
        endEquity: decimal('100025.4'),
        realised: decimal('5.6'),
        charges: decimal('0.4'),
        trades: 1,
        wins: 1,
        openPositions: 1,
      },
    });
    expect(draft.account().day).toEqual({
      date: '2025-01-07',
      openedMs: CLOSE_MS,
      startEquity: decimal('100025.4'),
      openEquity: null,
      realised: decimal('0'),
      charges: decimal('0'),
      trades: 0,
      wins: 0,
    });
    expect([draft.account().positions, draft.account().orders, draft.account().cash]).toEqual([account.positions, account.orders, account.cash]);
  });
});

describe('the value at risk that a day begins with', () => {
  const DAY_MS = 86_400_000;
  const draw = rng('roll');
  const closes = Array.from({ length: 200 }, (_, i) => ({
    date: new Date(Date.UTC(2024, 5, 1) + i * DAY_MS).toISOString().slice(0, 10),
    close: 100 * Math.exp(0.03 * draw.normal()),
  }));
  const risk = createRiskModel(new Map([['BTC', closes]]), { days: 252, leastDays: 60, seed: 'roll', paths: 2_000 });
  const seen = (price: number, more: Partial<RollView> = {}): RollView => ({
    ...viewOfSketch({ nowMs: CLOSE_MS + 15_000, quotes: [bareQuote('BTC', price, CLOSE_MS)] }),
    risk,
    ...more,
  });
  const closed = (account: Account, price: number, day: number, more: Partial<RollView> = {}): Account => {
    const date = `2025-01-0${day}`;
    return decideRoll(
      account,
      seen(price, more),
      { kind: 'close', date, atMs: CLOSE_MS + day * DAY_MS },
      `2025-01-0${day + 1}`,
      `roll ${day}`,
    ).account();
  };

  it('is held against what the day loses, day by day', () => {
    const first = closed(withPosition({ quantity: '100' }), 100, 6);
    const told = toNumber(first.day.valueAtRisk ?? decimal('0'));
    expect(told).toBeGreaterThan(300);
    expect(first.record.varDays).toBe('');
    const quiet = closed(first, 100 - told / 200, 7);
    expect(quiet.record.varDays).toBe('0');
    expect(closed(quiet, 60, 8).record.varDays).toBe('01');
  });

  it('is not told of a flat book, nor of one with a part whose history is too short', () => {
    expect(closed(withPosition({ symbol: 'ETH' }), 100, 6).day).not.toHaveProperty('valueAtRisk');
    expect(closed(withPosition(), 100, 6, { risk: null }).day).not.toHaveProperty('valueAtRisk');
  });

  it('values an option by its own terms: one that was bought cannot lose more than it is worth', () => {
    const held = withPosition({ quantity: '10' });
    const [position] = held.positions.values();
    if (position === undefined) throw new Error('nothing is held');
    const symbol = 'BTC-2025-03-28-100-C';
    const account: Account = { ...held, positions: new Map([[position.id, { ...position, symbol, product: 'option' }]]) };
    const terms = { right: 'call', strike: 100, forward: 100, iv: 0.5, years: 0.2, moneyRate: 1 } as const;
    const byTerms = closed(account, 100, 6, { optionTermsOf: () => terms }).day.valueAtRisk;
    const without = closed(account, 100, 6).day.valueAtRisk;
    expect(toNumber(byTerms ?? decimal('0'))).toBeGreaterThan(10);
    expect(toNumber(byTerms ?? decimal('0'))).toBeLessThan(0.75 * toNumber(without ?? decimal('0')));
  });
});
