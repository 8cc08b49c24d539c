import { describe, expect, it } from 'vitest';
import { decimal } from '../../../shared/kernel/decimal.ts';
import { DAY_MS } from '../../../shared/kernel/time.ts';
import { dayBooks } from '../../../shared/ledger/day-books.ts';
import {
  dayClosed,
  entryFill,
  entryOrder,
  equityMarked,
  happen,
  orderPlaced,
  roundTrip,
  START_MS,
  sessionStarted,
} from '../../support/ledger-fixtures.ts';
import { startPosting } from '../../support/planned-postings.ts';

describe('the day books of a journal', () => {
  it('tell each day apart: what was realised and charged on it, and where equity went', () => {
    const held = entryOrder({ id: 'E:3', symbol: 'ETH' });
    const { rows } = happen(null, 'all', [
      sessionStarted('S-1'),
      ...roundTrip({ id: 'E:1' }),
      ...roundTrip({ id: 'E:2' }, { entry: '100', exit: '99' }),
      orderPlaced(held),
      (account) => entryFill(account, held.id, { price: '100', commission: '0.3' }),
      (account) => dayClosed(account, START_MS + DAY_MS, '2025-01-07'),
      ...roundTrip({ id: 'E:4', currency: 'INR' }),
      equityMarked(START_MS + DAY_MS + 1, '100007.5'),
    ]);
    const commission = (currency: string, amount: string) => ({ line: 'commission', currency, amount: decimal(amount) });
    expect(dayBooks(rows)).toEqual([
      {
        date: '2025-01-06',
        isClosed: true,
        startEquity: decimal('100000'),
        endEquity: decimal('100002.9'),
        realised: decimal('3.2'),
        charges: decimal('0.8'),
        fills: 5,
        trades: 2,
        wins: 1,
        chargeLines: [commission('USDT', '1.1')],
      },
      {
        date: '2025-01-07',
        isClosed: false,
        startEquity: decimal('100002.9'),
        endEquity: decimal('100007.5'),
        realised: decimal('5.6'),
        charges: decimal('0.4'),
        fills: 2,
        trades: 1,
        wins: 1,
        chargeLines: [commission('INR', '0.4')],
      },
    ]);
  });

  it('end with the cash where nothing is held, whenever equity was marked last', () => {
    const { rows } = happen(null, 'all', [sessionStarted('S-1'), equityMarked(START_MS, '99000'), ...roundTrip()]);
    expect(dayBooks(rows)).toMatchObject([{ endEquity: decimal('100005.6'), isClosed: false }]);
  });

  it('take charges line by line and currency by currency', () => {
    const charges = ['charge:stt 1 INR', 'charge:commission 0.001 BTC', 'charge:stt 2 INR', 'charge:stt 3 USDT', 'slippage 9 USD'];
    expect(dayBooks(happen(null, 'start', [startPosting('S-1', ...charges)]).rows)[0]?.chargeLines).toEqual([
      { line: 'stt', currency: 'INR', amount: decimal('3') },
      { line: 'commission', currency: 'BTC', amount: decimal('0.001') },
      { line: 'stt', currency: 'USDT', amount: decimal('3') },
    ]);
  });

  it('of nothing are none', () => {
    expect(dayBooks([])).toEqual([]);
  });
});
