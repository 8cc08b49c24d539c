import * as z from 'zod';
import data from './data/risk-free.json' with { type: 'json' };
import { factsFrom, fromDate, inForce, source } from './effective.ts';

const rates = z
  .array(z.strictObject({ from: fromDate, rate: z.number().min(0).max(1), source }))
  .min(1)
  .refine((entries) => entries.every(({ from }, i) => (i === 0 ? from === null : from !== null && from > (entries[i - 1]?.from ?? ''))), {
    error: 'rates begin without a date and follow in the order of their dates',
  });

const RISK_FREE = factsFrom(z.strictObject({ INR: rates, USD: rates }), data);

/** Moneys for which a riskless rate is kept. */
export type RateCurrency = keyof typeof RISK_FREE;

/**
 * What money earns without risk on a date, `YYYY-MM-DD`, simple, as a share a year: India's 91-day bill for the rupee, the
 * three-month bill for the dollar.
 */
export function riskFreeRate(currency: RateCurrency, date: string): number {
  const entries = RISK_FREE[currency];
  return (inForce(entries, date) ?? (entries[0] as (typeof entries)[number])).rate;
}
