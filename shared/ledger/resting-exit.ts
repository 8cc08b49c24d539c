import type { ExitOrder } from '../contracts/order.ts';
import type { Position } from '../contracts/position.ts';
import { UNFILLED } from './unfilled.ts';

/** The id of a position's exit, without its trigger: every cause of an exit names the same order. The version is the position's when the exit began. */
export const exitId = (positionId: string, version: number): string => `X:${positionId}:${version}`;

/** The exit that comes with a position: it rests from the start, with the levels that the position has. */
export function restingExit(position: Position, fromMs: number): ExitOrder {
  return {
    ...UNFILLED,
    purpose: 'exit',
    id: position.exitId,
    positionId: position.id,
    strategy: position.strategy,
    symbol: position.symbol,
    market: position.market,
    currency: position.currency,
    product: position.product,
    side: position.direction === 'long' ? 'sell' : 'buy',
    quantity: position.quantity,
    acceptedMs: fromMs,
    activeFromMs: fromMs,
    stop: position.stop,
    target: position.target,
    trail: position.trail,
    atMarket: null,
  };
}
