import type { EntryOrder } from '../contracts/order.ts';
import { ZERO } from '../kernel/decimal.ts';

/** An order of which nothing has happened yet, as far as that goes. */
export const UNFILLED: Pick<EntryOrder, 'version' | 'filledQuantity' | 'filledNotional' | 'fills' | 'waiting'> = {
  version: 1,
  filledQuantity: ZERO,
  filledNotional: ZERO,
  fills: 0,
  waiting: null,
};

/** The terms of an entry at the market: it is done or refused, and nothing is waited for. */
export const AT_MARKET: Pick<EntryOrder, 'instruction' | 'timeInForce' | 'tradedIn' | 'expiresMs' | 'triggeredMs' | 'groupId' | 'clientOrderId'> = {
  instruction: { type: 'market' },
  timeInForce: 'GTC',
  tradedIn: 'continuous',
  expiresMs: null,
  triggeredMs: null,
  groupId: null,
  clientOrderId: null,
};
