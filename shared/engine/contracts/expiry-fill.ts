import { instrumentBySymbol } from '../../config/instruments.ts';
import type { Fill } from '../../contracts/fill.ts';
import type { ExitOrder } from '../../contracts/order.ts';
import type { ChargeAmount, Position } from '../../contracts/position.ts';
import type { QuoteExcerpt } from '../../contracts/quote-excerpt.ts';
import type { Rate } from '../../contracts/terms.ts';
import { chargesFor } from '../../execution/charges.ts';
import { type Decimal, fromNumber, multiply, ZERO } from '../../kernel/decimal.ts';
import type { EpochMs } from '../../kernel/time.ts';
import type { Account } from '../../ledger/account.ts';
import { isMargined } from '../../ledger/account.ts';
import { partOfEntry } from '../../ledger/parts.ts';
import { cashChange, exitPostings, realisedResult } from '../../ledger/postings.ts';
import type { Contract } from '../../market/instrument.ts';
import { fillId } from '../fill-record.ts';

/** What a contract of an expiry was settled at, as it is kept with the fill: `last` is the price of the underlying. */
export interface SettledAt {
  readonly quote: QuoteExcerpt;
  readonly rate: Rate;
  readonly nowMs: EpochMs;
  readonly configVersion: string;
}

/**
 * What one unit of a contract is worth at its end, in its quote currency, with S the settlement price of the underlying:
 *
 *   future S;  call max(S - K, 0), put max(K - S, 0);  inverse options the same over S, in coin
 *
 * Coin amounts are rounded half-even to 8 places, as every amount of the ledger.
 */
export function worthAtExpiry(contract: Contract, settlement: number): Decimal {
  if (contract.kind !== 'option') return fromNumber(settlement);
  const intrinsic = Math.max(0, contract.right === 'call' ? settlement - contract.strike : contract.strike - settlement);
  return fromNumber(contract.payoff === 'inverse' ? intrinsic / settlement : intrinsic);
}

/**
 * The end of a position at its contract's expiry, as a fill of its exit at what the contract is worth: cash settlement in the
 * quote currency, in coin for inverse options. An option that ends in the money pays what its venue asks of an exercise, a
 * future what a sale or purchase at the settlement price would; an option that ends worthless costs nothing more.
 *
 * Stock derivatives of NSE are settled by delivery. Here they are closed out at the settlement price with an exercise's taxes, as
 * a broker does for a client who does not take delivery: no shares change hands (docs/decisions/0036).
 */
export function expiryFill(account: Account, order: ExitOrder, position: Position, contract: Contract, settled: SettledAt): Fill {
  const { quote, rate, nowMs } = settled;
  const price = worthAtExpiry(contract, quote.last);
  const { quantity } = position;
  const part = partOfEntry(position, quantity);
  const notional = multiply(quantity, price);
  const charges = chargesAtExpiry(position, contract, { price, notional, quantity, nowMs, settlement: quote.last });
  const amounts = {
    positionId: position.id,
    symbol: position.symbol,
    currency: position.currency,
    side: order.side,
    quantity,
    notional,
    charges,
    rate: rate.value,
    isMargined: isMargined(position),
  };
  const closed = { direction: position.direction, entryRate: position.entryRate, ...part, exitSlippage: ZERO, exitBetter: ZERO, exitWorse: ZERO };
  const postings = exitPostings(amounts, closed);
  return {
    id: fillId(order.id, order.fills + 1),
    orderId: order.id,
    ordinal: order.fills + 1,
    positionId: position.id,
    strategy: position.strategy,
    symbol: position.symbol,
    market: position.market,
    purpose: 'exit',
    side: order.side,
    quantity,
    price,
    currency: position.currency,
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
    postings,
    realised: realisedResult(amounts, closed, cashChange(postings)),
    exitReason: 'expiry',
    atMs: nowMs,
  };
}

interface Ending {
  readonly price: Decimal;
  readonly notional: Decimal;
  readonly quantity: Decimal;
  readonly nowMs: EpochMs;
  readonly settlement: number;
}

function chargesAtExpiry(position: Position, contract: Contract, { price, notional, quantity, nowMs, settlement }: Ending): readonly ChargeAmount[] {
  if (notional <= 0n) return [];
  const isOption = contract.kind === 'option';
  const isInverse = isOption && contract.payoff === 'inverse';
  return chargesFor({
    instrument: instrumentBySymbol(position.symbol, nowMs),
    product: isOption ? 'exercise' : 'future',
    // The holder of an option gives it up, its writer takes it back.
    side: position.direction === 'long' ? 'sell' : 'buy',
    liquidity: 'taker',
    notional,
    quantity,
    price,
    underlyingNotional: isInverse ? quantity : multiply(quantity, fromNumber(settlement)),
    atMs: nowMs,
  }).filter(({ amount }) => amount !== 0n);
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
