import * as z from 'zod';
import { type Decimal, decimal } from '../kernel/decimal.ts';

/**
 * What the ledger keeps, as schemas: the journal's events and the account's rows. Types are inferred from them, and a row
 * read back from a store goes through them, so that nothing malformed becomes part of an account.
 */

export const decimalSchema = z.string().transform((value, context): Decimal => {
  try {
    return decimal(value);
  } catch {
    context.addIssue({ code: 'custom', message: `Expected a decimal string, received ${value}` });
    return z.NEVER;
  }
});

const ms = z.number().int().nonnegative();
const name = z.string().min(1);

export const marketSchema = z.enum(['NSE', 'CRYPTO']);
export const evidenceSchema = z.enum(['live', 'delayed', 'replay', 'simulated']);
export const currencySchema = z.enum(['USD', 'USDT', 'INR']);
export const sideSchema = z.enum(['buy', 'sell']);
export const directionSchema = z.enum(['long', 'short']);
export const strategyNameSchema = z.enum(['scalping', 'swing', 'btst', 'options', 'fo_arbitrage']);
export const productSchema = z.enum(['spot', 'delivery', 'intraday']);

const share = z.number().positive().max(1);

/** Limits of the risk gate; shares are of equity, 0 < share <= 1. */
export const riskLimitsSchema = z
  .strictObject({
    maxPositionSize: share.describe('largest position, share of equity'),
    maxTotalExposure: share.describe('sum of all positions and reserved entries, share of equity'),
    maxDailyLoss: share.describe('loss since the day book opened that halts entries, share of that opening equity'),
    maxPortfolioRisk: share.describe('sum over positions of the loss at their stops, share of equity'),
    minPositionUsd: z.number().positive().describe('least position, USD'),
    maxPriceAgeMs: z.number().int().positive().max(600_000).describe('a price older than this opens nothing, ms'),
  })
  .readonly();
export type RiskLimits = z.infer<typeof riskLimitsSchema>;

export const signalPartSchema = z.object({ name, weight: z.number(), score: z.number().nullable(), why: z.string() }).readonly();

/** A conversion rate to the base currency with where it came from; `assumed` says that no source stands behind it. */
export const rateSchema = z.object({ currency: currencySchema, value: decimalSchema, source: name, asOfMs: ms }).readonly();
export type Rate = z.infer<typeof rateSchema>;

export const checkStateSchema = z.enum(['agreed', 'diverged', 'single-source', 'stale']);

/** What other venues said of a price. */
export const quoteCheckSchema = z
  .object({ state: checkStateSchema, spreadBps: z.number().nullable(), against: z.array(name).readonly(), sinceMs: ms, isWarning: z.boolean() })
  .readonly();

/** The prices that a decision or a fill was made from. */
export const quoteExcerptSchema = z
  .object({
    last: z.number(),
    bid: z.number().nullable(),
    ask: z.number().nullable(),
    bidSize: z.number().nullable(),
    askSize: z.number().nullable(),
    exchangeMs: ms,
    receivedMs: ms,
    source: name,
    evidence: evidenceSchema,
    /** Absent where no second source is to be had, and in journals that are older than the check. */
    check: z
      .object({ state: checkStateSchema, spreadBps: z.number().nullable(), against: z.array(name).readonly() })
      .readonly()
      .optional(),
  })
  .readonly();
export type QuoteExcerpt = z.infer<typeof quoteExcerptSchema>;

export const triggerSchema = z.enum(['market', 'stop', 'target', 'trailing-stop']);
export type Trigger = z.infer<typeof triggerSchema>;

export const exitReasonSchema = z.enum(['stop', 'target', 'trailing-stop', 'time', 'square-off', 'signal', 'manual', 'session-stop']);
export type ExitReason = z.infer<typeof exitReasonSchema>;

/** A corporate action as a journal knows it: complete in itself, whatever later data files say. */
const corporateActionSchema = z
  .object({
    id: name,
    kind: z.enum(['split', 'bonus', 'merger', 'demerger', 'symbol-change', 'isin-change']),
    exDate: z.iso.date(),
    /** New price for an old one. */
    priceFactor: z.number().positive(),
    says: name,
    source: name,
  })
  .readonly();

/** Stop, target and time of a position, agreed when its entry is placed. */
const bracketSchema = z
  .object({ stop: decimalSchema, target: decimalSchema, trailingShare: z.number().positive().nullable(), maxHoldingMs: ms })
  .readonly();

/** Why an entry was made and from what, kept on the order and so on the trade. */
const intentSchema = z
  .object({
    decisionId: name,
    confidence: z.number(),
    parts: z.array(signalPartSchema).readonly(),
    why: z.string(),
    timeframe: name,
    /** Start of the newest bar that the strategy had seen. */
    lastBarMs: ms,
    volatility: z.number(),
    quote: quoteExcerptSchema,
    configVersion: name,
    /** Version of the model whose odds were used; null while there is none. */
    modelVersion: z.string().nullable(),
  })
  .readonly();

const orderCommon = {
  id: name,
  version: z.number().int().positive(),
  positionId: name,
  strategy: strategyNameSchema,
  symbol: name,
  market: marketSchema,
  currency: currencySchema,
  product: productSchema,
  side: sideSchema,
  quantity: decimalSchema,
  filledQuantity: decimalSchema,
  acceptedMs: ms,
  /** Before this instant the venue has not seen the order: acceptance plus the drawn latency. */
  activeFromMs: ms,
};

/** An entry: a market order whose bracket is placed by its fill. `reserved` is base currency set aside at acceptance. */
export const entryOrderSchema = z
  .object({ purpose: z.literal('entry'), ...orderCommon, reserved: decimalSchema, bracket: bracketSchema, intent: intentSchema })
  .readonly();
export type EntryOrder = z.infer<typeof entryOrderSchema>;

/**
 * The one exit of a position at a version. It rests as a bracket (stop, target and trail are alternatives that cancel each
 * other by being one order) until a trigger, or a request makes it a market order: so a stop, a time exit and a manual
 * close are the same exit, and one wins.
 */
export const exitOrderSchema = z
  .object({
    purpose: z.literal('exit'),
    ...orderCommon,
    stop: decimalSchema.nullable(),
    target: decimalSchema.nullable(),
    trailingShare: z.number().positive().nullable(),
    /** Set when the position must be closed at market, and why. */
    marketReason: exitReasonSchema.nullable(),
  })
  .readonly();
export type ExitOrder = z.infer<typeof exitOrderSchema>;

export const orderSchema = z.discriminatedUnion('purpose', [entryOrderSchema, exitOrderSchema]);
export type Order = EntryOrder | ExitOrder;

export const positionSchema = z
  .object({
    id: name,
    version: z.number().int().positive(),
    strategy: strategyNameSchema,
    symbol: name,
    market: marketSchema,
    currency: currencySchema,
    product: productSchema,
    direction: directionSchema,
    /** Units held, always positive; the direction says which way. */
    quantity: decimalSchema,
    /** Average entry price in the quote currency. */
    entryPrice: decimalSchema,
    /** quantity x entry prices, quote currency, without charges. */
    cost: decimalSchema,
    entryRate: decimalSchema,
    /** Cash change of the entry, base currency: negative for a long. */
    entryCash: decimalSchema,
    /** Charges and slippage of the entry, base currency. */
    entryCharges: decimalSchema,
    entrySlippage: decimalSchema,
    stop: decimalSchema.nullable(),
    target: decimalSchema.nullable(),
    trailingShare: z.number().nullable(),
    openedMs: ms,
    exitByMs: ms,
    evidence: evidenceSchema,
    intent: intentSchema,
    /** Corporate actions that its figures include, each with the exit order that it replaced; absent where there was none. */
    actions: z
      .array(corporateActionSchema.unwrap().extend({ replacedExit: name }).readonly())
      .readonly()
      .optional(),
  })
  .readonly();
export type Position = z.infer<typeof positionSchema>;

/** One line of a double entry: amounts of an entry sum to zero in each currency. */
export const postingSchema = z.object({ account: name, currency: currencySchema, amount: decimalSchema }).readonly();
export type Posting = z.infer<typeof postingSchema>;

/** What of a position a corporate action changes. */
const holdingSchema = z
  .object({
    symbol: name,
    quantity: decimalSchema,
    entryPrice: decimalSchema,
    cost: decimalSchema,
    stop: decimalSchema.nullable(),
    target: decimalSchema.nullable(),
  })
  .readonly();
export type Holding = z.infer<typeof holdingSchema>;

const chargeSchema = z.object({ line: name, amount: decimalSchema }).readonly();

/** What a fill's price was computed from: enough to compute it again. */
export const fillProvenanceSchema = z
  .object({
    quote: quoteExcerptSchema,
    /** The price before spread, slippage and impact: the touch, the stop level or the tick. */
    basePrice: decimalSchema,
    baseRule: z.enum(['touch', 'last', 'stop-level', 'gap', 'limit']),
    halfSpreadShare: z.number(),
    slippageShare: z.number(),
    impactShare: z.number(),
    regime: z.enum(['low', 'medium', 'high']),
    volatility: z.number(),
    minuteVolume: z.number().nullable(),
    latencyMs: z.number().nonnegative(),
    seed: name,
  })
  .readonly();
export type FillProvenance = z.infer<typeof fillProvenanceSchema>;

/** Profit of the closed part, base currency: gross price effect, currency effect, then what was paid. */
export const realisedSchema = z
  .object({ price: decimalSchema, currency: decimalSchema, charges: decimalSchema, slippage: decimalSchema, net: decimalSchema })
  .readonly();
export type Realised = z.infer<typeof realisedSchema>;

export const fillSchema = z
  .object({
    id: name,
    orderId: name,
    ordinal: z.number().int().positive(),
    positionId: name,
    strategy: strategyNameSchema,
    symbol: name,
    market: marketSchema,
    purpose: z.enum(['entry', 'exit']),
    side: sideSchema,
    quantity: decimalSchema,
    price: decimalSchema,
    currency: currencySchema,
    charges: z.array(chargeSchema).readonly(),
    /** Cost of spread, slippage and impact against the base price, quote currency, never negative. */
    slippage: decimalSchema,
    rate: rateSchema,
    trigger: triggerSchema,
    evidence: evidenceSchema,
    provenance: fillProvenanceSchema,
    postings: z.array(postingSchema).readonly(),
    /** Null on entries. */
    realised: realisedSchema.nullable(),
    exitReason: exitReasonSchema.nullable(),
    atMs: ms,
  })
  .readonly();
export type Fill = z.infer<typeof fillSchema>;

/** What somebody must know of a trade before counting it. `diverged_quote`: its exit filled while other venues told another price. */
export const tradeFlagSchema = z.enum(['diverged_quote']);

/** A closed round trip: a projection of the journal, written with the fill that closes it. */
export const tradeSchema = z
  .object({
    id: name,
    seq: z.number().int().positive(),
    strategy: strategyNameSchema,
    symbol: name,
    market: marketSchema,
    evidence: evidenceSchema,
    direction: directionSchema,
    quantity: decimalSchema,
    currency: currencySchema,
    entryPrice: decimalSchema,
    exitPrice: decimalSchema,
    openedMs: ms,
    closedMs: ms,
    openedWhy: z.string(),
    closedWhy: exitReasonSchema,
    confidence: z.number(),
    entryCharges: decimalSchema,
    exitCharges: z.array(chargeSchema).readonly(),
    entryRate: decimalSchema,
    exitRate: rateSchema,
    realised: realisedSchema,
    /** Net result over what was risked at the stop; null without a stop. */
    rMultiple: z.number().nullable(),
    /** Absent where there is none. */
    flags: z.array(tradeFlagSchema).readonly().optional(),
    /** Corporate actions between entry and exit, which quantity and entry price include; absent where there was none. */
    actions: z
      .array(z.object({ exDate: z.iso.date(), says: name }).readonly())
      .readonly()
      .optional(),
  })
  .readonly();
export type Trade = z.infer<typeof tradeSchema>;

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
  })
  .readonly();
export type DayReport = z.infer<typeof dayReportSchema>;

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
  z.object({ type: z.literal('exit-requested'), ...at, orderId: name, reason: exitReasonSchema, activeFromMs: ms }).readonly(),
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
  z.object({ type: z.literal('limits-set'), ...at, before: riskLimitsSchema, after: riskLimitsSchema }).readonly(),
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
      })
      .readonly(),
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
