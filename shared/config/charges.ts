import * as z from 'zod';
import data from './data/charges.json' with { type: 'json' };
import { decimalText, factsFrom, fromDate, source } from './effective.ts';

/** The lines a cost schedule may have; each is booked apart. */
export const CHARGE_LINES = ['commission', 'brokerage', 'stt', 'transaction', 'ipft', 'sebi', 'stamp', 'gst', 'dp', 'short-delivery-risk'] as const;
export type ChargeLine = (typeof CHARGE_LINES)[number];

/**
 * What was bought or sold, as its venue and taxes see it. `exercise` is the settlement in cash of an option that ends in the money,
 * `physical` the shares that a contract of NSE ends in, `netted` a contract whose shares are owed the other way by another.
 */
export const PRODUCTS = ['spot', 'delivery', 'intraday', 'perpetual', 'future', 'option', 'exercise', 'physical', 'netted'] as const;
export type Product = (typeof PRODUCTS)[number];

/** `maker`: the order rested in the book and was met there. `taker`: it met another. */
export type Liquidity = 'maker' | 'taker';

const commissionPaidIn = z.enum(['asset-received', 'bnb']);

/** What Binance takes its spot commission in: the asset that the trade brought, or BNB at a discount. */
export type CommissionPaidIn = z.infer<typeof commissionPaidIn>;

const common = {
  line: z.enum(CHARGE_LINES),
  venue: z.enum(['nse', 'binance', 'binance-futures', 'deribit']),
  products: z.array(z.enum(PRODUCTS)).min(1),
  side: z.enum(['buy', 'sell', 'both']),
  liquidity: z.enum(['maker', 'taker', 'both']).default('both'),
  /** The rule holds for those who pay their commission so; null: for all. */
  commissionPaidIn: commissionPaidIn.nullable().default(null),
  from: fromDate,
  to: z.iso.date().nullable(),
  source,
};

// A rate is written as its circular writes it: 0.1 per 100 is 0.1 %, 307 per 10000000 is Rs 307 a crore.
const rated = { rate: decimalText, per: positive(decimalText) };

const chargeRule = z.discriminatedUnion('basis', [
  z.strictObject({ ...common, ...rated, basis: z.literal('notional'), cap: decimalText.nullable(), isTaxed: z.boolean() }),
  // A share of the quantity received, taken out of it.
  z.strictObject({ ...common, ...rated, side: z.literal('buy'), basis: z.literal('quantity') }),
  // A share of the underlying's notional, at most `premiumCap` (on the same `per`) of the option's own.
  z.strictObject({ ...common, ...rated, basis: z.literal('underlying'), premiumCap: decimalText }),
  z.strictObject({ ...common, basis: z.literal('flat'), amount: decimalText, each: z.enum(['order', 'sale-day']), isTaxed: z.boolean() }),
  z.strictObject({ ...common, ...rated, basis: z.literal('taxed-lines') }),
]);

/**
 * One line of a schedule from one date to another: a share of the notional, of the quantity or of the underlying, a flat
 * amount an order or a day, or a tax on other lines.
 */
export type ChargeRule = Readonly<z.infer<typeof chargeRule>>;

const chargeFacts = z.strictObject({
  minorUnits: z.strictObject({ INR: decimalText, USDT: decimalText, USD: decimalText, BTC: decimalText, ETH: decimalText }),
  commissionPaidIn,
  shortDelivery: z.strictObject({ probability: decimalText, penaltyShare: decimalText, source }),
  rules: z.array(chargeRule).superRefine((rules, context) => {
    for (const message of overlaps(rules)) context.addIssue({ code: 'custom', message });
  }),
});

/**
 * Cost schedules, the smallest unit in which a note of each currency is written, what Binance's commission is paid in, and
 * what an undelivered sale of shares is assumed to cost.
 */
export type ChargeFacts = z.infer<typeof chargeFacts>;

/** Validates cost schedules: no line may have two rules for the same fill. @throws z.ZodError */
export const parseChargeFacts = (value: unknown): ChargeFacts => factsFrom(chargeFacts, value);

export const CHARGE_FACTS: ChargeFacts = parseChargeFacts(data);

function overlaps(rules: readonly ChargeRule[]): string[] {
  return rules.flatMap((a, i) =>
    rules.slice(i + 1).flatMap((b) => {
      const sameLine = a.line === b.line && a.venue === b.venue && a.products.some((product) => b.products.includes(product));
      const sameFill = meet(a.side, b.side, 'both') && meet(a.liquidity, b.liquidity, 'both') && meet(a.commissionPaidIn, b.commissionPaidIn, null);
      const sameDay = (a.from ?? '') <= (b.to ?? '9999') && (b.from ?? '') <= (a.to ?? '9999');
      return sameLine && sameFill && sameDay ? [`${a.venue} ${a.line} has two rules at once: from ${a.from} and from ${b.from}`] : [];
    }),
  );
}

function meet<Value>(a: Value, b: Value, any: Value): boolean {
  return a === any || b === any || a === b;
}

function positive(text: typeof decimalText): typeof decimalText {
  return text.regex(/[1-9]/, 'expected more than nothing');
}
