import { allLimits, VALUE_AT_RISK } from '../config/risk.ts';
import { type Decimal, fromNumber, toNumber } from '../kernel/decimal.ts';
import { type Account, isMargined, type MarkOf, type RateOf } from '../ledger/account.ts';
import type { Cap, Sized } from './cap.ts';
import { equityOf } from './equity-now.ts';
import { currencyShare, exposuresOf, linearExposure, NO_OPTION_TERMS, type OptionTermsOf, optionExposure } from './exposures.ts';
import { type GateRefusal, over, percent } from './refusal.ts';
import { addTo, type BookOutcomes, bookOutcomes, type Exposure, gateValueAtRisk } from './var/book.ts';
import { NO_RISK_MODEL, type RiskModel } from './var/risk-model.ts';

/** Halvings of the interval in which the largest size is looked for: to a thousandth of it. */
const HALVINGS = 10;

/** The book that a candidate would join. */
export interface RiskBook {
  readonly account: Account;
  readonly markOf: MarkOf;
  readonly rateOf: RateOf;
  readonly risk?: RiskModel | null | undefined;
  readonly optionTermsOf?: OptionTermsOf | undefined;
  readonly equityNow?: (() => Decimal) | undefined;
}

/** The size up to which the limit holds, and what is said when that is too little. */
export interface RiskRoom {
  readonly size: number;
  readonly refusal: () => GateRefusal;
}

/**
 * The size of a candidate up to which the value at risk of the whole book stays within its limit. What lowers it may be as large
 * as the other caps allow.
 * @param one   exposures of one unit of the candidate
 * @param upTo  size that the other caps leave
 */
export function valueAtRiskRoom(book: RiskBook, one: readonly Exposure[], upTo: number): RiskRoom {
  const { account, markOf, rateOf, optionTermsOf } = book;
  const { maxVar } = allLimits(account.limits);
  const model = book.risk ?? NO_RISK_MODEL;
  const equityUsd = toNumber(equityOf(book));
  const limit = maxVar * Math.max(0, equityUsd);
  const held = bookOutcomes(model, exposuresOf(account, markOf, rateOf, optionTermsOf ?? NO_OPTION_TERMS));
  const unit = bookOutcomes(model, one);
  const riskWith = (size: number): number => gateValueAtRisk(together(held, unit, size), VALUE_AT_RISK.level);
  const before = riskWith(0);
  const isAllowed = (size: number): boolean => {
    const risk = riskWith(size);
    return risk <= limit || risk <= before;
  };
  return {
    size: largest(upTo, isAllowed),
    refusal: () => {
      const share = equityUsd <= 0 ? 1 : riskWith(upTo) / equityUsd;
      const why = `${basisOf(model, one)} the book could lose ${percent(share)} of equity in a day, the limit is ${percent(maxVar)}`;
      return over('maxVar', share, maxVar, why);
    },
  };
}

/** The notional of an entry up to which the limit holds. @param upTo  notional that the other caps leave, base currency */
export function valueAtRiskCap(entry: Sized, upTo: number): Cap {
  const { size, refusal } = valueAtRiskRoom(entry, [exposureOfOne(entry)], upTo);
  return { name: 'maxVar', notional: fromNumber(size), refusal };
}

/** What one unit of money in the entry hangs on. */
function exposureOfOne({ account, instrument, product, direction, price, rate, optionTermsOf = NO_OPTION_TERMS }: Sized): Exposure {
  const { symbol, market, quote } = instrument;
  const sign = direction === 'long' ? 1 : -1;
  const terms = optionTermsOf(symbol);
  const currency = currencyShare(quote, isMargined({ product }) ? 0 : sign, account.day.date);
  const worth = price * (rate === null ? 1 : toNumber(rate.value));
  return terms === null || worth <= 0
    ? linearExposure('candidate', symbol, market, sign, currency)
    : optionExposure('candidate', symbol, market, sign / worth, terms, currency);
}

/** On what ground a value at risk stands, as the beginning of a sentence. */
function basisOf(model: RiskModel, exposures: readonly Exposure[]): string {
  const why = exposures.map(({ factor }) => model.whyUnknown(factor)).find((each) => each !== null);
  return why === undefined ? `By ${model.days} days of history` : `${why}, so by the move that is assumed instead`;
}

/** The largest size up to a bound that is still allowed; the bound itself when that is. */
function largest(upTo: number, isAllowed: (size: number) => boolean): number {
  if (upTo <= 0 || isAllowed(upTo)) return upTo;
  let [low, high] = [0, upTo];
  for (let i = 0; i < HALVINGS; i++) {
    const middle = (low + high) / 2;
    if (isAllowed(middle)) low = middle;
    else high = middle;
  }
  return low;
}

/** The book with a position of a size: `one` is that of a unit. */
function together(book: BookOutcomes, one: BookOutcomes, size: number): BookOutcomes {
  const assumedByCurrency = new Map(book.assumedByCurrency);
  for (const [code, change] of one.assumedByCurrency) addTo(assumedByCurrency, code, size * change);
  return {
    historical: sum(book.historical, one.historical, size),
    simulated: sum(book.simulated, one.simulated, size),
    assumedLoss: book.assumedLoss + size * one.assumedLoss,
    assumedByCurrency,
    unknown: book.unknown,
  };
}

function sum(book: Float64Array | null, one: Float64Array | null, size: number): Float64Array | null {
  if (one === null) return book;
  if (book === null) return one.map((outcome) => size * outcome);
  return book.map((outcome, i) => outcome + size * (one[i] as number));
}
