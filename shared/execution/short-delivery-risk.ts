import { CHARGE_FACTS, type ChargeFacts } from '../config/charges.ts';
import { decimal, multiply } from '../kernel/decimal.ts';
import type { Charge, ChargedFill } from './charges.ts';

/** A sale as the risk of its delivery sees it. */
export interface DeliverySale extends Pick<ChargedFill, 'instrument' | 'product' | 'side' | 'notional'> {
  /** Whether the shares were bought so lately that they have not been delivered yet (bought today, sold tomorrow). */
  readonly isBeforeDelivery: boolean;
}

/**
 * What selling shares before they were delivered costs on average: now and then the shares bought do not arrive, the sale
 * is undelivered too, and the exchange buys it in or closes it out.
 *
 *   amount = notional * probability * penaltyShare
 *
 * The cautious side: what the exchange pays to us for the shares that did not arrive is not counted against it. A line to
 * join to those of `chargesFor`: none but for a sale for delivery on NSE before delivery. Quote currency, 8 places half-even.
 *
 * @see NSE Clearing, shortages handling: a close-out stands at least 20 % above the close of the auction day
 */
export function shortDeliveryRisk(sale: DeliverySale, { shortDelivery }: ChargeFacts = CHARGE_FACTS): readonly Charge[] {
  const isAtRisk = sale.isBeforeDelivery && sale.side === 'sell' && sale.product === 'delivery' && sale.instrument.venue === 'nse';
  if (!isAtRisk) return [];
  const expectedShare = multiply(decimal(shortDelivery.probability), decimal(shortDelivery.penaltyShare));
  return [{ line: 'short-delivery-risk', amount: multiply(sale.notional, expectedShare) }];
}
