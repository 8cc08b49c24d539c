import * as z from 'zod';
import { INDICATOR_NAMES } from '../../indicators/named.ts';
import { TIMEFRAMES } from '../../market/timeframe.ts';
import { currencySchema, evidenceSchema, marketSchema } from '../terms.ts';
import { ageMs, amount, greeks, instant } from './common.ts';

const symbolsQuery = z.string().min(1).max(2_000).optional().describe('symbols, comma separated; else all');

export const quotesQuery = z.strictObject({ symbol: symbolsQuery });

/** A price as it is known now. Prices are in the instrument's currency, sizes in shares or coin. */
const quote = z.strictObject({
  symbol: z.string(),
  market: marketSchema,
  currency: currencySchema,
  last: amount,
  bid: amount.nullable(),
  ask: amount.nullable(),
  bidSize: amount.nullable(),
  askSize: amount.nullable(),
  /** The spread as a share of the middle, in basis points; null without a book. */
  spreadBps: z.number().nullable(),
  exchangeTime: instant,
  receivedTime: instant,
  ageMs,
  /** Whether it is new enough to be traded on. */
  isFresh: z.boolean(),
  source: z.string(),
  evidence: evidenceSchema,
  /** What other venues say of it; null where there is no other venue. */
  check: z
    .strictObject({
      state: z.enum(['agreed', 'diverged', 'single-source', 'stale']),
      /** Distance from the other venues' middle, in basis points of it. */
      spreadBps: z.number().nullable(),
      against: z.array(z.string()),
      since: instant,
    })
    .nullable(),
});

export const quotesAnswer = z.strictObject({
  quotes: z.array(quote),
  /** Symbols that were asked for and of which no price is known, with the reason. */
  unknown: z.array(z.strictObject({ symbol: z.string(), reason: z.string() })),
  rates: z.array(z.strictObject({ currency: currencySchema, usd: z.string(), source: z.string(), ageMs })),
  timestamp: instant,
});
export type QuotesAnswer = z.infer<typeof quotesAnswer>;

const span = {
  from: z.iso.datetime({ offset: true }).optional().describe('first instant, ISO 8601'),
  to: z.iso.datetime({ offset: true }).optional().describe('end, exclusive; default now'),
};

export const candlesQuery = z.strictObject({
  symbol: z.string().min(1).max(32),
  timeframe: z.enum(TIMEFRAMES).default('1m'),
  prices: z.enum(['adjusted', 'raw']).default('adjusted').describe('brought across splits, bonuses and demergers, or as traded'),
  limit: z.coerce.number().int().min(1).max(1_000).default(100).describe('the newest so many of the span'),
  indicators: z
    .string()
    .regex(new RegExp(`^(${INDICATOR_NAMES.join('|')})(,(${INDICATOR_NAMES.join('|')}))*$`), `Expected a list of ${INDICATOR_NAMES.join(', ')}`)
    .optional()
    .describe(`indicators to tell beside the candles, comma separated: ${INDICATOR_NAMES.join(', ')}`),
  ...span,
});

/** Minutes of a candle by how they came to us; null where only longer candles were kept. */
const minutes = z.strictObject({ received: z.number().int(), backfilled: z.number().int(), missing: z.number().int() }).nullable();

export const candlesAnswer = z.strictObject({
  symbol: z.string(),
  market: marketSchema,
  currency: currencySchema,
  timeframe: z.enum(TIMEFRAMES),
  prices: z.enum(['adjusted', 'raw']),
  candles: z.array(
    z.strictObject({
      openTime: instant,
      open: amount,
      high: amount,
      low: amount,
      close: amount,
      volume: amount,
      /** False while it is not over, and where a minute of it is missing: its extremes and volume are then lower bounds. */
      isComplete: z.boolean(),
      minutes,
    }),
  ),
  /** By name what each indicator that was asked for says after each candle; null until it is warm. Absent when none was asked for. */
  indicators: z.record(z.string(), z.array(z.union([z.number(), z.record(z.string(), z.number())]).nullable())).optional(),
  /** Evidence of the minutes, where they were kept: more than one where the source changed. */
  evidence: z.array(evidenceSchema),
  /** The source that gives this symbol now; null when no price is known. */
  source: z.string().nullable(),
  /** From the end of the newest candle's last minute; null without candles. */
  ageMs: ageMs.nullable(),
  /** Why there are none, or fewer than asked; null when all are there. */
  reason: z.string().nullable(),
  timestamp: instant,
});
export type CandlesAnswer = z.infer<typeof candlesAnswer>;

export const ticksQuery = z.strictObject({
  symbol: z.string().min(1).max(32),
  limit: z.coerce.number().int().min(1).max(3_600).default(300).describe('the newest so many seconds with a trade'),
  ...span,
});

export const ticksAnswer = z.strictObject({
  symbol: z.string(),
  currency: currencySchema,
  ticks: z.array(
    z.strictObject({
      second: instant,
      price: amount,
      quantity: amount,
      trades: z.number().int(),
      source: z.string(),
      evidence: evidenceSchema,
    }),
  ),
  /** How ticks are kept, in words. */
  note: z.string(),
  timestamp: instant,
});
export type TicksAnswer = z.infer<typeof ticksAnswer>;

export const instrumentsQuery = z.strictObject({ market: marketSchema.optional() });

export const instrumentsAnswer = z.strictObject({
  instruments: z.array(
    z.strictObject({
      symbol: z.string(),
      venueSymbol: z.string(),
      name: z.string(),
      market: marketSchema,
      venue: z.string(),
      currency: currencySchema,
      isin: z.string().nullable(),
      /** At the last price; null where the step depends on a price that is not known. */
      tickSize: amount.nullable(),
      lotStep: amount,
      minNotional: amount,
      shortSale: z.enum(['never', 'intraday', 'margin']),
      /** What the venue itself says at run time; null where the grids are those that the program was shipped with. */
      listing: z.strictObject({ status: z.string(), source: z.string(), ageMs }).nullable(),
    }),
  ),
  timestamp: instant,
});
export type InstrumentsAnswer = z.infer<typeof instrumentsAnswer>;

export const chainQuery = z.strictObject({
  underlying: z.string().min(1).max(32).describe('an index, a share or a coin, such as NIFTY'),
  expiry: z.iso.date().optional().describe('only what expires on this date'),
});

const contractQuote = {
  symbol: z.string(),
  venueSymbol: z.string(),
  /** That of the contract's own prices: coin for inverse options. */
  currency: currencySchema,
  bid: amount.nullable(),
  ask: amount.nullable(),
  last: amount.nullable(),
  mark: amount.nullable(),
  bidSize: amount.nullable(),
  askSize: amount.nullable(),
};
const expiring = { expiry: z.iso.date(), expiresAt: instant, settlement: z.enum(['cash', 'physical']) };

/** All that is quoted on the underlying at one venue. */
const chain = z.strictObject({
  venue: z.string(),
  spot: amount,
  currency: currencySchema,
  lotSize: z.number().positive(),
  expiries: z.array(z.iso.date()),
  perpetual: z
    .strictObject({
      ...contractQuote,
      index: amount,
      /** What longs pay to shorts for the running interval, as a share. */
      fundingRate: z.number(),
      nextFundingAt: instant,
      fundingIntervalMs: z.number().int().positive(),
    })
    .nullable(),
  futures: z.array(z.strictObject({ ...contractQuote, ...expiring })),
  options: z.array(
    z.strictObject({
      ...contractQuote,
      ...expiring,
      strike: amount,
      right: z.enum(['call', 'put']),
      payoff: z.enum(['linear', 'inverse']),
      /** Implied volatility a year of the mark, as a share; null where there is none. */
      iv: z.number().nullable(),
      /** Of one unit, by that volatility. */
      greeks: greeks.nullable(),
      /** Price of the underlying for delivery at this expiry. */
      underlyingPrice: amount,
    }),
  ),
  at: instant,
  source: z.string(),
  evidence: evidenceSchema,
});

export const chainAnswer = z.strictObject({
  underlying: z.string(),
  /** Null while there is none; `reason` says why. */
  chain: chain.nullable(),
  /** The same of further venues: one may have the futures, another the options. */
  others: z.array(chain),
  reason: z.string().nullable(),
  timestamp: instant,
});
export type ChainAnswer = z.infer<typeof chainAnswer>;
