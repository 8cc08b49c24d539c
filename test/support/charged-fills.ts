import type { Product } from '../../shared/config/charges.ts';
import type { Charge, ChargedFill } from '../../shared/execution/charges.ts';
import { decimal, multiply, text } from '../../shared/kernel/decimal.ts';
import type { Venue } from '../../shared/market/instrument.ts';

export type Side = ChargedFill['side'];

/** The instruments of the tests: a name of each venue. */
export const ON = {
  nse: { symbol: 'RELIANCE', venue: 'nse' },
  binance: { symbol: 'BTC', venue: 'binance' },
  'binance-futures': { symbol: 'BTC', venue: 'binance-futures' },
  deribit: { symbol: 'BTC', venue: 'deribit' },
} as const satisfies Record<Venue, ChargedFill['instrument']>;

/** A taker's fill at noon in India of the date. */
export function chargedFill(venue: Venue, product: Product, side: Side, quantity: string, price: string, date: string): ChargedFill {
  return {
    instrument: ON[venue],
    product,
    side,
    liquidity: 'taker',
    quantity: decimal(quantity),
    price: decimal(price),
    notional: multiply(decimal(quantity), decimal(price)),
    atMs: Date.parse(`${date}T12:00:00+05:30`),
  };
}

/** Charges as text by line. */
export const linesOf = (charges: readonly Charge[]): Record<string, string> =>
  Object.fromEntries(charges.map(({ line, amount }) => [line, text(amount)]));
