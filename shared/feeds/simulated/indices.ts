import { type Decimal, decimal } from '../../kernel/decimal.ts';
import type { Instrument } from '../../market/instrument.ts';

/** NSE publishes its indices to five hundredths of a point. */
const INDEX_TICK = decimal('0.05');
const ONE_UNIT = decimal('1');
const INDICES = ['NIFTY', 'BANKNIFTY'] as const;

/** The indices of the simulated market: prices like any other, though nobody can buy them. Their volumes mean nothing. */
export const simulatedIndices = (): readonly Instrument[] =>
  INDICES.map((symbol) => ({
    symbol,
    venueSymbol: symbol,
    market: 'NSE',
    venue: 'nse',
    quote: 'INR',
    tickSize: (): Decimal => INDEX_TICK,
    lotStep: ONE_UNIT,
    minNotional: ONE_UNIT,
    shortSale: 'never',
    contract: null,
  }));
