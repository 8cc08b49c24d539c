import type { Fill } from '../../contracts/fill.ts';
import type { EntryOrder } from '../../contracts/order.ts';
import { limitFill, marketFill } from '../../execution/fill-price.ts';
import { toNumber } from '../../kernel/decimal.ts';
import type { Account } from '../../ledger/account.ts';
import { type Market, meeting, remaining } from '../fill-inputs.ts';
import { entryFill, type Met } from '../fill-record.ts';
import type { MarketView } from '../view.ts';

/** A fill that has not happened. `at_its_price`: if the order's own price came and nothing else had changed. */
export interface AssumedFill {
  readonly basis: 'now' | 'at_its_price';
  readonly fill: Fill;
}

/** The fill of a resting order at its own price; null for an order without one, and where no price or rate is known. */
export function fillAtItsPrice(account: Account, view: MarketView, order: EntryOrder): AssumedFill | null {
  const [quote, rate] = [view.quote(order.symbol), view.rate(order.currency)];
  if (quote === null || rate === null) return null;
  const market: Market = {
    view,
    quote,
    rate,
    command: { orderId: order.id, tick: null, extreme: null, queueAhead: null, configVersion: order.intent.configVersion },
  };
  const met = metAtItsPrice(account, order, market);
  return met === null ? null : { basis: 'at_its_price', fill: entryFill(account, order, met, market) };
}

function metAtItsPrice(account: Account, order: EntryOrder, market: Market): Met | null {
  const meets = meeting(account, order, market, remaining(order));
  const { instruction } = order;
  if ('limit' in instruction) {
    const made = limitFill(meets, instruction.limit, { rule: 'limit', most: null, standing: [] });
    return made === null ? null : { made, trigger: 'limit', liquidity: 'maker' };
  }
  if (instruction.type !== 'stop') return null;
  const made = marketFill({ ...meets, met: { price: toNumber(instruction.stop), rule: 'stop-level' }, limit: null });
  return made === null ? null : { made, trigger: 'stop', liquidity: 'taker' };
}
