import { marginTermsOn } from '../../config/margin.ts';
import type { EpochMs } from '../../kernel/time.ts';
import { istDate } from '../../market/ist.ts';
import { type BinanceUsdmPosition, binanceUsdmMargin } from './binance-usdm.ts';
import { type DeribitPosition, deribitMargin } from './deribit.ts';
import { type CashPosition, cashMargin, type NseIntradayPosition, nseIntradayMargin } from './equity.ts';
import { type NseDerivativesPosition, nseDerivativesMargin } from './nse-derivatives.ts';
import { type RegTPosition, regTMargin } from './reg-t.ts';
import type { MarginRequirement } from './requirement.ts';

/** A position in one underlying under the rules that margin it. */
export type MarginPosition = CashPosition | NseIntradayPosition | NseDerivativesPosition | DeribitPosition | BinanceUsdmPosition | RegTPosition;

/**
 * What a position asks of an account under the terms of its day, in the currency in which it settles (coin for Deribit).
 * Days are those of India, as for charges.
 * @throws MarginError
 */
export function marginOf(position: MarginPosition, atMs: EpochMs): MarginRequirement {
  const date = istDate(atMs);
  switch (position.regime) {
    case 'cash':
      return cashMargin(position);
    case 'nse-intraday':
      return nseIntradayMargin(position, marginTermsOn('nseIntraday', date));
    case 'nse-derivatives':
      return nseDerivativesMargin(position, marginTermsOn('nseDerivatives', date), atMs);
    case 'deribit':
      return deribitMargin(position, marginTermsOn('deribit', date));
    case 'binance-usdm':
      return binanceUsdmMargin(position, marginTermsOn('binanceUsdm', date));
    case 'reg-t':
      return regTMargin(position, marginTermsOn('regT', date));
  }
}
