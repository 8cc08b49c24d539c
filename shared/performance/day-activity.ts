import type { Fill } from '../contracts/fill.ts';
import type { JournalRow } from '../contracts/journal.ts';
import type { ReportedSession } from '../contracts/nightly-report.ts';
import { add, type Decimal, multiply, sum, text, ZERO } from '../kernel/decimal.ts';
import type { EpochMs } from '../kernel/time.ts';

/** The rows of a journal that were written in the book of one trading day, the row that closes it included. */
export interface DayRows {
  readonly rows: readonly JournalRow[];
  readonly isClosed: boolean;
  /** From the close of the book before, or the start of the session. */
  readonly fromMs: EpochMs;
}

/** Picks the rows of one trading day out of a journal as it is read from its first row on: no more of it is kept. */
export interface DayPicker {
  readonly take: (row: JournalRow) => void;
  /** Null when the day has no book in this journal. */
  readonly day: () => DayRows | null;
}

export function dayPicker(date: string): DayPicker {
  let open: { date: string; fromMs: EpochMs; rows: JournalRow[] } | null = null;
  let found: DayRows | null = null;
  return {
    take: (row) => {
      const { event } = row;
      if (event.type === 'session-started') open = { date: event.dayDate, fromMs: event.atMs, rows: [] };
      if (open === null) return;
      const isAsked = open.date === date;
      if (isAsked) open.rows.push(row);
      if (event.type !== 'day-closed') return;
      if (isAsked) found = { rows: open.rows, isClosed: true, fromMs: open.fromMs };
      open = { date: event.nextDate, fromMs: event.atMs, rows: [] };
    },
    day: () => found ?? (open?.date === date ? { rows: open.rows, isClosed: false, fromMs: open.fromMs } : null),
  };
}

type DayFigures = Pick<ReportedSession, 'fillsByEvidence' | 'startEquity' | 'endEquity' | 'result' | 'costs'> & {
  readonly orders: number;
  readonly fills: number;
};

/** What a day's rows add up to, base currency. Results are those of the exits of the day; an entry's costs are in `costs` on its own day. */
export function dayFigures({ rows }: DayRows): DayFigures {
  const events = rows.map(({ event }) => event);
  const fills = events.flatMap((event) => (event.type === 'filled' ? [event.fill] : []));
  const realised = fills.flatMap((fill) => fill.realised ?? []);
  const total = (of: (each: (typeof realised)[number]) => Decimal): string => text(sum(realised.map(of)));
  const closed = events.findLast((event) => event.type === 'day-closed')?.report ?? null;
  return {
    startEquity: closed === null ? null : text(closed.startEquity),
    endEquity: closed === null ? null : text(closed.endEquity),
    fillsByEvidence: counted(fills.map(({ evidence }) => evidence)),
    result: {
      price: total(({ price }) => price),
      currency: total(({ currency }) => currency),
      charges: total(({ charges }) => charges),
      slippage: total(({ slippage }) => slippage),
      net: total(({ net }) => net),
    },
    costs: costsOf(fills),
    orders: events.filter(({ type }) => type === 'order-placed').length,
    fills: fills.length,
  };
}

/** Charges by line and currency, each at the rate of its own fill. */
function costsOf(fills: readonly Fill[]): ReportedSession['costs'] {
  const lines = new Map<string, { line: string; currency: string; amount: Decimal; usd: Decimal }>();
  for (const { charges, currency, rate } of fills) {
    for (const { line, amount } of charges) {
      const key = `${line} ${currency}`;
      const before = lines.get(key) ?? { line, currency, amount: ZERO, usd: ZERO };
      lines.set(key, { ...before, amount: add(before.amount, amount), usd: add(before.usd, multiply(amount, rate.value)) });
    }
  }
  return [...lines.entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, { line, currency, amount, usd }]) => ({ line, currency, amount: text(amount), usd: text(usd) }));
}

/** How often each word occurs, by word. */
export function counted(words: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const word of words.toSorted()) counts[word] = (counts[word] ?? 0) + 1;
  return counts;
}
