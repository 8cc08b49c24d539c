import { add, type Decimal, decimal, text, ZERO } from '../../shared/kernel/decimal.ts';

/**
 * What bean-check holds against a Beancount file, for the part of the language that Nightdesk writes: grammar of every line,
 * accounts that are open before their use and for the currency, transactions that sum to zero in each currency, balance
 * assertions that hold at the beginning of their date. Stricter in one thing: an amount is off by nothing, not by a tolerance.
 * @see https://beancount.github.io/docs/beancount_language_syntax.html
 */
export function beanProblems(file: string): readonly string[] {
  const book: Book = { opens: new Map(), commodities: new Set(), postings: [], balances: [], problems: [] };
  let open: { readonly date: string; readonly line: number; readonly totals: Map<string, Decimal> } | null = null;
  const close = (): void => {
    for (const [currency, total] of open?.totals ?? []) {
      if (total !== 0n) book.problems.push(`${open?.line}: does not balance, ${text(total)} ${currency} over`);
    }
    open = null;
  };
  for (const [index, line] of file.split('\n').entries()) {
    const at = index + 1;
    const posting = POSTING.exec(line)?.groups;
    if (posting !== undefined && open !== null) {
      const { account = '', amount = '', currency = '' } = posting;
      open.totals.set(currency, add(open.totals.get(currency) ?? ZERO, decimal(amount)));
      book.postings.push({ line: at, date: open.date, account, currency, amount: decimal(amount) });
      continue;
    }
    if (METADATA.test(line)) continue;
    close();
    const transaction = TRANSACTION.exec(line)?.groups;
    if (transaction !== undefined) open = { date: transaction.date ?? '', line: at, totals: new Map() };
    else if (!readDirective(book, line, at)) book.problems.push(`${at}: is no line of Beancount: ${line}`);
  }
  close();
  return [...book.problems, ...datesOf(file), ...book.postings.flatMap((use) => useProblems(book, use)), ...balanceProblems(book)];
}

interface Use {
  readonly line: number;
  readonly date: string;
  readonly account: string;
  readonly currency: string;
  readonly amount: Decimal;
}

interface Book {
  readonly opens: Map<string, { readonly date: string; readonly currencies: readonly string[] }>;
  readonly commodities: Set<string>;
  readonly postings: Use[];
  readonly balances: Use[];
  readonly problems: string[];
}

const DATE = String.raw`(?<date>\d{4}-\d{2}-\d{2})`;
const ACCOUNT = `(?<account>(?:Assets|Liabilities|Equity|Income|Expenses)(?::[A-Z0-9][A-Za-z0-9-]*)+)`;
// Two to 24 characters, as Beancount 2 has it; and none of the words that the lexer takes first.
const CURRENCY = String.raw`(?!(?:TRUE|FALSE|NULL)\b)[A-Z][A-Z0-9'._-]{0,22}[A-Z0-9]`;
const AMOUNT = String.raw`(?<amount>-?\d+(?:\.\d+)?)`;
const STRING = String.raw`"(?:[^"\\\n]|\\.)*"`;

const POSTING = new RegExp(`^  ${ACCOUNT}  ${AMOUNT} (?<currency>${CURRENCY})$`);
const METADATA = new RegExp(String.raw`^  [a-z][A-Za-z0-9_-]*: (?:${STRING}|\d+)$`);
const TRANSACTION = new RegExp(`^${DATE} \\* ${STRING}$`);
const OPTION = new RegExp(`^option "(?:title|operating_currency)" ${STRING}$`);
const COMMODITY = new RegExp(`^${DATE} commodity (?<currency>${CURRENCY})$`);
const OPEN = new RegExp(`^${DATE} open ${ACCOUNT}  (?<currencies>${CURRENCY}(?:,${CURRENCY})*)$`);
const BALANCE = new RegExp(`^${DATE} balance ${ACCOUNT}  ${AMOUNT} ~ 0 (?<currency>${CURRENCY})$`);

/** Takes in a line that is neither of a transaction nor metadata. @returns false when it is no line at all */
function readDirective(book: Book, line: string, at: number): boolean {
  if (line === '' || OPTION.test(line)) return true;
  const commodity = COMMODITY.exec(line)?.groups?.currency;
  if (commodity !== undefined) {
    if (book.commodities.has(commodity)) book.problems.push(`${at}: ${commodity} is declared twice`);
    book.commodities.add(commodity);
    return true;
  }
  const { account = '', date = '', currency = '', amount = '', currencies = '' } = OPEN.exec(line)?.groups ?? BALANCE.exec(line)?.groups ?? {};
  if (account === '') return false;
  if (currencies === '') book.balances.push({ line: at, date, account, currency, amount: decimal(amount) });
  else {
    if (book.opens.has(account)) book.problems.push(`${at}: ${account} is opened twice`);
    book.opens.set(account, { date, currencies: currencies.split(',') });
  }
  return true;
}

const datesOf = (file: string): readonly string[] =>
  [...new Set(file.match(/^\d{4}-\d{2}-\d{2}/gm) ?? [])]
    .filter((date) => Number.isNaN(Date.parse(date)) || new Date(date).toISOString().slice(0, 10) !== date)
    .map((date) => `${date} is no date`);

function useProblems({ opens, commodities }: Book, { line, date, account, currency }: Use): readonly string[] {
  const opened = opens.get(account);
  const problems: string[] = [];
  if (opened === undefined || opened.date > date) problems.push(`${line}: ${account} is not open on ${date}`);
  else if (!opened.currencies.includes(currency)) problems.push(`${line}: ${account} is not open for ${currency}`);
  if (!commodities.has(currency)) problems.push(`${line}: ${currency} is not declared`);
  return problems;
}

function balanceProblems(book: Book): readonly string[] {
  return book.balances.flatMap((asserted) => {
    const before = book.postings.filter((use) => use.account === asserted.account && use.currency === asserted.currency && use.date < asserted.date);
    const total = before.reduce((sum, { amount }) => add(sum, amount), ZERO);
    const off = total === asserted.amount ? [] : [`${asserted.line}: ${asserted.account} has ${text(total)} ${asserted.currency}`];
    return [...useProblems(book, asserted), ...off];
  });
}
