import { instrumentBySymbol } from '../../config/instruments.ts';
import type { EntryOrder } from '../../contracts/order.ts';
import type { OrderRequest } from '../../contracts/v8/order-request.ts';
import { MarginError } from '../../execution/margin/margin-error.ts';
import { type OpeningOrder, orderMargin } from '../../execution/margin/order-margin.ts';
import type { MarginRequirement } from '../../execution/margin/requirement.ts';
import { fromNumber, multiply } from '../../kernel/decimal.ts';
import type { Account } from '../../ledger/account.ts';
import type { EngineContext } from '../context.ts';
import { contractMargins } from '../contracts/contract-margin.ts';
import type { ContractsView } from '../contracts/contracts-view.ts';
import { decideMatch } from '../decide-match.ts';
import { draftOn } from '../draft.ts';
import type { HeldBack } from '../held-back.ts';
import { assertOwnWorld, assertRunning, sessionAsked } from '../sessions.ts';
import type { MarketView } from '../view.ts';
import { waitingFor } from '../waiting-for.ts';
import { type AssumedFill, fillAtItsPrice } from './assumed-fill.ts';
import { decidePlace, type Placed } from './decide-place.ts';
import { asksForAtr, asksForChains, placeView, trailsOf, withTapes } from './place-view.ts';
import { expectedPrice } from './terms.ts';

/** What one order of a request would come to. */
export interface OrderPreview {
  readonly order: EntryOrder;
  /** The fill on the prices that stand, or else the one at its own price; null when neither can be told. */
  readonly fill: AssumedFill | null;
  /** What keeps it, or the rest of it, from filling now; null when nothing does. */
  readonly waiting: HeldBack | null;
  /** Null for a short that its product does not allow: the refusal says so. */
  readonly margin: MarginRequirement | null;
}

export interface Preview {
  readonly account: Account;
  readonly refusal: Placed['refusal'];
  readonly orders: readonly OrderPreview[];
}

/**
 * What a request for orders would come to, by the rules that would decide it: nothing changes. The fill is made from the
 * published prices, which have the top of the book only; its depth is with the matcher.
 * @throws EngineError as `placeOrder` does
 */
export async function previewOrder(context: EngineContext, request: OrderRequest): Promise<Preview> {
  const account = await sessionAsked(context, null);
  assertRunning(account);
  assertOwnWorld(context, account);
  const view = await withTapes(context, await placeView(context, { withCharts: asksForAtr(trailsOf(request)), withChains: asksForChains(request) }));
  const { orders, refusal } = decidePlace(account, view, { id: 'preview', request, configVersion: context.settings.configVersion });
  return { account, refusal, orders: orders.map((order) => previewed(withOrders(account, orders, view.nowMs), view, order)) };
}

/** The account as if the gate had let the orders pass. */
function withOrders(account: Account, orders: readonly EntryOrder[], atMs: number): Account {
  const draft = draftOn(account, 'preview');
  for (const order of orders) draft.emit({ type: 'order-placed', atMs, order });
  return draft.account();
}

function previewed(account: Account, now: ContractsView, order: EntryOrder): OrderPreview {
  // As the venue meets it: when its latency has passed, on the prices that stand now.
  const view: ContractsView = { ...now, nowMs: order.activeFromMs };
  const fill = fillNow(account, view, order) ?? fillAtItsPrice(account, view, order);
  const isWhole = fill?.basis === 'now' && fill.fill.quantity === order.quantity;
  const notional = multiply(order.quantity, fill?.fill.price ?? fromNumber(expectedPrice(order.instruction, order.side, order.intent.quote)));
  const direction = order.side === 'buy' ? 'long' : 'short';
  const instrument = instrumentBySymbol(order.symbol, view.nowMs);
  return {
    order,
    fill,
    waiting: isWhole ? null : waitingFor(account, view, order),
    margin:
      instrument.contract === null ? marginOrNull({ product: order.product, direction, notional, atMs: view.nowMs }) : contractMargin(order, view),
  };
}

/** What a contract asks by itself, in the currency of its venue; legs that hedge each other ask less together. */
function contractMargin(order: EntryOrder, view: ContractsView): MarginRequirement | null {
  const instrument = instrumentBySymbol(order.symbol, view.nowMs);
  const price = expectedPrice(order.instruction, order.side, order.intent.quote);
  // Its order was placed in thought: the venue's rules know the position.
  const [margin] = contractMargins([{ instrument, direction: order.side === 'buy' ? 'long' : 'short', quantity: order.quantity, price }], view);
  return margin?.requirement ?? null;
}

function marginOrNull(order: OpeningOrder): MarginRequirement | null {
  try {
    return orderMargin(order);
  } catch (error) {
    if (error instanceof MarginError && error.code === 'short_not_allowed') return null;
    throw error;
  }
}

/** What the matcher would book on the prices that stand. */
function fillNow(account: Account, view: MarketView, order: EntryOrder): AssumedFill | null {
  const draft = decideMatch(account, view, {
    orderId: order.id,
    tick: null,
    extreme: null,
    queueAhead: null,
    configVersion: order.intent.configVersion,
  });
  for (const { event } of draft?.rows ?? [])
    if (event.type === 'filled' && event.fill.orderId === order.id) return { basis: 'now', fill: event.fill };
  return null;
}
