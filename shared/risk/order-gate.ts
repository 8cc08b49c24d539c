import { ENTRY_RESERVE } from '../config/execution.ts';
import { add, type Decimal, fromNumber, multiply, ONE, toNumber } from '../kernel/decimal.ts';
import { caps, type Sized } from './caps.ts';
import { ACCOUNT_CHECKS, firstRefusal, MARKET_CHECKS } from './entry-checks.ts';
import { type GateRefusal, over } from './refusal.ts';

/** An order of a size that somebody else has chosen. */
export interface OrderProposal extends Sized {
  readonly quantity: Decimal;
  /** Whether it is to fill on the price that stands; one that rests is judged by its own price. */
  readonly isImmediate: boolean;
}

export interface OrderPass {
  readonly verdict: 'passed';
  /** Base currency to set aside: the notional and a reserve for charges and slippage. */
  readonly reserve: Decimal;
  /** Base currency for one unit of the quote currency that it was judged by. */
  readonly notional: Decimal;
}

/**
 * The gate for an order that a person placed: the same checks and caps as for a strategy's, but the size is given: it is within
 * every cap, or the order is refused by the tightest one.
 */
export function orderGate(order: OrderProposal): OrderPass | GateRefusal {
  const refusal = firstRefusal(
    order.isImmediate ? [...ACCOUNT_CHECKS.slice(0, 1), ...MARKET_CHECKS, ...ACCOUNT_CHECKS.slice(1)] : ACCOUNT_CHECKS,
    order,
  );
  if (refusal !== null) return refusal;
  const notional = multiply(multiply(order.quantity, fromNumber(order.price)), order.rate?.value ?? ONE);
  const cap = caps(order).reduce((least, next) => (next.notional < least.notional ? next : least));
  if (notional > cap.notional) return tooLarge(cap.name, toNumber(notional), Math.max(0, toNumber(cap.notional)));
  const { minPositionUsd } = order.account.limits;
  if (toNumber(notional) < minPositionUsd) {
    const value = toNumber(notional);
    return over('minPositionUsd', value, minPositionUsd, `The order is worth $${value.toFixed(2)}, the least is $${minPositionUsd}`);
  }
  return { verdict: 'passed', notional, reserve: multiply(notional, add(ONE, ENTRY_RESERVE)) };
}

const tooLarge = (name: string, value: number, threshold: number): GateRefusal =>
  over(name, value, threshold, `The order is worth $${value.toFixed(2)}, ${name} leaves room for $${threshold.toFixed(2)}`);
