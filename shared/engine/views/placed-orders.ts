import type { OneOrderAnswer, PlaceAnswer, PreviewAnswer } from '../../contracts/v8/orders.ts';
import { multiply, sum, text } from '../../kernel/decimal.ts';
import { iso } from '../../kernel/time.ts';
import { availableCash } from '../../ledger/account.ts';
import { cashChange } from '../../ledger/postings.ts';
import type { EngineContext } from '../context.ts';
import { EngineError } from '../errors.ts';
import { viewOf } from '../market-view.ts';
import type { AssumedFill } from '../orders/assumed-fill.ts';
import type { PlaceOutcome } from '../orders/place-order.ts';
import type { OrderPreview, Preview } from '../orders/preview-order.ts';
import type { StoredOrder } from '../ports.ts';
import { isoOrNull } from './instants.ts';
import { orderAnswer, textOrNull } from './orders.ts';
import { shownSession } from './shown-session.ts';

/** Orders that were placed, as last seen. */
export async function placedAnswer(
  context: EngineContext,
  { sessionId, refusal }: PlaceOutcome,
  orders: readonly StoredOrder[],
): Promise<PlaceAnswer> {
  const answer = await answering(context, sessionId);
  return { success: true, sessionId, accepted: refusal === null, refusal, orders: orders.map(answer), timestamp: iso(context.clock.now()) };
}

/** One order as it stands. */
export async function oneOrder(context: EngineContext, sessionId: string, order: StoredOrder): Promise<OneOrderAnswer> {
  const answer = await answering(context, sessionId);
  return { success: true, sessionId, order: answer(order), timestamp: iso(context.clock.now()) };
}

/** An order by its id. @throws EngineError `unknown_order`, `unknown_session` */
export async function orderById(context: EngineContext, orderId: string, session: string | undefined): Promise<OneOrderAnswer> {
  const { sessionId } = await shownSession(context, session);
  const order = sessionId === null ? null : await context.ledger.order(sessionId, orderId);
  if (sessionId === null || order === null) throw new EngineError('unknown_order', `There is no order ${orderId}`, { orderId, sessionId });
  return oneOrder(context, sessionId, order);
}

async function answering(context: EngineContext, sessionId: string): Promise<(order: StoredOrder) => OneOrderAnswer['order']> {
  const account = await context.accounts.current(sessionId);
  const view = viewOf(account === null ? null : await context.market.snapshot(account.scope), context.clock.now());
  return (order) => orderAnswer(order, account, view);
}

/** What orders would come to. */
export async function previewOf(context: EngineContext, { account, refusal, orders }: Preview): Promise<PreviewAnswer> {
  return {
    success: true,
    sessionId: account.sessionId,
    accepted: refusal === null,
    refusal: refusal === null ? null : { reason: refusal.reason, why: refusal.why, limit: refusal.limit },
    orders: orders.map((preview) => previewed(preview, refusal !== null)),
    availableCash: text(availableCash(account)),
    timestamp: iso(context.clock.now()),
  };
}

function previewed({ order, fill, waiting, margin }: OrderPreview, isRefused: boolean): PreviewAnswer['orders'][number] {
  const { symbol, side, quantity, instruction, product, currency, timeInForce, expiresMs, bracket, intent } = order;
  return {
    symbol,
    side,
    quantity: text(quantity),
    type: instruction.type,
    product,
    currency,
    timeInForce,
    expiresAt: isoOrNull(expiresMs),
    bracket: { stop: textOrNull(bracket.stop), target: textOrNull(bracket.target), trail: bracket.trail },
    fill: fill === null ? null : previewedFill(fill),
    waiting,
    margin: margin === null ? null : previewedMargin(margin),
    reserved: isRefused ? null : text(order.reserved),
    evidence: intent.quote.evidence,
  };
}

function previewedMargin({
  initial,
  deposit,
  maintenance,
  proceeds,
  parts,
}: NonNullable<OrderPreview['margin']>): PreviewAnswer['orders'][number]['margin'] {
  const inText = { initial: text(initial), deposit: text(deposit), maintenance: text(maintenance), proceeds: text(proceeds) };
  return { ...inText, parts: parts.map(({ name, amount }) => ({ name, amount: text(amount) })) };
}

function previewedFill({ basis, fill }: AssumedFill): NonNullable<PreviewAnswer['orders'][number]['fill']> {
  const { quantity, price, band, liquidity, slippage, charges, rate, postings } = fill;
  return {
    basis,
    quantity: text(quantity),
    price: text(price),
    band: { optimistic: text(band.optimistic), pessimistic: text(band.pessimistic) },
    liquidity,
    notional: text(multiply(quantity, price)),
    slippage: text(slippage),
    charges: charges.map(({ line, amount, taken }) => ({
      line,
      amount: text(amount),
      taken: taken === undefined ? null : { currency: taken.currency, amount: text(taken.amount) },
    })),
    totalCharges: text(sum(charges.map(({ amount }) => amount))),
    rate: { value: text(rate.value), source: rate.source, asOf: iso(rate.asOfMs) },
    cashChange: text(cashChange(postings)),
  };
}
