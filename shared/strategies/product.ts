import type { Product } from '../contracts/terms.ts';
import type { Instrument } from '../market/instrument.ts';
import type { StrategyName } from './strategy.ts';

/** How a position of a strategy will be settled: scalps of shares are squared off within the day, swings are delivered. */
export function productOf(strategy: StrategyName, { contract, market }: Pick<Instrument, 'contract' | 'market'>): Product {
  if (contract !== null) return contract.kind;
  if (market === 'CRYPTO') return 'spot';
  return strategy === 'scalping' ? 'intraday' : 'delivery';
}
