import type { NseDerivativesTerms, NseScanTerms } from '../../config/margin.ts';
import { DAY_MS, type EpochMs } from '../../kernel/time.ts';
import { black76 } from '../../market/black76.ts';
import { type FutureLeg, type OptionLeg, signedQuantity } from './leg.ts';

/** An option as the scan revalues it. */
export interface NseOptionLeg extends OptionLeg {
  /** Price of the underlying for delivery at the option's expiry. */
  readonly forward: number;
  /** Volatility a year that its premium implies, as a share. */
  readonly iv: number;
}

export type ScannedLeg = FutureLeg | NseOptionLeg;

/** One way in which the market may move until tomorrow. */
export interface Scenario {
  /** Added to every price of the underlying. */
  readonly priceMove: number;
  /** Added to every volatility, as a share a year. */
  readonly volatilityMove: number;
  /** Share of the loss that counts. */
  readonly weight: number;
}

const YEAR_MS = 365 * DAY_MS;
const TRADING_DAYS_A_YEAR = 252;
const STEPS = [0, 1 / 3, -1 / 3, 2 / 3, -2 / 3, 1, -1] as const;

/**
 * The 16 scenarios of a SPAN scan: seven price moves within the scan range, each with the volatility up and down, and two
 * extreme moves of which only a share counts.
 *
 *   price range = max(6 sigma sqrt(2), least share) * price,  volatility range = max(25 % of sigma sqrt(252), least)
 *
 * @param dailyVolatility deviation of the underlying's daily log returns as a share, null where it is not known: the least ranges then hold
 * @see NSE Clearing: "SPAN risk parameters"; CME: "SPAN methodology"
 */
export function scanScenarios(
  underlyingPrice: number,
  dailyVolatility: number | null,
  rules: NseScanTerms,
  { extremeMove, extremeShare }: Pick<NseDerivativesTerms, 'extremeMove' | 'extremeShare'>,
): readonly Scenario[] {
  const sigma = dailyVolatility ?? 0;
  const range = underlyingPrice * Math.max(rules.priceScanSigmas * sigma * Math.SQRT2, rules.leastPriceScan);
  const volatilityRange = Math.max(rules.volatilityScan * sigma * Math.sqrt(TRADING_DAYS_A_YEAR), rules.leastVolatilityScan);
  const usual = STEPS.flatMap((step) => [1, -1].map((way) => ({ priceMove: step * range, volatilityMove: way * volatilityRange, weight: 1 })));
  const extreme = [1, -1].map((way) => ({ priceMove: way * extremeMove * range, volatilityMove: 0, weight: extremeShare }));
  return [...usual, ...extreme];
}

/** The most that the legs together lose in one of the scenarios against their prices, options by full revaluation. */
export function worstLoss(legs: readonly ScannedLeg[], scenarios: readonly Scenario[], atMs: EpochMs): number {
  return Math.max(...scenarios.map((scenario) => -scenario.weight * legs.reduce((sum, leg) => sum + profitIn(scenario, leg, atMs), 0)));
}

/** Units of the underlying that the legs stand for: futures as they are, options by their delta. */
export function deltaUnits(legs: readonly ScannedLeg[], atMs: EpochMs): number {
  return legs.reduce((sum, leg) => sum + signedQuantity(leg) * deltaOf(leg, atMs), 0);
}

/** The price of the underlying that a leg looks to. */
export const forwardOf = (leg: ScannedLeg): number => (leg.kind === 'future' ? leg.price : leg.forward);

function profitIn({ priceMove, volatilityMove }: Scenario, leg: ScannedLeg, atMs: EpochMs): number {
  const change = leg.kind === 'future' ? priceMove : revalued(leg, leg.forward + priceMove, leg.iv + volatilityMove, atMs) - leg.price;
  return signedQuantity(leg) * change;
}

const DELTA_BUMP = 1e-3;

function deltaOf(leg: ScannedLeg, atMs: EpochMs): number {
  if (leg.kind === 'future') return 1;
  const bump = DELTA_BUMP * leg.forward;
  return (revalued(leg, leg.forward + bump, leg.iv, atMs) - revalued(leg, leg.forward - bump, leg.iv, atMs)) / (2 * bump);
}

// Over a margin's horizon of a day or two interest is far below the ranges: values are not discounted.
function revalued({ right, strike, expiryMs }: NseOptionLeg, forward: number, volatility: number, atMs: EpochMs): number {
  const years = Math.max(0, expiryMs - atMs) / YEAR_MS;
  return black76({ right, forward: Math.max(forward, Number.MIN_VALUE), strike, variance: Math.max(0, volatility) ** 2 * years, discount: 1 });
}
