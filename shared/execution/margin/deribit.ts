import type { DeribitTerms } from '../../config/margin.ts';
import { costOf, isShort, type Leg, type OptionLeg, outOfTheMoneyBy, requirePosition } from './leg.ts';
import { isFullyHedged, maxLoss } from './max-loss.ts';
import { type MarginRequirement, requirementOf } from './requirement.ts';

/** Coin that is held beside the options and covers calls. */
export interface CoinLeg {
  readonly kind: 'spot';
  readonly quantity: number;
}

/** Inverse options on one coin, with premiums in coin. */
export interface DeribitPosition {
  readonly regime: 'deribit';
  /** Price of the coin, USD. */
  readonly underlyingPrice: number;
  readonly legs: readonly (CoinLeg | OptionLeg)[];
}

/**
 * Standard margin of options at Deribit, leg by leg, in coin. With S the price of the coin, OTM how far the strike is out of the
 * money, and m the premium, one short option asks
 *
 *   call: initial = max(.15 - OTM / S, .10) + m                       maintenance = .075 + m
 *   put:  initial = max(max(.15 - OTM / S, .10) + m, maintenance)     maintenance = max(.075, .075 m) + m
 *
 * A long option asks its premium, coin its quantity.
 *
 * The venue gives no relief for spreads. Here a position that is fully hedged at one expiry asks no more than its maximum loss,
 * taken in dollars and turned into coin at S: in coin alone a put spread has no bound, but this account is kept in dollars.
 *
 * @throws MarginError `not_a_position`
 * @see Deribit, knowledge base: "Margins", standard margin
 */
export function deribitMargin({ underlyingPrice, legs }: DeribitPosition, terms: DeribitTerms): MarginRequirement {
  const inDollars = legs.map((leg) => dollarLeg(leg, underlyingPrice));
  requirePosition(inDollars, underlyingPrice);
  const options = legs.filter((leg): leg is OptionLeg => leg.kind === 'option');
  const shorts = options.filter(isShort);
  const premiums = costOf(options);
  const coin = legs.reduce((sum, leg) => sum + (leg.kind === 'spot' ? leg.quantity : 0), 0);
  const beyond = shorts.map((leg) => beyondPremium(leg, underlyingPrice, terms));
  const received = costOf(shorts);
  return requirementOf(
    {
      parts: [
        { name: 'premium', amount: premiums },
        { name: 'cash', amount: coin },
        { name: 'uncovered-options', amount: beyond.reduce((sum, { initial }) => sum + initial, 0) },
      ],
      maintenance: received + beyond.reduce((sum, { maintenance }) => sum + maintenance, 0),
      proceeds: received,
      paid: premiums - received + coin,
      lossCap: isFullyHedged(inDollars) ? lossInCoin(inDollars, underlyingPrice) : null,
    },
    terms.roundTo,
  );
}

/** What a short option asks on top of its premium. */
function beyondPremium(leg: OptionLeg, underlyingPrice: number, terms: DeribitTerms): { readonly initial: number; readonly maintenance: number } {
  const { initialRate, leastInitialRate, maintenanceRate } = terms;
  const maintenance = leg.right === 'call' ? maintenanceRate : Math.max(maintenanceRate, maintenanceRate * leg.price);
  const initial = Math.max(initialRate - outOfTheMoneyBy(leg, underlyingPrice) / underlyingPrice, leastInitialRate, maintenance);
  return { initial: leg.quantity * initial, maintenance: leg.quantity * maintenance };
}

function dollarLeg(leg: CoinLeg | OptionLeg, underlyingPrice: number): Leg {
  if (leg.kind === 'spot') return { kind: 'equity', quantity: leg.quantity, price: underlyingPrice };
  return { ...leg, price: leg.price * underlyingPrice };
}

function lossInCoin(legs: readonly Leg[], underlyingPrice: number): number | null {
  const loss = maxLoss(legs);
  return loss === null ? null : loss / underlyingPrice;
}
