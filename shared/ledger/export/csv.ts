import type { Fill, Trade } from '../../contracts/fill.ts';
import type { JournalRow } from '../../contracts/journal.ts';
import { type Decimal, sum, text, ZERO } from '../../kernel/decimal.ts';
import { iso } from '../../kernel/time.ts';
import { type DayBook, dayBooks } from '../day-books.ts';
import { postingsOf } from '../postings.ts';
import { replay } from '../replay.ts';
import { tradeOf } from '../trade.ts';

type Cell = string | number | null;

interface Column<T> {
  readonly name: string;
  readonly of: (row: T) => Cell;
}

/** Rows as RFC 4180 has them, a header first; the line ends are the writer's. Null is an empty cell. */
function* csv<T>(columns: readonly Column<T>[], rows: Iterable<T>): Iterable<string> {
  yield columns.map(({ name }) => cell(name)).join(',');
  for (const row of rows) yield columns.map(({ of }) => cell(of(row))).join(',');
}

const cell = (value: Cell): string => {
  const plain = value === null ? '' : String(value);
  return /[",\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
};

const columns = <T>(of: Readonly<Record<string, (row: T) => Cell>>): readonly Column<T>[] =>
  Object.entries(of).map(([name, read]) => ({ name, of: read }));

const POSTING = columns<{ readonly row: JournalRow; readonly account: string; readonly currency: string; readonly amount: Decimal }>({
  seq: ({ row }) => row.seq,
  instant: ({ row }) => iso(row.event.atMs),
  command: ({ row }) => row.commandId,
  event: ({ row }) => row.event.type,
  account: ({ account }) => account,
  currency: ({ currency }) => currency,
  amount: ({ amount }) => text(amount),
});

/** A line a posting. The amounts of one `seq` sum to zero in each currency. */
export const postingsCsv = (rows: readonly JournalRow[]): Iterable<string> =>
  csv(
    POSTING,
    rows.flatMap((row) => postingsOf(row.event).map(({ account, currency, amount }) => ({ row, account, currency, amount }))),
  );

const FILL = columns<{ readonly seq: number; readonly fill: Fill }>({
  seq: ({ seq }) => seq,
  instant: ({ fill }) => iso(fill.atMs),
  fill: ({ fill }) => fill.id,
  order: ({ fill }) => fill.orderId,
  position: ({ fill }) => fill.positionId,
  strategy: ({ fill }) => fill.strategy,
  market: ({ fill }) => fill.market,
  symbol: ({ fill }) => fill.symbol,
  purpose: ({ fill }) => fill.purpose,
  side: ({ fill }) => fill.side,
  quantity: ({ fill }) => text(fill.quantity),
  price: ({ fill }) => text(fill.price),
  currency: ({ fill }) => fill.currency,
  charges: ({ fill }) => text(sum(fill.charges.map(({ amount }) => amount))),
  slippage: ({ fill }) => text(fill.slippage),
  rate: ({ fill }) => text(fill.rate.value),
  rateSource: ({ fill }) => fill.rate.source,
  trigger: ({ fill }) => fill.trigger,
  exitReason: ({ fill }) => fill.exitReason,
  netUsd: ({ fill }) => (fill.realised === null ? null : text(fill.realised.net)),
  evidence: ({ fill }) => fill.evidence,
});

/** A line a fill; amounts in its `currency`, `netUsd` where it closes something. */
export const fillsCsv = (rows: readonly JournalRow[]): Iterable<string> =>
  csv(
    FILL,
    rows.flatMap(({ seq, event }) => (event.type === 'filled' ? [{ seq, fill: event.fill }] : [])),
  );

const TRADE = columns<Trade>({
  seq: ({ seq }) => seq,
  trade: ({ id }) => id,
  strategy: ({ strategy }) => strategy,
  market: ({ market }) => market,
  symbol: ({ symbol }) => symbol,
  direction: ({ direction }) => direction,
  quantity: ({ quantity }) => text(quantity),
  currency: ({ currency }) => currency,
  entryPrice: ({ entryPrice }) => text(entryPrice),
  exitPrice: ({ exitPrice }) => text(exitPrice),
  opened: ({ openedMs }) => iso(openedMs),
  closed: ({ closedMs }) => iso(closedMs),
  openedWhy: ({ openedWhy }) => openedWhy,
  closedWhy: ({ closedWhy }) => closedWhy,
  priceUsd: ({ realised }) => text(realised.price),
  currencyUsd: ({ realised }) => text(realised.currency),
  chargesUsd: ({ realised }) => text(realised.charges),
  slippageUsd: ({ realised }) => text(realised.slippage),
  netUsd: ({ realised }) => text(realised.net),
  rMultiple: ({ rMultiple }) => rMultiple,
  evidence: ({ evidence }) => evidence,
});

/** A line a closed round trip. @throws LedgerError when a row contradicts those before */
export const tradesCsv = (rows: readonly JournalRow[]): Iterable<string> => csv(TRADE, tradesIn(rows));

function* tradesIn(rows: readonly JournalRow[]): Iterable<Trade> {
  for (const { before, row } of replay(rows)) {
    const trade = tradeOf(before, row);
    if (trade !== null) yield trade;
  }
}

const DAY = columns<DayBook>({
  date: ({ date }) => date,
  closed: ({ isClosed }) => (isClosed ? 'yes' : 'no'),
  startEquityUsd: ({ startEquity }) => text(startEquity),
  endEquityUsd: ({ endEquity }) => text(endEquity),
  realisedUsd: ({ realised }) => text(realised),
  chargesUsd: ({ charges }) => text(charges),
  fills: ({ fills }) => fills,
  trades: ({ trades }) => trades,
  wins: ({ wins }) => wins,
});

/** A line a day, with a column for every line of charges in every currency it was paid in (`stt INR`). @throws LedgerError */
export function daysCsv(rows: readonly JournalRow[]): Iterable<string> {
  const books = dayBooks(rows);
  const names = new Set(books.flatMap(({ chargeLines }) => chargeLines.map(nameOf)));
  const charged = [...names].sort().map((name): Column<DayBook> => ({ name, of: (book) => text(chargedAs(book, name)) }));
  return csv([...DAY, ...charged], books);
}

type Charged = DayBook['chargeLines'][number];

const nameOf = ({ line, currency }: Charged): string => `${line} ${currency}`;

const chargedAs = ({ chargeLines }: DayBook, name: string): Decimal => chargeLines.find((each) => nameOf(each) === name)?.amount ?? ZERO;
