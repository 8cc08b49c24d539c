import { CHARGE_FACTS } from '../../config/charges.ts';
import { instrumentBySymbol } from '../../config/instruments.ts';
import type { EntryOrder, ExitOrder } from '../../contracts/order.ts';
import type { ChargeAmount, Position } from '../../contracts/position.ts';
import { type Decimal, decimal, fromNumber, min, multiply, subtract, text, ZERO } from '../../kernel/decimal.ts';
import { AT_MARKET, UNFILLED } from '../../ledger/unfilled.ts';
import type { Draft } from '../draft.ts';
import { cancelEntry } from '../match-exit.ts';
import { worthAtExpiry } from './contract-worth.ts';
import { deliveredFill, deliveryCharges, endingFill, nettedCharges, type SettledAt } from './expiry-fill.ts';
import { deliveryOf, deliveryPrice, type Ending, isDelivered, receivesShares, sharesHeld } from './stock-delivery.ts';

/**
 * The end of a position whose contract is settled by delivery and is worth something. What nets off ends in cash, the legs of both
 * sides together; what is delivered ends an option at nothing and a future at the settlement price, and its shares are bought or
 * sold at the strike or at the settlement price; what the account can neither take nor give is closed out in cash, and who owed
 * shares pays what an exchange's close-out costs. (docs/decisions/0071)
 */
export function deliver(draft: Draft, position: Position, contract: Ending, settled: SettledAt): void {
  const { netted, delivered, closedOut } = deliveryOf(draft.account(), position, contract, { price: settled.quote.last, rate: settled.rate.value });
  for (const { other, units } of netted) {
    endInCash(draft, position.id, contract, settled, units);
    const own = instrumentBySymbol(other.symbol, contract.expiryMs).contract;
    if (isDelivered(own)) endInCash(draft, other.id, own, settled, units);
  }
  if (delivered > 0n) endInShares(draft, position, contract, settled, delivered);
  if (closedOut > 0n) endInCash(draft, position.id, contract, settled, closedOut, closeOutCharges(position, contract, settled, closedOut));
}

/** A position and its working exit as they are by now. */
function standing(draft: Draft, positionId: string): { readonly position: Position; readonly order: ExitOrder } {
  const account = draft.account();
  const position = account.positions.get(positionId);
  const order = account.orders.get(position?.exitId ?? '');
  if (position === undefined || order?.purpose !== 'exit') throw new Error(`Position ${positionId} has no exit`);
  return { position, order };
}

function endInCash(
  draft: Draft,
  positionId: string,
  contract: Ending,
  settled: SettledAt,
  quantity: Decimal,
  more: readonly ChargeAmount[] = [],
): void {
  const { position, order } = standing(draft, positionId);
  cancelEntry(draft, position, settled.nowMs, EXPIRED);
  const { last } = settled.quote;
  const charges = [...nettedCharges(order, settled, quantity, deliveryPrice(contract, last)), ...more];
  end(draft, positionId, settled, { quantity, price: worthAtExpiry(contract, last), charges });
}

/** What an entry's rest is called back for. */
export const EXPIRED = 'expiry: the contract has expired';

function end(
  draft: Draft,
  positionId: string,
  settled: SettledAt,
  ended: { readonly quantity: Decimal; readonly price: Decimal; readonly charges: readonly ChargeAmount[] },
): void {
  const { position, order } = standing(draft, positionId);
  draft.emit({ type: 'filled', atMs: settled.nowMs, fill: endingFill(draft.account(), order, position, settled, ended) });
}

/** A close-out stands so much above the close: who has no shares to give pays it. */
function closeOutCharges(position: Position, contract: Ending, { quote }: SettledAt, quantity: Decimal): readonly ChargeAmount[] {
  if (receivesShares(position, contract)) return [];
  const share = decimal(CHARGE_FACTS.shortDelivery.penaltyShare);
  return [{ line: 'short-delivery', amount: multiply(multiply(quantity, fromNumber(quote.last)), share) }];
}

function endInShares(draft: Draft, position: Position, contract: Ending, settled: SettledAt, quantity: Decimal): void {
  const price = deliveryPrice(contract, settled.quote.last);
  const endContract = (): void => end(draft, position.id, settled, { quantity, price: contract.kind === 'option' ? ZERO : price, charges: [] });
  if (receivesShares(position, contract)) {
    takeShares(draft, position, contract, settled, quantity, price, endContract);
    return;
  }
  endContract();
  giveShares(draft, position, contract, settled, quantity, price);
}

/** The purchase is placed before the contract ends: a structure that it belongs to is not over. */
function takeShares(
  draft: Draft,
  position: Position,
  { underlying }: Ending,
  settled: SettledAt,
  quantity: Decimal,
  price: Decimal,
  endContract: () => void,
): void {
  const order = deliveryOrder(position, underlying, settled, quantity);
  const charges = deliveryCharges(draft.account(), order, settled, quantity, price);
  draft.emit({ type: 'order-placed', atMs: settled.nowMs, order });
  endContract();
  draft.emit({ type: 'filled', atMs: settled.nowMs, fill: deliveredFill(draft.account(), order, settled, { quantity, price, charges }) });
}

function giveShares(draft: Draft, position: Position, contract: Ending, settled: SettledAt, quantity: Decimal, price: Decimal): void {
  let left = quantity;
  for (const { id } of sharesHeld(draft.account(), position, contract)) {
    if (left <= 0n) return;
    const shares = standing(draft, id);
    cancelEntry(draft, shares.position, settled.nowMs, `expiry: its shares are delivered for ${position.symbol}`);
    const units = min(left, shares.position.quantity);
    end(draft, id, settled, { quantity: units, price, charges: deliveryCharges(draft.account(), shares.order, settled, units, price) });
    left = subtract(left, units);
  }
}

/** The purchase that a delivery is, as an order that the clearing house fills: it opens a position of the same trader, without levels. */
function deliveryOrder(position: Position, underlying: string, settled: SettledAt, quantity: Decimal): EntryOrder {
  const { market, currency } = position;
  const positionId = `delivery:${position.id}`;
  const { quote, nowMs, configVersion } = settled;
  return {
    ...UNFILLED,
    ...AT_MARKET,
    purpose: 'entry',
    id: `E:${positionId}`,
    positionId,
    strategy: position.strategy,
    symbol: underlying,
    market,
    currency,
    product: 'delivery',
    side: 'buy',
    quantity,
    acceptedMs: nowMs,
    activeFromMs: nowMs,
    reserved: ZERO,
    ...(position.structure === undefined ? {} : { structure: position.structure }),
    bracket: { stop: null, target: null, trail: null, maxHoldingMs: null },
    intent: {
      decisionId: `expiry:${position.id}`,
      confidence: null,
      parts: [],
      why: `${text(quantity)} ${underlying} are delivered for ${position.symbol}`,
      timeframe: null,
      lastBarMs: null,
      volatility: null,
      quote,
      configVersion,
      modelVersion: null,
    },
  };
}
