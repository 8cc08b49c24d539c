import type { Fill } from '../contracts/fill.ts';
import type { Bracket, EntryOrder } from '../contracts/order.ts';
import type { Position } from '../contracts/position.ts';
import { add, type Decimal, divide, multiply, multiplyDivide, subtract, sum, ZERO } from '../kernel/decimal.ts';
import type { EpochMs } from '../kernel/time.ts';
import { cashChange, worthTaken } from './postings.ts';
import { exitId } from './resting-exit.ts';

/** What a fill adds to a position. Units that the venue took as its fee are a charge, and no part of what is held. */
interface Added {
  readonly quantity: Decimal;
  readonly cost: Decimal;
  readonly entryCash: Decimal;
  readonly entryCharges: Decimal;
  readonly entrySlippage: Decimal;
  readonly entryBetter: Decimal;
  readonly entryWorse: Decimal;
}

function addedBy(fill: Fill): Added {
  const toBase = (amount: Decimal): Decimal => multiply(amount, fill.rate.value);
  const { better, worse } = bandAmounts(fill);
  return {
    quantity: subtract(fill.quantity, fill.unitsLost),
    cost: subtract(multiply(fill.quantity, fill.price), worthTaken(fill.charges)),
    entryCash: cashChange(fill.postings),
    entryCharges: toBase(sum(fill.charges.map(({ amount }) => amount))),
    entrySlippage: toBase(fill.slippage),
    entryBetter: toBase(better),
    entryWorse: toBase(worse),
  };
}

/** What the kinder and the harsher price would have changed, quote currency, never negative. */
export function bandAmounts({ side, price, band, quantity }: Pick<Fill, 'side' | 'price' | 'band' | 'quantity'>): {
  readonly better: Decimal;
  readonly worse: Decimal;
} {
  const gain = (from: Decimal, to: Decimal): Decimal => multiply(side === 'buy' ? subtract(from, to) : subtract(to, from), quantity);
  return { better: gain(price, band.optimistic), worse: gain(band.pessimistic, price) };
}

/** The position that an entry's first fill opens. */
export function opened(order: EntryOrder, fill: Fill): Position {
  const { bracket, margin, structure } = order;
  return {
    id: order.positionId,
    version: 1,
    strategy: order.strategy,
    symbol: order.symbol,
    market: order.market,
    currency: order.currency,
    product: order.product,
    direction: order.side === 'buy' ? 'long' : 'short',
    entryPrice: fill.price,
    entryRate: fill.rate.value,
    ...addedBy(fill),
    stop: bracket.stop,
    target: bracket.target,
    trail: bracket.trail,
    openedMs: fill.atMs,
    exitByMs: exitBy(bracket, fill.atMs),
    evidence: fill.evidence,
    intent: order.intent,
    entryOrderId: order.id,
    exitId: exitId(order.positionId, 1),
    ...(margin === undefined ? {} : { margin: multiplyDivide(margin, fill.quantity, order.quantity) }),
    ...(structure === undefined ? {} : { structure }),
    closed: null,
  };
}

function exitBy({ exitByMs, maxHoldingMs }: Bracket, openedMs: EpochMs): EpochMs | null {
  if (exitByMs !== undefined) return exitByMs;
  return maxHoldingMs === null ? null : openedMs + maxHoldingMs;
}

/** The position after another fill of its entry: prices and rates are averages over what they were paid on. */
export function enlarged(held: Position, order: EntryOrder, fill: Fill): { readonly position: Position; readonly added: Decimal } {
  const more = addedBy(fill);
  const cost = add(held.cost, more.cost);
  const quantity = add(held.quantity, more.quantity);
  const inBase = add(multiply(held.cost, held.entryRate), multiply(more.cost, fill.rate.value));
  const position: Position = {
    ...held,
    version: held.version + 1,
    quantity,
    cost,
    entryPrice: divide(cost, quantity),
    entryRate: held.entryRate === fill.rate.value ? held.entryRate : divide(inBase, cost),
    entryCash: add(held.entryCash, more.entryCash),
    entryCharges: add(held.entryCharges, more.entryCharges),
    entrySlippage: add(held.entrySlippage, more.entrySlippage),
    entryBetter: add(held.entryBetter, more.entryBetter),
    entryWorse: add(held.entryWorse, more.entryWorse),
    ...(order.margin === undefined ? {} : { margin: add(held.margin ?? ZERO, multiplyDivide(order.margin, fill.quantity, order.quantity)) }),
  };
  return { position, added: more.quantity };
}
