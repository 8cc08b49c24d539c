import * as z from 'zod';
import { evidenceSchema, marketSchema, name } from './terms.ts';

/** The report of a trading day as it is kept. Amounts are decimal strings in US dollars unless said; instants are ISO in UTC. */

const amount = z.string();
const count = z.int().nonnegative();
const instant = z.iso.datetime();

/** Whether the books are what their journal says. */
const booksSchema = z.strictObject({
  isSound: z.boolean(),
  journalRows: count,
  journalHash: z.string(),
  /** Rows of head, positions, orders and trades that the journal asks for. */
  projectionRows: count,
  /** What differs, the first of it; `differenceCount` is of all. */
  differences: z.array(z.string()),
  differenceCount: count,
});

const costSchema = z.strictObject({ line: name, currency: name, amount, usd: amount });

const tradeSchema = z.strictObject({
  id: name,
  symbol: name,
  market: marketSchema,
  strategy: name,
  evidence: evidenceSchema,
  direction: name,
  quantity: amount,
  currency: name,
  entryPrice: amount,
  exitPrice: amount,
  openedTime: instant,
  closedTime: instant,
  closedWhy: name,
  net: amount,
});

const sessionSchema = z.strictObject({
  sessionId: name,
  status: name,
  scope: name,
  /** Of the prices that the session began with. */
  evidence: evidenceSchema,
  /** Fills of the day by the evidence of their prices. */
  fillsByEvidence: z.record(z.string(), count),
  books: booksSchema,
  /** Whether the day's book was closed when this was made. */
  isDayClosed: z.boolean(),
  startEquity: amount.nullable(),
  endEquity: amount.nullable(),
  /** Of what was closed on the day: price effect, currency effect, charges of both sides, and their sum. Slippage is inside the price effect. */
  result: z.strictObject({ price: amount, currency: amount, charges: amount, slippage: amount, net: amount }),
  /** What was charged on the day, also for what is still held, by line. */
  costs: z.array(costSchema),
  trades: z.array(tradeSchema),
  openPositions: count,
  decisions: z.strictObject({ taken: count, exitRequested: count, refused: count, refusedBy: z.record(z.string(), count) }),
  /** What the bill grows with. */
  counts: z.strictObject({ journalRows: count, orders: count, fills: count, scans: count, decisions: count }),
});

export const nightlyReportSchema = z.strictObject({
  format: z.literal(1),
  /** The trading day: it ends when NSE sets its last price, crypto's with it. */
  date: z.iso.date(),
  madeTime: instant,
  version: name,
  isSound: z.boolean(),
  sessions: z.array(sessionSchema),
});
export type NightlyReport = z.infer<typeof nightlyReportSchema>;
export type ReportedSession = NightlyReport['sessions'][number];
