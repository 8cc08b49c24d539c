import { type Charge, type ChargedFill, chargesFor } from '../../execution/charges.ts';
import { fromNumber, multiply, toNumber } from '../../kernel/decimal.ts';
import type { EpochMs } from '../../kernel/time.ts';
import { type Candidate, type CandidateLeg, entryPrice, halfSpread, type LegEnd, middle } from './candidate.ts';

/** What opening and closing a structure costs, for one unit of the underlying, in the currency of its chain. */
export interface StructureCosts {
  /** Half of each book's spread at the entry, and of those that are crossed again at the end. */
  readonly spread: number;
  /** Fees and taxes of the entry. */
  readonly entry: number;
  /** Fees and taxes of the end. */
  readonly end: number;
}

/**
 * Costs of a structure of `quantity` units by the venues' schedules: flat fees and caps make a smaller one dearer a unit.
 *
 * `ends: 'horizon'` holds every leg to its own end; `ends: 'market'` closes all of them in their books, which is what happens
 * when the basis goes before the expiry does. The legs end at one price: taken is the dearest of those of now, and of an option its
 * own. The schedule is that of the day of the end.
 *
 * @throws ExecutionError `no_charges` when a venue has no schedule for a leg
 */
export function costsOf(candidate: Candidate, quantity: number, nowMs: EpochMs, ends: Ends): StructureCosts {
  return { ...endCosts(candidate, quantity, nowMs, ends), entry: entryCost(candidate, quantity, nowMs) };
}

/**
 * The dearer of the two ways to end: an edge that is left then is there whichever way it goes.
 * @throws ExecutionError
 */
export function dearestCosts(candidate: Candidate, quantity: number, nowMs: EpochMs): StructureCosts {
  const entry = entryCost(candidate, quantity, nowMs);
  const [held, closed] = [endCosts(candidate, quantity, nowMs, 'horizon'), endCosts(candidate, quantity, nowMs, 'market')];
  return { ...(held.spread + held.end > closed.spread + closed.end ? held : closed), entry };
}

type Ends = 'horizon' | 'market';

function entryCost(candidate: Candidate, quantity: number, nowMs: EpochMs): number {
  const underlying = underlyingPrice(candidate);
  return totalOf(candidate, (leg) => (leg.worth * entryCharges(leg, quantity, underlying, nowMs)) / quantity);
}

function endCosts(candidate: Candidate, quantity: number, nowMs: EpochMs, ends: Ends): Omit<StructureCosts, 'entry'> {
  const endMs = nowMs + candidate.holdMs;
  const underlying = underlyingPrice(candidate);
  const endPrice = Math.max(...candidate.legs.filter(({ option }) => option === null).map(middle));
  const wayOf = (leg: CandidateLeg): LegEnd => (ends === 'market' ? 'market' : leg.end);
  const chargesOf = (leg: CandidateLeg): number =>
    endCharges(leg, wayOf(leg), leg.option === null ? endPrice : middle(leg), quantity, underlying, endMs);
  return {
    spread: totalOf(candidate, (leg) => halfSpread(leg) * (wayOf(leg) === 'market' ? 2 : 1)),
    end: totalOf(candidate, (leg) => (leg.worth * chargesOf(leg)) / quantity),
  };
}

const totalOf = ({ legs }: Candidate, figure: (leg: CandidateLeg) => number): number => legs.reduce((sum, leg) => sum + figure(leg), 0);

/** Price of the underlying: of the first leg, which is itself or a contract on it at its price. */
const underlyingPrice = ({ legs: [first] }: Candidate): number => (first === undefined ? 0 : middle(first));

const entryCharges = (leg: CandidateLeg, quantity: number, underlying: number, atMs: EpochMs): number =>
  amountOf(chargesFor(fillOf(leg, leg.side, entryPrice(leg), quantity, underlying, atMs)));

function endCharges(leg: CandidateLeg, end: LegEnd, price: number, quantity: number, underlying: number, atMs: EpochMs): number {
  const closing = leg.side === 'buy' ? 'sell' : 'buy';
  const closed = fillOf(leg, closing, price, quantity, underlying, atMs);
  switch (end) {
    case 'market':
      return amountOf(chargesFor(closed));
    case 'settlement':
      // NSE's clearing house asks nothing of a final settlement. Crypto venues do: assumed is what they ask of a taker.
      return leg.instrument.venue === 'nse' ? 0 : amountOf(chargesFor(closed));
    case 'delivery':
      // The future only becomes the delivery of its shares, whose leg pays.
      return leg.product === 'future' ? 0 : amountOf(chargesFor({ ...closed, product: 'physical' }));
    case 'exercise':
      // Whether it ends in the money is not known: the tax is expected on what the market itself expects of the payoff, its price.
      return amountOf(chargesFor({ ...closed, product: 'exercise' }));
  }
}

const amountOf = (charges: readonly Charge[]): number => charges.reduce((sum, { amount }) => sum + toNumber(amount), 0);

function fillOf(leg: CandidateLeg, side: 'buy' | 'sell', at: number, quantity: number, underlying: number, atMs: EpochMs): ChargedFill {
  const [price, units] = [fromNumber(at), fromNumber(quantity)];
  return {
    instrument: leg.instrument,
    product: leg.product,
    side,
    liquidity: 'taker',
    notional: multiply(price, units),
    quantity: units,
    price,
    underlyingNotional: fromNumber((quantity * underlying) / leg.worth),
    atMs,
  };
}
