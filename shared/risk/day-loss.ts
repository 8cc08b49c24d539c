import { type Decimal, subtract, toNumber } from '../kernel/decimal.ts';

/**
 * What a trading day has lost, as a share of the equity that it opened with; negative for a profit. An account that is worth
 * nothing has nothing left to lose, whatever it was worth in the morning.
 */
export function dayLoss(startEquity: Decimal, equityNow: Decimal): number {
  return equityNow <= 0n || startEquity <= 0n ? 1 : toNumber(subtract(startEquity, equityNow)) / toNumber(startEquity);
}
