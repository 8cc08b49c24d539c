import { SHORT_COIN_BY_PERPETUAL } from '../../config/risk.ts';
import { contractSymbol } from '../../market/contract-symbol.ts';
import type { Instrument } from '../../market/instrument.ts';
import type { MarketView } from '../view.ts';
import type { Contracts } from './contracts-view.ts';

/** What a short of coin is traded in, and what its prices are over those of the coin. */
export interface CoinShort {
  readonly instrument: Instrument;
  readonly priceRatio: number;
}

/**
 * The perpetual that a short of a coin goes to: coin itself is long only. Null for all else, where no perpetual is quoted, and where
 * the configuration keeps shorts off (they are refused then, as before).
 */
export function shortInstrument(instrument: Instrument, view: MarketView & Contracts): CoinShort | null {
  if (!SHORT_COIN_BY_PERPETUAL || instrument.shortSale !== 'never' || instrument.market !== 'CRYPTO') return null;
  const symbol = contractSymbol({ kind: 'perpetual', underlying: instrument.symbol });
  const quoted = view.contract(symbol);
  const [own, spot] = [view.quote(symbol), view.quote(instrument.symbol)];
  if (quoted === null || own === null) return null;
  return { instrument: quoted.quote.instrument, priceRatio: spot === null ? 1 : own.last / spot.last };
}
