import { instrumentBySymbol } from '../../config/instruments.ts';
import type { Fill } from '../../contracts/fill.ts';
import type { EntryOrder, ExitOrder, Order } from '../../contracts/order.ts';
import type { ChargeAmount, Position } from '../../contracts/position.ts';
import type { QuoteExcerpt } from '../../contracts/quote-excerpt.ts';
import type { Rate } from '../../contracts/terms.ts';
import { type ChargedFill, chargesFor } from '../../execution/charges.ts';
import { type Decimal, fromNumber, multiply, ZERO } from '../../kernel/decimal.ts';
import type { EpochMs } from '../../kernel/time.ts';
import type { Account } from '../../ledger/account.ts';
import { isMargined } from '../../ledger/account.ts';
import { partOfEntry } from '../../ledger/parts.ts';
import { cashChange, entryPostings, exitPostings, type FillAmounts, realisedResult } from '../../ledger/postings.ts';
import type { Contract } from '../../market/instrument.ts';
import { istDate } from '../../market/ist.ts';
import { fillId } from '../fill-record.ts';
import { worthAtExpiry } from './contract-worth.ts';

/** What a contract of an expiry was settled at, as it is kept with the fill: `last` is the price of the underlying. */
export interface SettledAt {
  readonly quote: QuoteExcerpt;
  readonly rate: Rate;
  readonly nowMs: EpochMs;
  readonly configVersion: string;
}

/** How many units end at which price, quote currency, and what that is charged. */
export interface Ended {
  readonly quantity: Decimal;
  readonly price: Decimal;
  readonly charges: readonly ChargeAmount[];
}

/**
 * The end of a position at its contract's expiry in cash, as a fill of its exit at what the contract is worth: in the quote
 * currency, in coin for inverse options. An option that ends in the money pays what its venue asks of an exercise, a future what a
 * sale or purchase at the settlement price would; an option that ends worthless costs nothing more.
 */
export function expiryFill(account: Account, order: ExitOrder, position: Position, contract: Contract, settled: SettledAt): Fill {
  const price = worthAtExpiry(contract, settled.quote.last);
  const { quantity } = position;
  return endingFill(account, order, position, settled, { quantity, price, charges: chargesAtExpiry(position, contract, price, settled) });
}

/** An exit of units at a price that nobody traded: of a contract at its end, or of shares that one delivers. */
export function endingFill(account: Account, order: ExitOrder, position: Position, settled: SettledAt, ended: Ended): Fill {
  const part = partOfEntry(position, ended.quantity);
  const amounts = amountsOf(order, settled, ended);
  const closed = { direction: position.direction, entryRate: position.entryRate, ...part, exitSlippage: ZERO, exitBetter: ZERO, exitWorse: ZERO };
  const postings = exitPostings(amounts, closed);
  const realised = realisedResult(amounts, closed, cashChange(postings));
  return { ...settlementFill(account, order, settled, ended), postings, realised, exitReason: 'expiry' };
}

/** An entry into shares at the price that a contract delivers them at. */
export function deliveredFill(account: Account, order: EntryOrder, settled: SettledAt, ended: Ended): Fill {
  const postings = entryPostings(amountsOf(order, settled, ended));
  return { ...settlementFill(account, order, settled, ended), postings, realised: null, exitReason: null };
}

function amountsOf(order: Order, { rate }: SettledAt, { quantity, price, charges }: Ended): FillAmounts {
  const { positionId, symbol, currency, side } = order;
  const notional = multiply(quantity, price);
  return { positionId, symbol, currency, side, quantity, notional, charges, rate: rate.value, isMargined: isMargined(order) };
}

function settlementFill(
  account: Account,
  order: Order,
  settled: SettledAt,
  { quantity, price, charges }: Ended,
): Omit<Fill, 'postings' | 'realised' | 'exitReason'> {
  const { quote, rate, nowMs } = settled;
  return {
    id: fillId(order.id, order.fills + 1),
    orderId: order.id,
    ordinal: order.fills + 1,
    positionId: order.positionId,
    strategy: order.strategy,
    symbol: order.symbol,
    market: order.market,
    purpose: order.purpose,
    side: order.side,
    quantity,
    price,
    currency: order.currency,
    liquidity: 'maker',
    band: { optimistic: price, pessimistic: price },
    charges,
    unitsLost: ZERO,
    slippage: ZERO,
    rate,
    trigger: 'expiry',
    evidence: quote.evidence,
    provenance: provenanceOf(account, price, settled),
    taken: null,
    atMs: nowMs,
  };
}

function chargesAtExpiry(
  { direction, symbol, quantity }: Position,
  contract: Contract,
  price: Decimal,
  { nowMs, quote }: SettledAt,
): readonly ChargeAmount[] {
  const isOption = contract.kind === 'option';
  const isInverse = isOption && contract.payoff === 'inverse';
  return chargesAt({
    instrument: instrumentBySymbol(symbol, nowMs),
    product: isOption ? 'exercise' : 'future',
    // The holder of an option gives it up, its writer takes it back.
    side: direction === 'long' ? 'sell' : 'buy',
    quantity,
    price,
    underlyingNotional: isInverse ? quantity : multiply(quantity, fromNumber(quote.last)),
    atMs: nowMs,
  });
}

/** What shares cost that a contract delivers: a purchase or a sale of the value that is settled. */
export function deliveryCharges(account: Account, order: Order, { nowMs }: SettledAt, quantity: Decimal, price: Decimal): readonly ChargeAmount[] {
  const { delivered } = account;
  return chargesAt({
    instrument: instrumentBySymbol(order.symbol, nowMs),
    product: 'physical',
    side: order.side,
    quantity,
    price,
    atMs: nowMs,
    dpChargedToday: delivered?.date === istDate(nowMs) && delivered.symbols.includes(order.symbol),
  });
}

/** What units cost whose shares do not change hands: the same taxes on the value that would have been delivered. */
export const nettedCharges = ({ symbol, side }: Order, { nowMs }: SettledAt, quantity: Decimal, price: Decimal): readonly ChargeAmount[] =>
  chargesAt({ instrument: instrumentBySymbol(symbol, nowMs), product: 'netted', side, quantity, price, atMs: nowMs });

function chargesAt(fill: Omit<ChargedFill, 'notional' | 'liquidity'>): readonly ChargeAmount[] {
  const notional = multiply(fill.quantity, fill.price);
  return notional <= 0n ? [] : chargesFor({ ...fill, notional, liquidity: 'taker' }).filter(({ amount }) => amount !== 0n);
}

function provenanceOf(account: Account, price: Decimal, { quote, configVersion }: SettledAt): Fill['provenance'] {
  return {
    quote,
    book: null,
    tick: null,
    extreme: null,
    queueAhead: null,
    volatility: null,
    minuteVolume: null,
    previousClose: null,
    rules: null,
    basePrice: price,
    baseRule: 'settlement',
    halfSpreadShare: 0,
    slippageShare: 0,
    impactShare: 0,
    regime: 'low',
    latencyMs: 0,
    seed: account.seed,
    configVersion,
    modelVersion: null,
  };
}
