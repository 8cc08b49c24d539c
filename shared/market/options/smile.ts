import { DAY_MS, type EpochMs } from '../../kernel/time.ts';
import type { OptionRight } from '../black76.ts';
import type { DerivativeChain, OptionQuote } from '../derivative.ts';
import { forwardDelta } from './greeks.ts';
import { impliedVolatility } from './implied-volatility.ts';

/** Time to expiry is counted in calendar years of 365 days, as Deribit and the simulated market do. */
export const YEAR_MS = 365 * DAY_MS;

/** An option of a smile with its volatility and delta. */
export interface SmilePoint {
  readonly quote: OptionQuote;
  readonly strike: number;
  readonly right: OptionRight;
  /** A year, as a share. */
  readonly iv: number;
  /** By the forward, undiscounted: of a call and its put they differ by 1. */
  readonly delta: number;
}

/** The options of one expiry. */
export interface Smile {
  readonly expiryMs: EpochMs;
  readonly years: number;
  readonly forward: number;
  /** By strike, calls and puts; those without a volatility are left out. */
  readonly points: readonly SmilePoint[];
  /** One point a strike, that of the side out of the money, whose price is all volatility; by strike. */
  readonly outside: readonly SmilePoint[];
}

/**
 * The smiles of a chain, by expiry; those that have expired are left out, and so are expiries without any volatility.
 * The volatility is the one told with the quote, else the one that its mark implies, else the middle of its book.
 * @param rate continuous, a year: discounts linear options. Inverse ones are discounted by spot over forward, since their premium is coin.
 */
export function smilesOf(chain: DerivativeChain, rate: number): readonly Smile[] {
  const byExpiry = new Map<EpochMs, OptionQuote[]>();
  for (const quote of chain.options) {
    const { expiryMs } = quote.instrument.contract;
    if (expiryMs <= chain.atMs) continue;
    const quotes = byExpiry.get(expiryMs);
    if (quotes === undefined) byExpiry.set(expiryMs, [quote]);
    else quotes.push(quote);
  }
  return [...byExpiry.entries()].sort(([a], [b]) => a - b).flatMap(([expiryMs, quotes]) => smileOf(chain, expiryMs, quotes, rate) ?? []);
}

function smileOf({ atMs }: DerivativeChain, expiryMs: EpochMs, quotes: readonly OptionQuote[], rate: number): Smile | null {
  const years = (expiryMs - atMs) / YEAR_MS;
  const discount = Math.exp(-rate * years);
  const points = quotes.flatMap((quote) => pointOf(quote, years, discount) ?? []).sort((a, b) => a.strike - b.strike);
  const outside = points.filter(({ quote, strike, right }) => (right === 'call') === strike >= quote.underlyingPrice);
  const [nearest] = outside.toSorted((a, b) => distance(a) - distance(b));
  return nearest === undefined ? null : { expiryMs, years, forward: nearest.quote.underlyingPrice, points, outside };
}

const distance = ({ quote, strike }: SmilePoint): number => Math.abs(Math.log(strike / quote.underlyingPrice));

function pointOf(quote: OptionQuote, years: number, discount: number): SmilePoint | null {
  const { strike, right } = quote.instrument.contract;
  const iv = quote.iv ?? impliedBy(quote, years, discount);
  if (iv === null || iv <= 0 || quote.underlyingPrice <= 0) return null;
  const delta = forwardDelta({ right, forward: quote.underlyingPrice, strike, years, volatility: iv });
  return { quote, strike, right, iv, delta };
}

/** The volatility of the mark, or of the middle between bid and ask. */
function impliedBy({ instrument, mark, bid, ask, underlyingPrice }: OptionQuote, years: number, discount: number): number | null {
  const { strike, right, payoff } = instrument.contract;
  const price = mark ?? (bid === null || ask === null ? null : (bid + ask) / 2);
  if (price === null) return null;
  // In coin the price is the undiscounted one over the forward.
  const priced = payoff === 'inverse' ? { price: price * underlyingPrice, discount: 1 } : { price, discount };
  return impliedVolatility({ right, forward: underlyingPrice, strike, years, ...priced }).volatility;
}

/**
 * Volatility of a strike: total variance linear in the logarithm of the strike between the quoted ones, flat beyond them.
 */
export function ivAtStrike({ outside }: Smile, strike: number): number {
  const above = outside.findIndex((point) => point.strike >= strike);
  const [first, last] = [outside[0] as SmilePoint, outside.at(-1) as SmilePoint];
  if (above === -1) return last.iv;
  if (above === 0) return first.iv;
  const [lower, upper] = [outside[above - 1] as SmilePoint, outside[above] as SmilePoint];
  const weight = Math.log(strike / lower.strike) / Math.log(upper.strike / lower.strike);
  return Math.sqrt((1 - weight) * lower.iv ** 2 + weight * upper.iv ** 2);
}

/** Volatility at the money: where the strike is the forward. */
export const atTheMoneyIv = (smile: Smile): number => ivAtStrike(smile, smile.forward);

/**
 * The quoted option whose delta is nearest to the one sought, among those that `suits`; null where none is.
 * @param delta without its sign, 0 to 1
 */
export function nearestDelta(
  { points }: Smile,
  right: OptionRight,
  delta: number,
  suits: (point: SmilePoint) => boolean = () => true,
): SmilePoint | null {
  let best: SmilePoint | null = null;
  const miss = (point: SmilePoint): number => Math.abs(Math.abs(point.delta) - delta);
  for (const point of points) if (point.right === right && suits(point) && (best === null || miss(point) < miss(best))) best = point;
  return best;
}
