import type { FoArbitrageConfig } from '../../config/strategies.ts';
import type { DerivativeChain } from '../../market/derivative.ts';
import type { Instrument } from '../../market/instrument.ts';
import type { BookTerms } from './books.ts';
import type { Book } from './candidate.ts';

/** What is looked at: one underlying with everything that is quoted on it. */
export interface ArbitrageMarket extends BookTerms {
  readonly config: FoArbitrageConfig;
  /** The underlying itself. */
  readonly instrument: Instrument;
  readonly chains: readonly DerivativeChain[];
  /** The underlying's own book; null for an index, and where none is known. */
  readonly spot: Book | null;
  /** Simple riskless rate a year of the structure's currency, as a share. */
  readonly riskFree: number;
  /** Volatility a year of the underlying, as a share. */
  readonly volatility: number;
}
