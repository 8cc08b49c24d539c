import { VALUE_AT_RISK } from '../config/risk.ts';
import type { Order } from '../contracts/order.ts';
import type { Position } from '../contracts/position.ts';
import { subtract, toNumber } from '../kernel/decimal.ts';
import { type Account, type MarkOf, positionValue, type RateOf } from '../ledger/account.ts';
import { parseContractSymbol } from '../market/contract-symbol.ts';
import type { Market } from '../market/instrument.ts';
import type { Exposure } from './var/book.ts';

/** The underlying that a symbol's price hangs on: of a contract what it is written on, else itself. */
export const factorOf = (symbol: string): string => parseContractSymbol(symbol)?.underlying ?? symbol;

/** An exposure that moves as its underlying does. @param value signed, base currency */
export function linearExposure(id: string, symbol: string, market: Market, value: number): Exposure {
  return { id, factor: factorOf(symbol), value, revalue: null, assumedLoss: Math.abs(value) * VALUE_AT_RISK.assumedMove[market] };
}

/** What an account hangs on: its positions, and its working entries as if they had filled. */
export function exposuresOf(account: Account, markOf: MarkOf, rateOf: RateOf): readonly Exposure[] {
  const held = [...account.positions.values()].map((position) => positionExposure(position, markOf, rateOf));
  const working = [...account.orders.values()].flatMap((order) => entryExposure(order, rateOf));
  return [...held, ...working];
}

function positionExposure(position: Position, markOf: MarkOf, rateOf: RateOf): Exposure {
  return linearExposure(position.id, position.symbol, position.market, toNumber(positionValue(position, markOf, rateOf)));
}

function entryExposure(order: Order, rateOf: RateOf): readonly Exposure[] {
  if (order.purpose !== 'entry') return [];
  const { id, symbol, market, instruction, intent, side, currency } = order;
  const price = 'limit' in instruction ? toNumber(instruction.limit) : 'stop' in instruction ? toNumber(instruction.stop) : intent.quote.last;
  const rate = rateOf(currency);
  const left = toNumber(subtract(order.quantity, order.filledQuantity));
  // Without a rate its worth is what was set aside for it.
  const worth = rate === null ? toNumber(order.reserved) : left * price * toNumber(rate);
  return [linearExposure(id, symbol, market, side === 'buy' ? worth : -worth)];
}
