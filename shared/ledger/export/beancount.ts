import type { JournalEvent, JournalRow } from '../../contracts/journal.ts';
import type { Posting } from '../../contracts/terms.ts';
import { add, type Decimal, text, ZERO } from '../../kernel/decimal.ts';
import { DAY_MS, iso } from '../../kernel/time.ts';
import { postingsOf } from '../postings.ts';
import { bookDate, replay } from '../replay.ts';
import { beancountAccount, beancountCurrency } from './beancount-names.ts';

const BASE_CURRENCY = 'USD';

/** What one journal row posts, under the date of its day book. */
interface Entry {
  readonly date: string;
  readonly row: JournalRow;
  readonly postings: readonly Posting[];
}

/**
 * A journal as a Beancount ledger: accounts and currencies, a balanced transaction for each row that moves money, and after each
 * day book what every asset of ours must amount to, exactly. Entries have the date of their day book (its day ends when NSE
 * closes, not at midnight) and their instant as metadata. Rows that move no money are not in it.
 * @throws LedgerError when a row contradicts those before
 */
export function* beancountLines(rows: Iterable<JournalRow>): Iterable<string> {
  const entries = [...replay(rows)].map((step): Entry => ({ date: bookDate(step), row: step.row, postings: postingsOf(step.row.event) }));
  const [first] = entries;
  if (first === undefined) return;
  yield `option "title" ${quoted(titleOf(first.row.event))}`;
  yield `option "operating_currency" "${beancountCurrency(BASE_CURRENCY)}"`;
  yield '';
  yield* commodityLines(entries);
  yield '';
  yield* openLines(entries);
  yield* dayLines(entries);
}

const titleOf = (event: JournalEvent): string => (event.type === 'session-started' ? `Nightdesk ${event.sessionId}` : 'Nightdesk');

function* commodityLines(entries: readonly Entry[]): Iterable<string> {
  for (const [currency, date] of firstDates(entries, (posting) => posting.currency)) {
    const name = beancountCurrency(currency);
    yield `${date} commodity ${name}`;
    if (name !== currency) yield `  name: ${quoted(currency)}`;
  }
}

function* openLines(entries: readonly Entry[]): Iterable<string> {
  const currencies = new Map<string, Set<string>>();
  for (const { account, currency } of entries.flatMap(({ postings }) => postings)) {
    currencies.set(account, (currencies.get(account) ?? new Set()).add(beancountCurrency(currency)));
  }
  for (const [account, date] of firstDates(entries, (posting) => posting.account)) {
    yield `${date} open ${beancountAccount(account)}  ${[...(currencies.get(account) ?? [])].join(',')}`;
    yield `  name: ${quoted(account)}`;
  }
}

/** Every name that postings use, in order of use, with its earliest date. */
function firstDates(entries: readonly Entry[], nameOf: (posting: Posting) => string): ReadonlyMap<string, string> {
  const dates = new Map<string, string>();
  for (const { date, postings } of entries) {
    for (const name of postings.map(nameOf)) if (date < (dates.get(name) ?? '9999-12-31')) dates.set(name, date);
  }
  return dates;
}

function* dayLines(entries: readonly Entry[]): Iterable<string> {
  const holdings = new Map<string, Posting>();
  const days = [...Map.groupBy(entries, (entry) => entry.date)].sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [date, written] of days) {
    const touched = new Set<string>();
    for (const entry of written.filter(({ postings }) => postings.length > 0)) {
      yield* transactionLines(entry);
      for (const posting of entry.postings) touched.add(hold(holdings, posting));
    }
    yield '';
    yield* balanceLines(dayAfter(date), holdings, touched);
  }
}

/** Adds a posting to what its account holds of its currency. @returns the key of what it changed */
function hold(holdings: Map<string, Posting>, { account, currency, amount }: Posting): string {
  const key = `${account} ${currency}`;
  holdings.set(key, { account, currency, amount: add(holdings.get(key)?.amount ?? ZERO, amount) });
  return key;
}

function* transactionLines({ date, row, postings }: Entry): Iterable<string> {
  yield '';
  yield `${date} * ${quoted(narrationOf(row.event))}`;
  yield `  seq: ${row.seq}`;
  yield `  at: ${quoted(iso(row.event.atMs))}`;
  yield `  command: ${quoted(row.commandId)}`;
  yield `  hash: ${quoted(row.hash)}`;
  for (const { account, currency, amount } of postings) yield `  ${beancountAccount(account)}  ${amountText(amount, currency)}`;
}

/** An assertion holds at the beginning of its date. Told are what the day changed, and what is held. */
function* balanceLines(date: string, holdings: Map<string, Posting>, touched: ReadonlySet<string>): Iterable<string> {
  for (const [key, { account, currency, amount }] of holdings) {
    const name = beancountAccount(account);
    if (!name.startsWith('Assets:')) continue;
    if (account === 'cash' || touched.has(key) || amount !== 0n) yield `${date} balance ${name}  ${exactly(amount, currency)}`;
    // What is gone does not come back, and is said once: a year's closed positions are not told every day.
    else holdings.delete(key);
  }
}

const amountText = (amount: Decimal, currency: string): string => `${text(amount)} ${beancountCurrency(currency)}`;

/** Without a tolerance of its own Beancount would allow half of the last digit. */
const exactly = (amount: Decimal, currency: string): string => `${text(amount)} ~ 0 ${beancountCurrency(currency)}`;

const dayAfter = (date: string): string => iso(Date.parse(`${date}T00:00:00Z`) + DAY_MS).slice(0, 10);

/** What happened, and why where the event says it. */
function narrationOf(event: JournalEvent): string {
  switch (event.type) {
    case 'filled': {
      const { side, quantity, symbol, price, currency, exitReason, trigger } = event.fill;
      return `filled: ${side} ${text(quantity)} ${symbol} at ${text(price)} ${currency}, ${exitReason ?? trigger}`;
    }
    case 'funding-paid':
      return `funding: ${event.symbol} ${text(event.amount)} ${event.currency}`;
    case 'corporate-action':
      return `corporate-action: ${event.action.says}`;
    default:
      return 'reason' in event ? `${event.type}: ${event.reason}` : event.type;
  }
}

const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '"': '\\"', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

const quoted = (value: string): string => `"${value.replace(/[\\"\n\r\t]/g, (character) => ESCAPES[character] ?? character)}"`;
