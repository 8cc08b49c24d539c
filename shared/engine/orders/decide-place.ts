import type { EntryOrder } from '../../contracts/order.ts';
import type { LegRequest, OrderRequest } from '../../contracts/v8/order-request.ts';
import { orderLatencyMs } from '../../execution/latency.ts';
import { type Decimal, toNumber, ZERO } from '../../kernel/decimal.ts';
import type { Account } from '../../ledger/account.ts';
import { UNFILLED } from '../../ledger/unfilled.ts';
import type { Quote } from '../../market/price.ts';
import { type OrderPass, orderGate } from '../../risk/order-gate.ts';
import type { GateRefusal } from '../../risk/refusal.ts';
import { blockedByLeg } from '../contracts/contract-margin.ts';
import { optionTermsIn } from '../contracts/option-terms.ts';
import { type Draft, draftOn } from '../draft.ts';
import { EngineError } from '../errors.ts';
import { squareOffAt } from '../square-off.ts';
import { phaseOf } from '../trading-phase.ts';
import { marksOf, ratesOf } from '../valuation.ts';
import { excerpt } from '../view.ts';
import { type OrderTerms, orderTerms, type PlaceView, tradedAs } from './terms.ts';
import { assertValid } from './venue-rules.ts';

export interface PlaceCommand {
  /** `order:<client order id>`: also the prefix of the ids of what it places. */
  readonly id: string;
  readonly request: OrderRequest;
  readonly configVersion: string;
}

/** Orders that a person placed, and what the gate said; with a refusal all of them were rejected. */
export interface Placed {
  readonly draft: Draft;
  readonly orders: readonly EntryOrder[];
  readonly refusal: GateRefusal | null;
}

/**
 * Places the orders of a request, or records them as rejected when the gate refuses one of them. Pure: nothing is placed until
 * the draft is committed.
 * @throws EngineError `invalid_order` for what the venue would not take, `no_price` without any price to judge it by,
 * `opposite_position` for an order against what is held, `opposite_order` against what works; InstrumentError `unknown_symbol`
 */
export function decidePlace(account: Account, view: PlaceView, command: PlaceCommand): Placed {
  const { legs } = command.request;
  const terms = legs.map((leg, index) => {
    const at = legs.length === 1 ? '' : `legs.${index}.`;
    return orderTerms(leg, view, standingQuote(view, leg), at);
  });
  assertLegsAgree(terms);
  for (const each of terms) assertNotAgainst(account, each);
  const draft = draftOn(account, command.id);
  const orders: EntryOrder[] = [];
  const blocked = blockedBy(terms, view);
  for (const [index, each] of terms.entries()) {
    const margin = blocked[index] ?? null;
    const verdict = judge(draft.account(), view, each, margin);
    if (verdict.verdict === 'refused') return rejected(account, view, command, terms, { index, refusal: verdict });
    const order = entryOrder(account, view, command, each, index, { reserved: verdict.reserve, margin });
    orders.push(order);
    draft.emit({ type: 'order-placed', atMs: view.nowMs, order });
  }
  return { draft, orders, refusal: null };
}

function standingQuote(view: PlaceView, leg: LegRequest): Quote {
  const { symbol } = tradedAs(leg, view);
  const quote = view.quote(symbol);
  if (quote === null) throw new EngineError('no_price', `No price of ${symbol} has been received: an order in it cannot be judged`, { symbol });
  return quote;
}

/**
 * A position is left by its exit. An order against it, or against an order that works, would open a second one, the other way,
 * where a broker would net them; and two orders of one account may meet each other nowhere.
 */
function assertNotAgainst(account: Account, { instrument: { symbol }, direction, side }: OrderTerms): void {
  const isOwn = (each: { readonly strategy: string; readonly symbol: string }): boolean => each.strategy === 'manual' && each.symbol === symbol;
  const held = [...account.positions.values()].find((position) => isOwn(position) && position.direction !== direction);
  if (held !== undefined) {
    const message = `You are ${held.direction} ${symbol}: to ${side} it, close the position with POST positions/${held.id}/close or change its bracket`;
    throw new EngineError('opposite_position', message, { positionId: held.id });
  }
  const working = [...account.orders.values()].find((order) => order.purpose === 'entry' && isOwn(order) && order.side !== side);
  if (working === undefined) return;
  const message = `Order ${working.id} to ${working.side} ${symbol} works: cancel it with DELETE orders/${working.id} before you ${side}`;
  throw new EngineError('opposite_order', message, { orderId: working.id });
}

function assertLegsAgree(terms: readonly OrderTerms[]): void {
  const sides = new Map<string, OrderTerms['side']>();
  for (const [index, { instrument, side }] of terms.entries()) {
    const other = sides.get(instrument.symbol) ?? side;
    sides.set(instrument.symbol, side);
    const message = `another leg would ${other} ${instrument.symbol}: the two would be positions against each other`;
    assertValid(other === side ? [] : [{ field: 'side', message }], `legs.${index}.`);
  }
}

/** The cash that each contract among the legs blocks, base currency; null for what is paid in full. */
function blockedBy(terms: readonly OrderTerms[], view: PlaceView): readonly (Decimal | null)[] {
  if (terms.every(({ instrument }) => instrument.contract === null)) return terms.map(() => null);
  const legs = terms.map(({ instrument, direction, quantity, price }) => ({ instrument, direction, quantity, price }));
  const blocked = blockedByLeg(legs, view);
  if (blocked === null) {
    const symbols = terms.map(({ instrument }) => instrument.symbol).join(' and ');
    throw new EngineError('invalid_order', `What ${symbols} would ask as margin cannot be told: the venue's rules hold no such position`, {
      symbols,
    });
  }
  return terms.map(({ instrument }, index) => (instrument.contract === null ? null : (blocked[index] ?? ZERO)));
}

function judge(account: Account, view: PlaceView, terms: OrderTerms, margin: Decimal | null): OrderPass | GateRefusal {
  const { instrument, bracket } = terms;
  return orderGate({
    nowMs: view.nowMs,
    account,
    instrument,
    direction: terms.direction,
    product: terms.product,
    rules: view.rules(instrument.symbol),
    quote: terms.quote,
    rate: view.rate(instrument.quote),
    phase: phaseOf(view, instrument),
    squareOffMs: squareOffAt(view.nowMs),
    risk: view.risk ?? null,
    optionTermsOf: optionTermsIn(view),
    markOf: marksOf(view),
    rateOf: ratesOf(view),
    trader: 'manual',
    price: terms.price,
    stop: bracket.stop === null ? null : toNumber(bracket.stop),
    quantity: terms.quantity,
    tradedIn: terms.tradedIn,
    isImmediate: terms.isImmediate,
    isUnlimited: terms.instruction.type === 'market',
    margin,
  });
}

/** Every order of the request as one that was placed and rejected, with the reason of the one that was refused. */
function rejected(
  account: Account,
  view: PlaceView,
  command: PlaceCommand,
  terms: readonly OrderTerms[],
  { index: refused, refusal }: { readonly index: number; readonly refusal: GateRefusal },
): Placed {
  const draft = draftOn(account, command.id);
  const orders = terms.map((each, index) => entryOrder(account, view, command, each, index, { reserved: ZERO, margin: null }));
  for (const [index, order] of orders.entries()) {
    const reason =
      index === refused ? `${refusal.reason}: ${refusal.why}` : `leg_refused: leg ${refused + 1} of its group was refused: ${refusal.reason}`;
    draft.emit({ type: 'order-placed', atMs: view.nowMs, order });
    draft.emit({ type: 'order-ended', atMs: view.nowMs, orderId: order.id, state: 'rejected', reason });
  }
  return { draft, orders, refusal };
}

/** Base currency: what is set aside until it fills, and what its position will block; null for what is paid in full. */
interface OrderCash {
  readonly reserved: Decimal;
  readonly margin: Decimal | null;
}

function entryOrder(account: Account, view: PlaceView, command: PlaceCommand, terms: OrderTerms, index: number, cash: OrderCash): EntryOrder {
  const { request } = command;
  const { instrument } = terms;
  const isGroup = request.legs.length > 1;
  const positionId = isGroup ? `${command.id}:${index + 1}` : command.id;
  const id = `E:${positionId}`;
  return {
    ...UNFILLED,
    purpose: 'entry',
    id,
    positionId,
    strategy: 'manual',
    symbol: instrument.symbol,
    market: instrument.market,
    currency: instrument.quote,
    product: terms.product,
    side: terms.side,
    quantity: terms.quantity,
    acceptedMs: view.nowMs,
    // Legs are sent together: they reach the venue as one.
    activeFromMs: view.nowMs + orderLatencyMs(account.seed, isGroup ? command.id : id),
    instruction: terms.instruction,
    timeInForce: terms.timeInForce,
    tradedIn: terms.tradedIn,
    expiresMs: terms.expiresMs,
    triggeredMs: null,
    groupId: isGroup ? command.id : null,
    clientOrderId: request.clientOrderId,
    reserved: cash.reserved,
    ...(cash.margin === null ? {} : { margin: cash.margin }),
    bracket: terms.bracket,
    intent: {
      decisionId: command.id,
      confidence: null,
      parts: [],
      why: request.note ?? 'Placed by hand',
      timeframe: null,
      lastBarMs: null,
      volatility: view.tape(instrument.symbol).volatility,
      quote: excerpt(terms.quote),
      configVersion: command.configVersion,
      modelVersion: null,
    },
  };
}
