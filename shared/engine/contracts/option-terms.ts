import { toNumber } from '../../kernel/decimal.ts';
import type { OptionTermsOf } from '../../risk/exposures.ts';
import { type ContractsView, optionQuoteOf } from './contracts-view.ts';

const YEAR_MS = 365 * 86_400_000;

/** What the options of a view are worth by, as the risk figures value them anew. */
export function optionTermsIn(view: ContractsView): OptionTermsOf {
  return (symbol) => {
    const quote = optionQuoteOf(symbol, view);
    const chain = view.contract(symbol)?.chain;
    if (quote === null || chain === undefined || quote.iv === null) return null;
    const { strike, right, expiryMs } = quote.instrument.contract;
    const rate = view.rate(chain.currency);
    if (rate === null) return null;
    return { right, strike, forward: quote.underlyingPrice, iv: quote.iv, years: (expiryMs - view.nowMs) / YEAR_MS, moneyRate: toNumber(rate.value) };
  };
}
