import * as z from 'zod';
import { abs, type Decimal, decimal, fromNumber, text } from '../../kernel/decimal.ts';

/**
 * Words that the v8 answers share. Amounts of the given fields (`startingCapital`, `currentCapital`, `totalPnL`, `dailyPnL`)
 * are JSON numbers; every other amount of money, price or quantity is an exact decimal string; statistics are numbers.
 */

/** An exact amount: a decimal string of at most eight places. */
export const amount = z.string().regex(/^-?\d+(\.\d{1,8})?$/);
/** A given field's amount, base currency, rounded to the nearest double of its eight places. */
export const money = z.number();
/** A result with kinder and with harsher fills, base currency: the booked one lies between. */
export const pnlBand = z.strictObject({ optimistic: amount, pessimistic: amount });
/** ISO 8601 in UTC. */
export const instant = z.iso.datetime();
export const ageMs = z.number().int().nonnegative();

/** What companies did to their shares meanwhile, in words. */
export const corporateActions = z.array(z.strictObject({ exDate: z.iso.date(), says: z.string() }));

export const pageQuery = {
  limit: z.coerce.number().int().min(1).max(200).default(50).describe('entries a page'),
  cursor: z.string().min(1).max(512).optional().describe('`next` of the page before'),
};
export const sessionQuery = { session: z.string().min(1).max(64).optional().describe('a session by id; else the active one, else the last') };

/** More than any market has: beyond it lie mistakes, and numbers that floats show with an exponent. */
const LARGEST = decimal('1000000000000');

const EXPECTED = 'Expected an amount with at most 8 decimal places, such as 100000 or "100000.50"';

/** Money as a person types it: a JSON number or a decimal string, kept exactly. */
export const moneyInput = z.union([z.number(), z.string().max(40)], { error: EXPECTED }).transform((value, context): Decimal => {
  const amount = exactly(value);
  if (amount !== null && abs(amount) < LARGEST) return amount;
  const told = amount === null ? EXPECTED : `Expected an amount below ${text(LARGEST)}`;
  context.addIssue({ code: 'custom', message: `${told}, received ${value}` });
  return z.NEVER;
});

/** Null for what has more than 8 decimal places, and for what is no number. */
function exactly(value: number | string): Decimal | null {
  try {
    // A number is what it is written as; small ones are written with an exponent, as 1e-7.
    return isSmall(value) && Number(value.toFixed(8)) === value ? fromNumber(value) : decimal(String(value));
  } catch {
    return null;
  }
}

const isSmall = (value: number | string): value is number => typeof value === 'number' && Math.abs(value) < 1e-6;

/** Which session an answer is about, and in words when it is not an active one. */
export const shownSession = {
  sessionId: z.string().nullable(),
  isActive: z.boolean(),
  /** Why there is nothing to show, or why it is not an active session's; null while one is active. */
  reason: z.string().nullable(),
};

/**
 * Sensitivities: `delta` in units of the underlying, `gamma` of it for one unit of its price, `vega` for a point of volatility and
 * `theta` for a day, both in the currency of the chain.
 */
export const greeks = z.strictObject({ delta: z.number(), gamma: z.number(), vega: z.number(), theta: z.number() });
