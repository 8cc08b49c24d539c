import * as z from 'zod';
import { fillSchema, takingSchema } from './fill.ts';
import { bracketSchema, entryOrderSchema, waitingSchema } from './order.ts';
import { corporateActionSchema, holdingSchema } from './position.ts';
import {
  currencySchema,
  decimalSchema,
  evidenceSchema,
  exitReasonSchema,
  ms,
  name,
  postingSchema,
  rateSchema,
  riskLimitsSchema,
  strategyNameSchema,
  traderSchema,
} from './terms.ts';

/**
 * What the ledger keeps, as schemas: the journal's events and the account's rows. Types are inferred from them, and a row
 * read back from a store goes through them, so that nothing malformed becomes part of an account.
 */

/** The day's books: opened by a roll, closed by the next. Amounts in base currency. */
const dayBookSchema = z
  .object({
    date: name,
    openedMs: ms,
    startEquity: decimalSchema,
    /** Equity at the NSE open of the day, null until then and on days without a session. */
    openEquity: decimalSchema.nullable(),
    realised: decimalSchema,
    charges: decimalSchema,
    trades: z.number().int(),
    wins: z.number().int(),
    /** Value at risk of the day that began, as it was told then; absent where none was known. */
    valueAtRisk: decimalSchema.optional(),
  })
  .readonly();

export const dayReportSchema = z
  .object({
    date: name,
    openedMs: ms,
    closedMs: ms,
    startEquity: decimalSchema,
    openEquity: decimalSchema.nullable(),
    endEquity: decimalSchema,
    realised: decimalSchema,
    charges: decimalSchema,
    trades: z.number().int(),
    wins: z.number().int(),
    openPositions: z.number().int(),
    /** Value at risk that was told when the day began, base currency; absent where none was known. */
    valueAtRisk: decimalSchema.optional(),
    /** That of the day that begins. */
    nextValueAtRisk: decimalSchema.optional(),
  })
  .readonly();
export type DayReport = z.infer<typeof dayReportSchema>;

/** The levels at which a position is left. */
export const exitLevelsSchema = bracketSchema.unwrap().omit({ maxHoldingMs: true, exitByMs: true }).readonly();
export type ExitLevels = z.infer<typeof exitLevelsSchema>;

const at = { atMs: ms };

export const journalEventSchema = z.discriminatedUnion('type', [
  z
    .object({
      type: z.literal('session-started'),
      ...at,
      sessionId: name,
      startingCapital: decimalSchema,
      strategies: z.array(strategyNameSchema).readonly(),
      limits: riskLimitsSchema,
      evidence: evidenceSchema,
      /** Which world the prices come from: live, simulated with its seed, a recorded data set. */
      scope: name,
      seed: name,
      dayDate: name,
      configVersion: name,
      postings: z.array(postingSchema).readonly(),
    })
    .readonly(),
  z.object({ type: z.literal('order-placed'), ...at, order: entryOrderSchema }).readonly(),
  z
    .object({ type: z.literal('order-ended'), ...at, orderId: name, state: z.enum(['cancelled', 'expired', 'rejected']), reason: z.string() })
    .readonly(),
  z.object({ type: z.literal('filled'), ...at, fill: fillSchema }).readonly(),
  /** A stop was met: the order is a market or a limit order from now on. */
  z.object({ type: z.literal('order-triggered'), ...at, orderId: name, price: z.number() }).readonly(),
  /** An order that should have filled has not, or does so no longer (null). */
  z.object({ type: z.literal('order-waiting'), ...at, orderId: name, waiting: waitingSchema.nullable() }).readonly(),
  /** `quantity` null: all that is held. */
  z
    .object({
      type: z.literal('exit-requested'),
      ...at,
      orderId: name,
      reason: exitReasonSchema,
      quantity: decimalSchema.nullable(),
      activeFromMs: ms,
    })
    .readonly(),
  z.object({ type: z.literal('exit-amended'), ...at, orderId: name, before: exitLevelsSchema, after: exitLevelsSchema }).readonly(),
  z
    .object({
      type: z.literal('corporate-action'),
      ...at,
      positionId: name,
      action: corporateActionSchema,
      before: holdingSchema,
      after: holdingSchema,
      /**
       * Paid for what the new shares cannot hold: the fraction of a share (`quantity`, new shares), or the company that was
       * spun off (`quantity`, old shares). Quote currency; a short pays it. It lowers the cost: its result comes with the trade's.
       */
      cash: z.object({ quantity: decimalSchema, price: decimalSchema, amount: decimalSchema, rate: rateSchema }).readonly().nullable(),
      postings: z.array(postingSchema).readonly(),
    })
    .readonly(),
  /** A model has left what it was trained on: it is not asked any more in this session. */
  z.object({ type: z.literal('model-switched-off'), ...at, strategy: strategyNameSchema, modelVersion: name, why: z.string() }).readonly(),
  /** A payment of a perpetual's funding: once for each position and time of payment. */
  z
    .object({
      type: z.literal('funding-paid'),
      ...at,
      positionId: name,
      symbol: name,
      /** When the venue exchanged it. */
      fundingMs: ms,
      /** Of the value at the mark, paid by longs to shorts. */
      fundingRate: z.number(),
      mark: decimalSchema,
      quantity: decimalSchema,
      currency: currencySchema,
      /** Received by this account, paid when negative; quote currency. */
      amount: decimalSchema,
      rate: rateSchema,
      postings: z.array(postingSchema).readonly(),
    })
    .readonly(),
  /** A position blocks more than it did, for shares will be delivered in so many trading days. Base currency. */
  z
    .object({ type: z.literal('margin-raised'), ...at, positionId: name, daysBefore: z.number().int(), before: decimalSchema, after: decimalSchema })
    .readonly(),
  z.object({ type: z.literal('limits-set'), ...at, before: riskLimitsSchema, after: riskLimitsSchema }).readonly(),
  /** Nothing is opened any more, or may be again. */
  z.object({ type: z.literal('kill-switch-set'), ...at, on: z.boolean(), closePositions: z.boolean() }).readonly(),
  z.object({ type: z.literal('equity-marked'), ...at, equity: decimalSchema, exposure: decimalSchema }).readonly(),
  z.object({ type: z.literal('day-opened'), ...at, date: name, equity: decimalSchema }).readonly(),
  z.object({ type: z.literal('day-closed'), ...at, report: dayReportSchema, nextDate: name }).readonly(),
  z.object({ type: z.literal('session-stopping'), ...at, closePositions: z.boolean() }).readonly(),
  z.object({ type: z.literal('session-stopped'), ...at }).readonly(),
]);
export type JournalEvent = z.infer<typeof journalEventSchema>;
export type JournalEventOf<T extends JournalEvent['type']> = Extract<JournalEvent, { type: T }>;

/** A row of the journal: its place in the gap-free order, and a hash that chains it to every row before. */
export const journalRowSchema = z.object({ seq: z.number().int().positive(), commandId: name, event: journalEventSchema, hash: name }).readonly();
export type JournalRow = z.infer<typeof journalRowSchema>;

/** Closed trades of one trader in sums. Returns are net results over what the entry was worth, as shares. */
const traderRecordSchema = z
  .object({
    trades: z.number().int(),
    wins: z.number().int(),
    winReturns: z.number(),
    lossReturns: z.number(),
    lossesInARow: z.number().int(),
    lastLossMs: ms.nullable(),
  })
  .readonly();
export type TraderRecord = z.infer<typeof traderRecordSchema>;

const tradingRecordSchema = z
  .object({
    traders: z.partialRecord(traderSchema, traderRecordSchema).readonly(),
    /** What the closed legs of structures came to that are open in part, by structure, base currency; absent where there is none. */
    structures: z
      .record(name, z.object({ net: decimalSchema, largest: decimalSchema }).readonly())
      .readonly()
      .optional(),
    /** When entries were accepted within the last minute before the newest of them, oldest first. */
    acceptedMs: z.array(ms).readonly(),
    /** Since when nothing may be opened, by somebody's word; null while it may. */
    killedMs: ms.nullable(),
    /** Of each closed day that began with a value at risk, oldest first, at most 504: 1 when the day lost more than it, else 0. */
    varDays: z.string().regex(/^[01]*$/),
  })
  .readonly();
export type TradingRecord = z.infer<typeof tradingRecordSchema>;

/** Everything of an account but its open positions and orders, which have rows of their own. */
export const accountHeadSchema = z
  .object({
    sessionId: name,
    seq: z.number().int().nonnegative(),
    hash: name,
    status: z.enum(['active', 'stopping', 'stopped']),
    startedMs: ms,
    stoppedMs: ms.nullable(),
    evidence: evidenceSchema,
    scope: name,
    seed: name,
    configVersion: name,
    startingCapital: decimalSchema,
    strategies: z.array(strategyNameSchema).readonly(),
    limits: riskLimitsSchema,
    cash: decimalSchema,
    day: dayBookSchema,
    /** Sums since the start, base currency. */
    totals: z
      .object({
        trades: z.number().int(),
        wins: z.number().int(),
        fills: z.number().int(),
        realised: decimalSchema,
        charges: decimalSchema,
        slippage: decimalSchema,
        /** Received for funding, of closed and open positions; absent while there was none. */
        funding: decimalSchema.optional(),
        /** What kinder and harsher fills of the closed parts would have changed, never negative. */
        better: decimalSchema,
        worse: decimalSchema,
      })
      .readonly(),
    /** What was taken from the markets a short while ago, oldest first. */
    takings: z.array(takingSchema).readonly(),
    /** What the risk gate counts: see `ledger/trading-record.ts`. */
    record: tradingRecordSchema,
    /** Shares whose delivery out of the depository was charged on a day: it is charged once a day. */
    delivered: z
      .object({ date: name, symbols: z.array(name).readonly() })
      .readonly()
      .nullable(),
    /** Models that were switched off; absent where none was. */
    modelsOff: z
      .array(z.object({ strategy: strategyNameSchema, modelVersion: name, why: z.string(), atMs: ms }).readonly())
      .readonly()
      .optional(),
    /** From the equity marks: highest equity, deepest fall from a peak as a share of it, and how long money was at risk. */
    curve: z
      .object({
        peak: decimalSchema,
        maxDrawdown: z.number(),
        last: decimalSchema,
        lastMarkMs: ms,
        marks: z.number().int(),
        marksExposed: z.number().int(),
      })
      .readonly(),
  })
  .readonly();
export type AccountHead = z.infer<typeof accountHeadSchema>;
