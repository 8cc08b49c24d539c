import type { OptionsConfig } from '../../config/strategies.ts';
import type { OptionRight } from '../../market/black76.ts';
import type { Instrument } from '../../market/instrument.ts';
import { nearestDelta, type Smile, type SmilePoint } from '../../market/options/smile.ts';
import type { DerivativesView, Direction } from '../strategy.ts';
import type { Plan, PlannedLeg } from './plan.ts';
import type { Stance } from './volatility-regime.ts';

/** What the legs are chosen from. */
export interface Choice {
  readonly config: OptionsConfig;
  readonly smile: Smile;
  /** Whether an option can be dealt in now: both sides quoted, lately. */
  readonly isTradable: (point: SmilePoint) => boolean;
  /** Turns an option's price into the chain's currency. */
  readonly money: number;
  readonly underlying: Instrument;
  readonly spot: DerivativesView['spot'];
}

type Build = (choice: Choice) => Plan | null;

/**
 * The structures that suit a regime: dear volatility is sold, cheap volatility bought, never without a bound to the loss; a trend
 * decides the side, without one both are taken. Fair volatility is left alone.
 */
export function structuresFor(stance: Stance, trend: Direction | null): readonly Build[] {
  if (stance === 'fair') return [];
  if (stance === 'cheap') return trend === null ? [longStraddle, longStrangle] : [debitSpread(trend)];
  if (trend === null) return [ironCondor];
  return trend === 'long' ? [creditSpread('put'), cashSecuredPut, coveredCall] : [creditSpread('call')];
}

/** Both sides sold out of the money, each with its protection further out. */
const ironCondor: Build = (choice) => {
  const [put, call] = [creditSpread('put')(choice), creditSpread('call')(choice)];
  return put === null || call === null ? null : { structure: 'iron-condor', legs: [...put.legs, ...call.legs] };
};

/** An option sold against the trend's side, protected by one further out: it earns unless the trend turns. */
const creditSpread =
  (right: OptionRight): Build =>
  (choice) => {
    const { shortLeg, wing } = choice.config.deltas;
    const sold = find(choice, right, shortLeg);
    const bought = sold === null ? null : find(choice, right, wing, (point) => isFurtherOut(point, sold));
    return plan('vertical-spread', choice, [
      [sold, 'sell'],
      [bought, 'buy'],
    ]);
  };

/** An option near the money on the trend's side, paid for in part by one further out. */
const debitSpread =
  (trend: Direction): Build =>
  (choice) => {
    const { longLeg, shortLeg } = choice.config.deltas;
    const right = trend === 'long' ? 'call' : 'put';
    const bought = find(choice, right, longLeg);
    const sold = bought === null ? null : find(choice, right, shortLeg, (point) => isFurtherOut(point, bought));
    return plan('vertical-spread', choice, [
      [bought, 'buy'],
      [sold, 'sell'],
    ]);
  };

/** A put whose strike could be paid in cash. */
const cashSecuredPut: Build = (choice) => plan('cash-secured-put', choice, [[find(choice, 'put', choice.config.deltas.owned), 'sell']]);

/** The underlying bought, and a call on it sold. */
const coveredCall: Build = (choice) => {
  const { underlying, spot, config } = choice;
  if (spot === null || spot.bid === null || spot.ask === null) return null;
  const shares: PlannedLeg = { instrument: underlying, side: 'buy', bid: spot.bid, ask: spot.ask, money: 1, point: null };
  const call = plan('covered-call', choice, [[find(choice, 'call', config.deltas.owned), 'sell']]);
  return call === null ? null : { ...call, legs: [shares, ...call.legs] };
};

/** A call and a put of the strike nearest to the forward. */
const longStraddle: Build = (choice) => {
  const call = nearestDelta(choice.smile, 'call', 0.5, choice.isTradable);
  const put = call === null ? null : find(choice, 'put', 0.5, ({ strike }) => strike === call.strike);
  return plan('long-straddle', choice, [
    [call, 'buy'],
    [put, 'buy'],
  ]);
};

/** A call and a put out of the money. */
const longStrangle: Build = (choice) => {
  const { strangle } = choice.config.deltas;
  const put = find(choice, 'put', strangle);
  const call = put === null ? null : find(choice, 'call', strangle, ({ strike }) => strike > put.strike);
  return plan('long-strangle', choice, [
    [call, 'buy'],
    [put, 'buy'],
  ]);
};

const isFurtherOut = (point: SmilePoint, than: SmilePoint): boolean =>
  point.right === 'call' ? point.strike > than.strike : point.strike < than.strike;

function find(
  { smile, isTradable }: Choice,
  right: OptionRight,
  delta: number,
  suits: (point: SmilePoint) => boolean = () => true,
): SmilePoint | null {
  return nearestDelta(smile, right, delta, (point) => suits(point) && isTradable(point));
}

/** A plan of the points that were found; null unless all were. */
function plan(structure: Plan['structure'], { money }: Choice, sides: readonly (readonly [SmilePoint | null, PlannedLeg['side']])[]): Plan | null {
  const legs = sides.flatMap(([point, side]): readonly PlannedLeg[] => {
    const { instrument, bid, ask } = point?.quote ?? {};
    if (point === null || instrument === undefined || bid == null || ask == null) return [];
    return [{ instrument, side, bid, ask, money, point }];
  });
  return legs.length === sides.length ? { structure, legs } : null;
}
