import { fromNumber } from '../kernel/decimal.ts';
import type { MarkOf, RateOf } from '../ledger/account.ts';
import { toScale } from './price-scale.ts';
import type { MarketView } from './view.ts';

/**
 * Marks of positions: the last known price, whatever its age, for a position has a worth while no price comes. A price from
 * the other side of a corporate action is brought to the position's scale: a split changes nobody's worth.
 */
export function marksOf(view: MarketView): MarkOf {
  return (symbol, position) => {
    const quote = view.quote(symbol);
    return quote === null ? null : fromNumber(quote.last * toScale(position, quote.exchangeMs));
  };
}

/** The rates of a view as the account's valuation asks for them. */
export function ratesOf(view: MarketView): RateOf {
  return (currency) => view.rate(currency)?.value ?? null;
}
