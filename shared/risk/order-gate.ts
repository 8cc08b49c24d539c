import { ENTRY_RESERVE } from '../config/execution.ts';
import type { EntryOrder } from '../contracts/order.ts';
import { add, type Decimal, fromNumber, multiply, ONE, toNumber } from '../kernel/decimal.ts';
import type { Sized } from './cap.ts';
import { caps, cashAsked, tightest } from './caps.ts';
import { ACCOUNT_CHECKS, type Check, firstRefusal, MARKET_CHECKS, RESTING_CHECKS, SESSION_CHECKS } from './entry-checks.ts';
import { withEquity } from './equity-now.ts';
import { type GateRefusal, over, refuse } from './refusal.ts';

/** An order of a size that somebody else has chosen. */
export interface OrderProposal extends Sized, Pick<EntryOrder, 'tradedIn'> {
  readonly quantity: Decimal;
  /** Whether it is to fill on the price that stands; one that rests is judged by its own price. */
  readonly isImmediate: boolean;
  /** Whether it takes any price. */
  readonly isUnlimited: boolean;
  /** Cash that its position will block, base currency; null where its price is paid in full. */
  readonly margin: Decimal | null;
}

export interface OrderPass {
  readonly verdict: 'passed';
  /** Base currency. */
  readonly notional: Decimal;
  /** Base currency to set aside: the notional and a reserve for charges and slippage. */
  readonly reserve: Decimal;
}

/**
 * The gate for an order that a person placed: the same checks and caps as for a strategy's, but the size is given: it is within
 * every cap, or the order is refused by the tightest one.
 */
export function orderGate(asked: OrderProposal): OrderPass | GateRefusal {
  const order = withEquity(asked);
  const refusal = firstRefusal(order.isImmediate ? IMMEDIATE : RESTING, order);
  if (refusal !== null) return refusal;
  const notional = multiply(multiply(order.quantity, fromNumber(order.price)), order.rate?.value ?? ONE);
  const marginShare = order.margin === null || notional <= 0n ? null : toNumber(order.margin) / toNumber(notional);
  const cap = tightest(caps({ ...order, marginShare }));
  if (notional > cap.notional) return tooLarge(cap.name, toNumber(notional), Math.max(0, toNumber(cap.notional)));
  const { minPositionUsd } = order.account.limits;
  if (toNumber(notional) < minPositionUsd) {
    const value = toNumber(notional);
    return over('minPositionUsd', value, minPositionUsd, `The order is worth $${value.toFixed(2)}, the least is $${minPositionUsd}`);
  }
  return {
    verdict: 'passed',
    notional,
    reserve: multiply(notional, marginShare === null ? add(ONE, ENTRY_RESERVE) : fromNumber(cashAsked({ ...order, marginShare }))),
  };
}

/** A venue that makes its reference price, or matches its auction, takes no orders. While it is closed they wait at the broker. */
const venueTakesOrders: Check<OrderProposal> = ({ phase: { phase, reason }, instrument: { market }, tradedIn, isUnlimited }) => {
  if (phase === 'reference-price') return refuse('reference_price_window', `${market}: ${reason}`);
  if (tradedIn !== 'closing-auction') return null;
  if (phase === 'closing-auction-matching') return refuse('auction_closed', `${market}: ${reason}`);
  return phase === 'closing-auction-limit-entry' && isUnlimited
    ? refuse('auction_limit_only', 'The closing auction takes limit orders only in its last minutes')
    : null;
};

const IMMEDIATE: readonly Check<OrderProposal>[] = [...SESSION_CHECKS, ...MARKET_CHECKS, ...ACCOUNT_CHECKS];
const RESTING: readonly Check<OrderProposal>[] = [...SESSION_CHECKS, venueTakesOrders, ...RESTING_CHECKS, ...ACCOUNT_CHECKS];

const tooLarge = (name: string, value: number, threshold: number): GateRefusal =>
  over(name, value, threshold, `The order is worth $${value.toFixed(2)}, ${name} leaves room for $${threshold.toFixed(2)}`);
