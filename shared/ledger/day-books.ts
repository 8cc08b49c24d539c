import type { JournalRow } from '../contracts/journal.ts';
import type { Posting } from '../contracts/terms.ts';
import { add, type Decimal } from '../kernel/decimal.ts';
import type { Account } from './account.ts';
import { postingsOf } from './postings.ts';
import { replay } from './replay.ts';

const CHARGE = 'charge:';

/** A day of a session in one line. Base currency unless said. */
export interface DayBook {
  readonly date: string;
  /** False for the day that has not been closed yet, and for the last one of a session that was stopped during it. */
  readonly isClosed: boolean;
  readonly startEquity: Decimal;
  /** Of an open day: the cash when nothing is held, else equity as it was marked last. */
  readonly endEquity: Decimal;
  /** Net result of what was closed. */
  readonly realised: Decimal;
  /** Charges of both sides of what was closed. */
  readonly charges: Decimal;
  readonly fills: number;
  readonly trades: number;
  readonly wins: number;
  /** What was charged on the day, also for what is still held, by line, each in the currency that it was paid in. */
  readonly chargeLines: readonly ChargeLine[];
}

interface ChargeLine extends Pick<Posting, 'currency' | 'amount'> {
  readonly line: string;
}

/** The day books of a journal, oldest first; the last one may be open. @throws LedgerError when a row contradicts those before */
export function dayBooks(rows: Iterable<JournalRow>): readonly DayBook[] {
  const books: DayBook[] = [];
  let charged = new Map<string, ChargeLine>();
  let fillsBefore = 0;
  let account: Account | null = null;
  for (const { before, row, after } of replay(rows)) {
    account = after;
    for (const posting of postingsOf(row.event)) charge(charged, posting);
    if (before === null || row.event.type !== 'day-closed') continue;
    books.push({ ...bookOf(before, charged, fillsBefore), isClosed: true, endEquity: row.event.report.endEquity });
    charged = new Map();
    fillsBefore = after.totals.fills;
  }
  return account === null ? books : [...books, bookOf(account, charged, fillsBefore)];
}

function charge(charged: Map<string, ChargeLine>, { account, currency, amount }: Posting): void {
  if (!account.startsWith(CHARGE)) return;
  const key = `${account} ${currency}`;
  const before = charged.get(key);
  charged.set(
    key,
    before === undefined ? { line: account.slice(CHARGE.length), currency, amount } : { ...before, amount: add(before.amount, amount) },
  );
}

function bookOf(account: Account, charged: ReadonlyMap<string, ChargeLine>, fillsBefore: number): DayBook {
  const { date, startEquity, realised, charges, trades, wins } = account.day;
  const endEquity = account.positions.size === 0 ? account.cash : account.curve.last;
  const fills = account.totals.fills - fillsBefore;
  return { date, isClosed: false, startEquity, endEquity, realised, charges, fills, trades, wins, chargeLines: [...charged.values()] };
}
