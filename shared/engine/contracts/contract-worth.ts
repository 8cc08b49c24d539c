import { type Decimal, fromNumber } from '../../kernel/decimal.ts';
import type { Contract } from '../../market/instrument.ts';

/**
 * What one unit of a contract is worth at its end, in its quote currency, with S the settlement price of the underlying:
 *
 *   future S;  call max(S - K, 0), put max(K - S, 0);  inverse options the same over S, in coin
 *
 * Coin amounts are rounded half-even to 8 places, as every amount of the ledger.
 */
export function worthAtExpiry(contract: Contract, settlement: number): Decimal {
  if (contract.kind !== 'option') return fromNumber(settlement);
  const intrinsic = Math.max(0, contract.right === 'call' ? settlement - contract.strike : contract.strike - settlement);
  return fromNumber(contract.payoff === 'inverse' ? intrinsic / settlement : intrinsic);
}
