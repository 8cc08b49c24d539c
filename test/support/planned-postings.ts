import type { JournalEvent } from '../../shared/contracts/journal.ts';
import type { Posting } from '../../shared/contracts/terms.ts';
import { decimal } from '../../shared/kernel/decimal.ts';
import { sessionStarted } from './ledger-fixtures.ts';

/** Postings from a table of `account amount currency`. Accounts and currencies are open sets to whatever only reads them. */
const postings = (...lines: readonly string[]): readonly Posting[] =>
  lines.map((line) => {
    const [account = '', amount = '', currency = ''] = line.split(' ');
    return { account, amount: decimal(amount), currency: currency as Posting['currency'] };
  });

/** A start that posts more than capital: the shortest journal with any postings at all. */
export const startPosting = (sessionId: string, ...lines: readonly string[]): JournalEvent => ({
  ...sessionStarted(sessionId),
  postings: postings(...lines),
});

/** Every account there is, units of instruments against `market` among them; zero in each currency. */
export const EVERY_ACCOUNT = [
  'cash 99000 USD',
  'capital -100000 USD',
  'margin:P:1 990 USD',
  'exchange 10 USD',
  'exchange -1000.5 USDT',
  'exchange 0.5 INR',
  'position:P:1 1000 USDT',
  'units:P:1 0.00099999 BTC',
  'fee-units:commission 0.00000001 BTC',
  'market -0.001 BTC',
  'units:P:2 15 M&M',
  'market -15 M&M',
  'units:P:3 1 V',
  'market -1 V',
  'charge:commission 0.5 USDT',
  'charge:stt -0.25 INR',
  'slippage 0.1 USDT',
  'realised-pnl -0.1 USDT',
  'funding -0.25 INR',
  'dust 0.00000001 USDT',
  'rounding -0.00000001 USDT',
] as const;
