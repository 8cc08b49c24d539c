import { allLimits, VALUE_AT_RISK } from '../config/risk.ts';
import { fromNumber, toNumber } from '../kernel/decimal.ts';
import { equity } from '../ledger/account.ts';
import type { Cap, Sized } from './cap.ts';
import { exposuresOf, linearExposure } from './exposures.ts';
import { over, percent } from './refusal.ts';
import { type BookOutcomes, bookOutcomes, gateValueAtRisk } from './var/book.ts';
import { NO_RISK_MODEL, type RiskModel } from './var/risk-model.ts';

/** Halvings of the interval in which the largest size is looked for: to a thousandth of it. */
const HALVINGS = 10;

/**
 * The notional up to which the value at risk of the whole book stays within its limit. What lowers it may be as large as the
 * other caps allow.
 * @param upTo  notional that the other caps leave, base currency
 */
export function valueAtRiskCap(entry: Sized, upTo: number): Cap {
  const { account, instrument, direction, markOf, rateOf } = entry;
  const { maxVar } = allLimits(account.limits);
  const model = entry.risk ?? NO_RISK_MODEL;
  const equityUsd = toNumber(equity(account, markOf, rateOf));
  const limit = maxVar * Math.max(0, equityUsd);
  const book = bookOutcomes(model, exposuresOf(account, markOf, rateOf));
  const one = bookOutcomes(model, [linearExposure('candidate', instrument.symbol, instrument.market, direction === 'long' ? 1 : -1)]);
  const riskWith = (notional: number): number => gateValueAtRisk(together(book, one, notional), VALUE_AT_RISK.level);
  const before = riskWith(0);
  const notional = largest(upTo, (size) => {
    const risk = riskWith(size);
    return risk <= limit || risk <= before;
  });
  return {
    name: 'maxVar',
    notional: fromNumber(notional),
    refusal: () => {
      const share = equityUsd <= 0 ? 1 : riskWith(upTo) / equityUsd;
      return over(
        'maxVar',
        share,
        maxVar,
        `${basisOf(model, instrument.symbol)} the book could lose ${percent(share)} of equity in a day, the limit is ${percent(maxVar)}`,
      );
    },
  };
}

/** On what ground a value at risk stands, as the beginning of a sentence. */
const basisOf = (model: RiskModel, symbol: string): string => {
  const why = model.whyUnknown(symbol);
  return why === null ? `By ${model.days} days of history` : `${why}, so by the move that is assumed instead`;
};

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

/** The book with a position of a size: `one` is that of a unit of money. */
function together(book: BookOutcomes, one: BookOutcomes, size: number): BookOutcomes {
  return {
    historical: sum(book.historical, one.historical, size),
    simulated: sum(book.simulated, one.simulated, size),
    assumedLoss: book.assumedLoss + size * one.assumedLoss,
    unknown: book.unknown,
  };
}

function sum(book: Float64Array | null, one: Float64Array | null, size: number): Float64Array | null {
  if (one === null) return book;
  if (book === null) return one.map((outcome) => size * outcome);
  return book.map((outcome, i) => outcome + size * (one[i] as number));
}
