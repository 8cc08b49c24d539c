import { type Decimal, decimal } from '../kernel/decimal.ts';
import type { Instrument } from '../market/instrument.ts';

/** NSE publishes its indices to five hundredths of a point. */
const INDEX_TICK = decimal('0.05');
const ONE_UNIT = decimal('1');
const INDICES = ['NIFTY', 'BANKNIFTY'] as const;

/** The indices that contracts are written on: prices like any other, though nobody can buy them. Their volumes mean nothing. */
export const NSE_INDICES: readonly Instrument[] = INDICES.map((symbol) => ({
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

/** The index of that name; null for what is none. */
export const indexBySymbol = (name: string): Instrument | null => NSE_INDICES.find(({ symbol }) => symbol === name.trim().toUpperCase()) ?? null;
