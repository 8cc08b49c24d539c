import { instrumentBySymbol } from '../config/instruments.ts';
import { NSE_CALENDAR } from '../config/nse-calendar.ts';
import type { Fill } from '../contracts/fill.ts';
import type { EntryOrder, ExitOrder, Order } from '../contracts/order.ts';
import type { ChargeAmount, Position } from '../contracts/position.ts';
import type { ExitReason, Trigger } from '../contracts/terms.ts';
import { chargesFor } from '../execution/charges.ts';
import type { PricedFill } from '../execution/fill-price.ts';
import { shortDeliveryRisk } from '../execution/short-delivery-risk.ts';
import { add, type Decimal, multiply, multiplyDivide, subtract, toStep, ZERO } from '../kernel/decimal.ts';
import { type Account, isMargined } from '../ledger/account.ts';
import { bandAmounts } from '../ledger/entry-fill.ts';
import { partOfEntry } from '../ledger/parts.ts';
import { cashChange, entryPostings, exitPostings, type FillAmounts, realisedResult, unitsTaken } from '../ledger/postings.ts';
import { istDate } from '../market/ist.ts';
import { listedAs } from '../market/listed-rules.ts';
import { isBeforeDelivery } from '../market/trading-days.ts';
import { type Market, provenanceOf } from './fill-inputs.ts';

/** How a fill came about. */
export interface Met {
  readonly made: PricedFill;
  readonly trigger: Trigger;
  /** Maker: the order stood in the book before. */
  readonly liquidity: Fill['liquidity'];
}

/** The id of a fill: the order and its ordinal. It is the id of the command that books it, so nothing fills twice. */
export const fillId = (orderId: string, ordinal: number): string => `F:${orderId}:${ordinal}`;

/** The record of a fill of an entry: its costs, its double entry and what it was made from. */
export function entryFill(account: Account, order: EntryOrder, met: Met, market: Market): Fill {
  const charges = chargesOf(account, order, met, market);
  const amounts = amountsOf(order, met.made, charges, market);
  const fill = commonOf(account, order, met, charges, market);
  return { ...fill, postings: entryPostings(amounts), unitsLost: unitsTaken(charges), realised: null, exitReason: null };
}

/** The record of a fill of an exit: of all that is held, or of a part. */
export function exitFill(account: Account, order: ExitOrder, position: Position, reason: ExitReason, met: Met, market: Market): Fill {
  const { made } = met;
  const unitsLost = dustLeft(position, made.quantity, order, market);
  const gone = add(made.quantity, unitsLost);
  const part = partOfEntry(position, gone);
  const charges = [
    ...chargesOf(account, order, met, market),
    ...settlementRisk(order, position, made, market),
    ...dust(position, part.cost, gone, unitsLost),
  ];
  const amounts = amountsOf(order, made, charges, market);
  const fill = commonOf(account, order, met, charges, market);
  const { better: exitBetter, worse: exitWorse } = bandAmounts(fill);
  const closed = { direction: position.direction, entryRate: position.entryRate, ...part, exitSlippage: made.slippage, exitBetter, exitWorse };
  const postings = exitPostings(amounts, closed);
  const realised = realisedResult(amounts, closed, cashChange(postings));
  return { ...fill, postings, unitsLost, realised, exitReason: reason };
}

function chargesOf(account: Account, order: Order, { made, liquidity }: Met, { view }: Market): readonly ChargeAmount[] {
  const { delivered } = account;
  const instrument = instrumentBySymbol(order.symbol, view.nowMs);
  const isInverse = instrument.contract?.kind === 'option' && instrument.contract.payoff === 'inverse';
  return chargesFor({
    instrument,
    product: order.product,
    side: order.side,
    liquidity,
    notional: multiply(made.quantity, made.price),
    quantity: made.quantity,
    price: made.price,
    // A unit of an inverse option is written on one coin, which is the money that it is paid in.
    ...(isInverse ? { underlyingNotional: made.quantity } : {}),
    atMs: view.nowMs,
    filledNotional: order.filledNotional,
    dpChargedToday: delivered?.date === istDate(view.nowMs) && delivered.symbols.includes(order.symbol),
  }).filter(({ amount }) => amount !== 0n);
}

/** Shares sold before they came may not come: what that costs on average is charged as a line of its own. */
function settlementRisk(order: ExitOrder, position: Position, made: PricedFill, { view }: Market): readonly ChargeAmount[] {
  const instrument = instrumentBySymbol(order.symbol, view.nowMs);
  const notional = multiply(made.quantity, made.price);
  const isEarly = order.market === 'NSE' && isBeforeDelivery(NSE_CALENDAR, position.openedMs, view.nowMs);
  return shortDeliveryRisk({ instrument, product: order.product, side: order.side, notional, isBeforeDelivery: isEarly });
}

/** Units under the lot step that would be left when nothing else is: the venue takes no order for them. */
function dustLeft(position: Position, quantity: Decimal, order: ExitOrder, { view }: Market): Decimal {
  const { lotStep } = listedAs(instrumentBySymbol(order.symbol, view.nowMs), view.rules(order.symbol));
  const left = subtract(position.quantity, quantity);
  return left > 0n && toStep(left, lotStep, 'down') === 0n ? left : ZERO;
}

/** What cannot be sold is written off at cost, as a charge of its own. */
function dust(position: Position, cost: Decimal, gone: Decimal, unitsLost: Decimal): readonly ChargeAmount[] {
  if (unitsLost === 0n) return [];
  return [{ line: 'dust', amount: multiplyDivide(cost, unitsLost, gone), taken: { currency: position.symbol, amount: unitsLost } }];
}

function amountsOf(order: Order, made: PricedFill, charges: readonly ChargeAmount[], { rate }: Market): FillAmounts {
  const { positionId, symbol, currency, side } = order;
  const notional = multiply(made.quantity, made.price);
  return { positionId, symbol, currency, side, quantity: made.quantity, notional, charges, rate: rate.value, isMargined: isMargined(order) };
}

function commonOf(
  account: Account,
  order: Order,
  { made, trigger, liquidity }: Met,
  charges: readonly ChargeAmount[],
  market: Market,
): Omit<Fill, 'postings' | 'realised' | 'exitReason' | 'unitsLost'> {
  const { view, quote, rate } = market;
  const ordinal = order.fills + 1;
  return {
    id: fillId(order.id, ordinal),
    orderId: order.id,
    ordinal,
    positionId: order.positionId,
    strategy: order.strategy,
    symbol: order.symbol,
    market: order.market,
    purpose: order.purpose,
    side: order.side,
    quantity: made.quantity,
    price: made.price,
    currency: order.currency,
    liquidity,
    band: made.band,
    charges,
    slippage: made.slippage,
    rate,
    trigger,
    evidence: quote.evidence,
    provenance: provenanceOf(account, order, made, market),
    taken: { symbol: order.symbol, side: order.side, quantity: made.quantity, levels: made.levels, atMs: view.nowMs },
    atMs: view.nowMs,
  };
}
