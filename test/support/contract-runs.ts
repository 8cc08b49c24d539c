import { instrumentBySymbol } from '../../shared/config/instruments.ts';
import type { EntryOrder } from '../../shared/contracts/order.ts';
import { blockedByLeg } from '../../shared/engine/contracts/contract-margin.ts';
import type { ContractsView } from '../../shared/engine/contracts/contracts-view.ts';
import { decideMatch } from '../../shared/engine/decide-match.ts';
import type { Draft } from '../../shared/engine/draft.ts';
import { draftOn } from '../../shared/engine/draft.ts';
import { requestExit } from '../../shared/engine/request-exit.ts';
import { decimal, ZERO } from '../../shared/kernel/decimal.ts';
import type { Account } from '../../shared/ledger/account.ts';
import { entryOrder, happen } from './ledger-fixtures.ts';

/** An entry in a contract, with the margin that it blocks in this market. */
export function contractOrder(
  view: ContractsView,
  symbol: string,
  side: 'buy' | 'sell',
  quantity: string,
  more: Partial<EntryOrder> = {},
): EntryOrder {
  const instrument = instrumentBySymbol(symbol, view.nowMs);
  const direction = side === 'buy' ? 'long' : 'short';
  const quote = view.quote(symbol);
  if (quote === null) throw new Error(`${symbol} is not quoted`);
  const price = (side === 'buy' ? quote.ask : quote.bid) ?? quote.last;
  const [margin = ZERO] = blockedByLeg([{ instrument, direction, quantity: decimal(quantity), price }], view) ?? [];
  const base = entryOrder({ id: `E:${symbol}`, symbol, side, quantity, atMs: view.nowMs - 1_000 });
  return {
    ...base,
    market: instrument.market,
    currency: instrument.quote,
    product: instrument.contract?.kind ?? 'spot',
    strategy: 'manual',
    reserved: margin,
    margin,
    bracket: { stop: null, target: null, trail: null, maxHoldingMs: null },
    ...more,
  };
}

/** The account after an order was placed and filled on the view. */
export function openedIn(account: Account, view: ContractsView, order: EntryOrder): Account {
  const placed = happen(account, `place:${order.id}`, [{ type: 'order-placed', atMs: view.nowMs - 1_000, order }]).after;
  return matched(placed, view, order.id).account();
}

export function matched(account: Account, view: ContractsView, orderId: string): Draft {
  const draft = decideMatch(account, view, { orderId, tick: null, extreme: null, queueAhead: null, configVersion: 'test' });
  if (draft === null) throw new Error(`${orderId} does not fill`);
  return draft;
}

/** The account after a position was closed at market on the view. */
export function closedIn(account: Account, view: ContractsView, positionId: string): Draft {
  const position = account.positions.get(positionId);
  if (position === undefined) throw new Error(`${positionId} is not open`);
  const asking = draftOn(account, `close:${positionId}`);
  requestExit(asking, position, { reason: 'manual', quantity: null, nowMs: view.nowMs - 10_000 });
  return matched(asking.account(), view, position.exitId);
}
