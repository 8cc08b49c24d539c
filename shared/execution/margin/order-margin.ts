import type { Product } from '../../config/charges.ts';
import type { Decimal } from '../../kernel/decimal.ts';
import type { EpochMs } from '../../kernel/time.ts';
import type { Direction } from './leg.ts';
import { marginOf } from './margin-of.ts';
import type { MarginRequirement } from './requirement.ts';

/** An order that opens or adds to a position. An order that closes one asks no margin and is none of these. */
export interface OpeningOrder {
  readonly product: Product;
  readonly direction: Direction;
  /** In the quote currency, without charges. */
  readonly notional: Decimal;
  readonly atMs: EpochMs;
}

/**
 * What an order for coin or shares asks: spot and delivery their price in full, intraday shares the collateral that the ledger
 * blocks. In the quote currency; charges are asked besides.
 * @throws MarginError `short_not_allowed`, `not_a_position`
 */
export function orderMargin({ product, direction, notional, atMs }: OpeningOrder): MarginRequirement {
  return marginOf({ regime: product === 'intraday' ? 'nse-intraday' : 'cash', direction, notional }, atMs);
}
