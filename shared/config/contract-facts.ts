import * as z from 'zod';
import data from './data/contracts.json' with { type: 'json' };
import { decimalText, factsFrom, fromDate, source } from './effective.ts';

const clock = z.string().regex(/^\d\d:\d\d$/);
const band = z.strictObject({ below: decimalText.nullable(), tick: decimalText });

const contractListing = z.strictObject({
  underlying: z.string().regex(/^[A-Z0-9]+$/),
  market: z.enum(['NSE', 'CRYPTO']),
  venue: z.enum(['nse', 'binance-futures', 'deribit']),
  quote: z.enum(['USDT', 'INR', 'BTC', 'ETH']),
  settlement: z.enum(['cash', 'physical']),
  kind: z.enum(['perpetual', 'future', 'option']),
  payoff: z.enum(['linear', 'inverse']),
  ticks: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('fixed'), tick: decimalText }),
    z.strictObject({ kind: z.literal('underlying') }),
    z.strictObject({ kind: z.enum(['by-price', 'by-strike']), bands: z.array(band).min(1) }),
  ]),
  minNotional: decimalText,
  lots: z.array(z.strictObject({ from: fromDate, lot: decimalText, source })).min(1),
});

const contractFacts = z.strictObject({
  expiries: z.strictObject({
    /** Weeklies expire on this weekday (0 = Sunday), monthlies on the last of the month, at this time of day in India. */
    nse: z.array(z.strictObject({ from: fromDate, weekday: z.number().int().min(0).max(6), clock, source })).min(1),
    crypto: z.strictObject({ clockUtc: clock, source }),
  }),
  /** What is listed on each underlying, and by which grids; of two venues that list the same, the first is meant by a symbol. */
  listings: z.array(contractListing),
});

export type ContractListing = z.infer<typeof contractListing>;

/** Which contracts there are, with their lots, ticks and expiries, as shipped. */
export const CONTRACT_FACTS: z.infer<typeof contractFacts> = factsFrom(contractFacts, data);
