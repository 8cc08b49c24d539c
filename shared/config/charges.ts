import * as z from 'zod';
import data from './data/charges.json' with { type: 'json' };
import { decimalText, fromDate, source } from './effective.ts';

/** The lines a cost schedule may have; each is booked apart. */
export const CHARGE_LINES = ['commission', 'brokerage', 'stt', 'transaction', 'ipft', 'sebi', 'stamp', 'gst', 'dp'] as const;
export type ChargeLine = (typeof CHARGE_LINES)[number];

/** What was bought or sold, as its taxes see it. */
export const PRODUCTS = ['spot', 'delivery', 'intraday'] as const;
export type Product = (typeof PRODUCTS)[number];

const common = {
  line: z.enum(CHARGE_LINES),
  venue: z.enum(['nse', 'binance']),
  products: z.array(z.enum(PRODUCTS)).min(1),
  side: z.enum(['buy', 'sell', 'both']),
  from: fromDate,
  to: z.iso.date().nullable(),
  source,
};

// A rate is written as its circular writes it: 0.1 per 100 is 0.1 %, 307 per 10000000 is Rs 307 a crore.
const chargeRule = z.discriminatedUnion('basis', [
  z.strictObject({ ...common, basis: z.literal('notional'), rate: decimalText, per: decimalText, cap: decimalText.nullable(), isTaxed: z.boolean() }),
  z.strictObject({ ...common, basis: z.literal('flat'), amount: decimalText, isTaxed: z.boolean() }),
  z.strictObject({ ...common, basis: z.literal('taxed-lines'), rate: decimalText, per: decimalText }),
]);

/** One line of a schedule from one date to another: a share of the notional, a flat amount an order, or a tax on other lines. */
export type ChargeRule = Readonly<z.infer<typeof chargeRule>>;

const chargeFacts = z.strictObject({
  minorUnits: z.strictObject({ INR: decimalText, USDT: decimalText, USD: decimalText }),
  rules: z.array(chargeRule).superRefine((rules, context) => {
    for (const message of overlaps(rules)) context.addIssue({ code: 'custom', message });
  }),
});

/** Cost schedules and the smallest unit in which a note of each currency is written. */
export type ChargeFacts = z.infer<typeof chargeFacts>;

/** Validates cost schedules: no line may have two rules for the same product, side and day. @throws z.ZodError */
export const parseChargeFacts = (value: unknown): ChargeFacts => chargeFacts.parse(value);

export const CHARGE_FACTS: ChargeFacts = parseChargeFacts(data);

function overlaps(rules: readonly ChargeRule[]): string[] {
  return rules.flatMap((a, i) =>
    rules.slice(i + 1).flatMap((b) => {
      const sameLine = a.line === b.line && a.venue === b.venue && a.products.some((product) => b.products.includes(product));
      const sameSide = a.side === 'both' || b.side === 'both' || a.side === b.side;
      const sameDay = (a.from ?? '') <= (b.to ?? '9999') && (b.from ?? '') <= (a.to ?? '9999');
      return sameLine && sameSide && sameDay ? [`${a.venue} ${a.line} has two rules at once: from ${a.from} and from ${b.from}`] : [];
    }),
  );
}
