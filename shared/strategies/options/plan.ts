import { chargesFor } from '../../execution/charges.ts';
import type { Leg } from '../../execution/margin/leg.ts';
import { maxLoss, maxProfit } from '../../execution/margin/max-loss.ts';
import { type Decimal, fromNumber, sum, toNumber } from '../../kernel/decimal.ts';
import type { EpochMs } from '../../kernel/time.ts';
import { black76 } from '../../market/black76.ts';
import type { Instrument } from '../../market/instrument.ts';
import type { Smile, SmilePoint } from '../../market/options/smile.ts';
import type { StructureName } from '../strategy.ts';

type Side = 'buy' | 'sell';

/** A leg at the price it meets. `bid` and `ask` are in its own quote currency; `money` turns them into that of the chain. */
export interface PlannedLeg {
  readonly instrument: Instrument;
  readonly side: Side;
  readonly bid: number;
  readonly ask: number;
  readonly money: number;
  /** Null for the underlying itself. */
  readonly point: SmilePoint | null;
}

/** A structure that could be traded, one unit of the underlying a leg. */
export interface Plan {
  readonly structure: StructureName;
  readonly legs: readonly PlannedLeg[];
}

/** What until expiry is expected of the underlying. */
export interface Outlook {
  /** A year, as a share. */
  readonly volatility: number;
  /** By which factor the forward is expected to be wrong: above 1 in an upward trend. */
  readonly drift: number;
}

/** A plan with what it costs and promises, all for one unit, in the currency of the chain. */
export interface PricedPlan extends Plan {
  /** What the options bring (positive) or cost (negative) at bid and ask, before fees. */
  readonly credit: number;
  /** Fees of opening and closing all legs. */
  readonly fees: number;
  /** Fees, and the spread that is crossed twice. */
  readonly roundTrip: number;
  /** Fees included; null where it has no bound. */
  readonly maxLoss: number | null;
  readonly maxProfit: number | null;
  /** Mean result at expiry under the outlook, after fees. */
  readonly edge: number;
  /** A day, of the options. */
  readonly theta: number;
}

interface Terms {
  readonly smile: Smile;
  readonly spot: number;
  readonly nowMs: EpochMs;
  readonly unit: number;
  /** What money at expiry is worth now. */
  readonly discount: number;
  readonly outlook: Outlook;
}

const priceOf = ({ side, bid, ask, money }: PlannedLeg): number => money * (side === 'buy' ? ask : bid);
const signOf = ({ side }: PlannedLeg): 1 | -1 => (side === 'buy' ? 1 : -1);
const sumOf = (legs: readonly PlannedLeg[], figure: (leg: PlannedLeg) => number): number => legs.reduce((total, leg) => total + figure(leg), 0);

/** Prices a plan at the quotes its legs meet. */
export function pricePlan(plan: Plan, terms: Terms): PricedPlan {
  const { legs } = plan;
  const options = legs.filter(({ point }) => point !== null);
  const fees = sumOf(legs, (leg) => feeOf(leg, terms));
  const payoff = legs.map((leg) => payoffLeg(leg, terms.smile.expiryMs));
  const [loss, profit] = [maxLoss(payoff), maxProfit(payoff)];
  return {
    ...plan,
    credit: -sumOf(options, (leg) => signOf(leg) * priceOf(leg)),
    fees,
    roundTrip: fees + sumOf(legs, ({ bid, ask, money }) => money * (ask - bid)),
    maxLoss: loss === null ? null : loss + fees,
    maxProfit: profit === null ? null : profit - fees,
    edge: sumOf(legs, (leg) => signOf(leg) * (worthOf(leg, terms) - priceOf(leg))) - fees,
    theta: sumOf(options, (leg) => signOf(leg) * thetaOf(leg, terms)),
  };
}

/** What opening and closing one unit of a leg costs, as part of one lot. */
function feeOf({ instrument, bid, ask, money, point }: PlannedLeg, { unit, spot, nowMs }: Terms): number {
  const quantity = fromNumber(unit);
  const underlyingNotional = fromNumber(unit * spot);
  const product = point !== null ? 'option' : instrument.market === 'NSE' ? 'delivery' : 'spot';
  const costs = (['buy', 'sell'] as const).map((side): Decimal => {
    const price = money * (side === 'buy' ? ask : bid);
    const notional = fromNumber(unit * price);
    const fill = {
      instrument,
      product,
      side,
      liquidity: 'taker',
      notional,
      quantity,
      price: fromNumber(price),
      underlyingNotional,
      atMs: nowMs,
    } as const;
    return sum(chargesFor(fill).map(({ amount }) => amount));
  });
  return toNumber(sum(costs)) / unit;
}

/** What a leg is worth on average under the outlook. */
function worthOf({ bid, ask, money, point }: PlannedLeg, { smile, discount, outlook }: Terms): number {
  if (point === null) return money * ((bid + ask) / 2) * outlook.drift;
  return black76({
    right: point.right,
    forward: smile.forward * outlook.drift,
    strike: point.strike,
    variance: outlook.volatility ** 2 * smile.years,
    discount,
  });
}

/** What a day takes off an option's value, at its own volatility; negative. */
function thetaOf({ point }: PlannedLeg, { smile, discount }: Terms): number {
  if (point === null) return 0;
  const { right, strike, iv } = point;
  const value = (years: number): number => black76({ right, forward: smile.forward, strike, variance: iv ** 2 * years, discount });
  const day = Math.min(1 / 365, smile.years);
  return value(smile.years - day) - value(smile.years);
}

function payoffLeg(leg: PlannedLeg, expiryMs: EpochMs): Leg {
  const price = priceOf(leg);
  if (leg.point === null) return { kind: 'equity', quantity: 1, price };
  const { right, strike } = leg.point;
  return { kind: 'option', direction: leg.side === 'buy' ? 'long' : 'short', right, strike, quantity: 1, price, expiryMs };
}
