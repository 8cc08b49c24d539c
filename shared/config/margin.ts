import * as z from 'zod';
import data from './data/margin.json' with { type: 'json' };
import { decimalText, factsFrom, fromDate, inForce, source } from './effective.ts';

const rate = z.number().min(0).max(1);
const common = { from: fromDate, source };

const deribitTerms = z.strictObject({ ...common, roundTo: decimalText, initialRate: rate, leastInitialRate: rate, maintenanceRate: rate });
/** Deribit's standard margin of options: shares of the underlying, in coin. */
export type DeribitTerms = Readonly<z.infer<typeof deribitTerms>>;

const notionalTier = z.strictObject({
  upToNotional: z.number().positive(),
  rate: rate,
  cum: z.number().nonnegative(),
  maxLeverage: z.number().positive(),
});
/** One bracket of position notional (USDT): its maintenance is `notional * rate - cum`. */
export type NotionalTier = Readonly<z.infer<typeof notionalTier>>;

const binanceUsdmTerms = z.strictObject({
  ...common,
  roundTo: decimalText,
  tiers: z.record(
    z.string(),
    z.array(notionalTier).superRefine((tiers, context) => {
      for (const message of gaps(tiers)) context.addIssue({ code: 'custom', message });
    }),
  ),
});
/** Brackets of Binance's USD-M contracts by the venue's symbol. */
export type BinanceUsdmTerms = Readonly<z.infer<typeof binanceUsdmTerms>>;

const scanTerms = z.strictObject({
  /** The scan range is so many daily deviations, times the square root of two days, and never below the least share of price. */
  priceScanSigmas: z.number().positive(),
  leastPriceScan: rate,
  /** Share of the annual volatility by which the volatility moves, and its least move in volatility itself (0.04 = 4 points). */
  volatilityScan: rate,
  leastVolatilityScan: rate,
  /** Charge on a spread between months, share of the far month's value. */
  calendarRate: rate,
  /** Whether contracts that expire today still offset other months. */
  offsetsOnExpiryDay: z.boolean(),
  /** Shares of notional on futures and short options, and on short options on the day they expire. */
  exposureRate: rate,
  expiryDayRate: rate,
});
/** Parameters of one class of NSE underlyings. */
export type NseScanTerms = Readonly<z.infer<typeof scanTerms>>;

const nseTerms = z.strictObject({
  ...common,
  roundTo: decimalText,
  /** The extreme scenarios move the price by so many scan ranges, and so large a share of their loss counts. */
  extremeMove: z.number().positive(),
  extremeShare: rate,
  index: scanTerms,
  stock: scanTerms,
});
/** NSE Clearing's margin of futures and options. */
export type NseDerivativesTerms = Readonly<z.infer<typeof nseTerms>>;

const regTTerms = z.strictObject({
  ...common,
  roundTo: decimalText,
  stockOptionRate: rate,
  indexOptionRate: rate,
  leastOptionRate: rate,
  sharesInitialRate: rate,
  sharesMaintenanceRate: rate,
});
/** Strategy-based margin of the United States, shares of the underlying's value. */
export type RegTTerms = Readonly<z.infer<typeof regTTerms>>;

const intradayTerms = z.strictObject({ ...common, leverage: decimalText.refine((leverage) => Number(leverage) >= 1, 'leverage is at least 1') });
/** What a broker lends for a position that is closed the same day. */
export type IntradayTerms = Readonly<z.infer<typeof intradayTerms>>;

const ORDER = { error: 'terms begin without a date and follow in the order of their dates' };

const marginFacts = z.strictObject({
  deribit: z.tuple([deribitTerms], deribitTerms).refine(coverEveryDay, ORDER),
  binanceUsdm: z.tuple([binanceUsdmTerms], binanceUsdmTerms).refine(coverEveryDay, ORDER),
  nseDerivatives: z.tuple([nseTerms], nseTerms).refine(coverEveryDay, ORDER),
  regT: z.tuple([regTTerms], regTTerms).refine(coverEveryDay, ORDER),
  nseIntraday: z.tuple([intradayTerms], intradayTerms).refine(coverEveryDay, ORDER),
});

/** Margin terms of every regime, each as a list of what held from when. */
export type MarginFacts = z.infer<typeof marginFacts>;

/** Validates margin terms: brackets must join without a jump of the maintenance, lists must cover every day. @throws z.ZodError */
export const parseMarginFacts = (value: unknown): MarginFacts => factsFrom(marginFacts, value);

const MARGIN_FACTS: MarginFacts = parseMarginFacts(data);

/** The terms of a regime on a date, `YYYY-MM-DD`. */
export function marginTermsOn<Regime extends keyof MarginFacts>(regime: Regime, date: string): MarginFacts[Regime][number] {
  const terms: readonly [MarginFacts[Regime][number], ...MarginFacts[Regime][number][]] = MARGIN_FACTS[regime];
  return inForce(terms, date) ?? terms[0];
}

/** Whether the first terms hold without a date and the later ones follow in the order of theirs. */
function coverEveryDay(terms: readonly { readonly from: string | null }[]): boolean {
  return terms.every(({ from }, i) => (i === 0 ? from === null : from !== null && from > (terms[i - 1]?.from ?? '')));
}

/** Where brackets or their rates do not rise, or the maintenance jumps: `cum` is what makes it continuous at a bracket's floor. */
function gaps(tiers: readonly NotionalTier[]): string[] {
  return tiers.flatMap((tier, i) => {
    const before = tiers[i - 1] ?? { upToNotional: 0, rate: tier.rate, cum: 0 };
    const cum = before.cum + before.upToNotional * (tier.rate - before.rate);
    const joins = tier.upToNotional > before.upToNotional && tier.rate >= before.rate && Math.abs(tier.cum - cum) < 0.01;
    return joins ? [] : [`bracket ${i + 1} up to ${tier.upToNotional} does not join the one before: cum should be ${cum}`];
  });
}
