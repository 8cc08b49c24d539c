import { describe, expect, it } from 'vitest';
import { decideRoll } from '../../../shared/engine/decide-roll.ts';
import { decimal } from '../../../shared/kernel/decimal.ts';
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
