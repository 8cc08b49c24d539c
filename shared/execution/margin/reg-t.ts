import type { RegTTerms } from '../../config/margin.ts';
import type { OptionRight } from '../../market/black76.ts';
import { costOf, isOption, isShort, type OptionLeg, outOfTheMoneyBy, requirePosition, type SharesLeg } from './leg.ts';
import { MarginError } from './margin-error.ts';
import { isFullyHedged, maxLoss } from './max-loss.ts';
import { type MarginRequirement, requirementOf } from './requirement.ts';

/** Options on one underlying of the United States, with the shares that cover them. Dollars. */
export interface RegTPosition {
  readonly regime: 'reg-t';
  /** A cash account borrows nothing: it secures the whole loss. */
  readonly account: 'margin' | 'cash';
  /** Whether the underlying is a broad index. */
  readonly isIndex: boolean;
  readonly underlyingPrice: number;
  readonly legs: readonly (SharesLeg | OptionLeg)[];
}

/**
 * Strategy-based margin of the Cboe under Regulation T, dollars. With U the underlying and K the strike, a short option asks
 *
 *   premium + max(20 % U - OTM, 10 % U for a call | 10 % K for a put),  15 % instead of 20 % on a broad index
 *
 * A short call and a short put together ask the larger of the two and the other's premium; a short that a long covers the width
 * of the spread at most; a call covered by shares nothing; shares half their value; longs their premium. Options alone that are
 * fully hedged at one expiry ask no more than their maximum loss (condors, butterflies). Shorts are paired with shares and longs
 * in the order of strikes, which need not be the cheapest way.
 *
 * @throws MarginError `not_a_position`; `not_covered` when a cash account could lose more than it can secure
 * @see Cboe: "Margin manual"; 12 CFR 220 (Regulation T); FINRA Rule 4210
 */
export function regTMargin(position: RegTPosition, terms: RegTTerms): MarginRequirement {
  requirePosition(position.legs, position.underlyingPrice);
  return position.account === 'cash' ? securedInCash(position, terms) : strategyBased(position, terms);
}

/** All that can be lost at expiry, and the premiums received besides: for a put its strike, for a covered call the shares. */
function securedInCash({ legs }: RegTPosition, terms: RegTTerms): MarginRequirement {
  const loss = maxLoss(legs);
  if (loss === null) throw new MarginError('not_covered', 'A cash account holds nothing whose loss has no bound or no single date', { legs });
  const proceeds = costOf(legs.filter(isShort));
  const paid = costOf(legs.filter((leg) => !isShort(leg)));
  const secured = Math.max(loss + proceeds, paid);
  return requirementOf({ parts: [{ name: 'cash', amount: secured }], maintenance: secured - paid, proceeds, paid, lossCap: null }, terms.roundTo);
}

function strategyBased(position: RegTPosition, terms: RegTTerms): MarginRequirement {
  const options = position.legs.filter(isOption);
  const shares = position.legs.filter((leg): leg is SharesLeg => leg.kind === 'equity');
  const premiums = costOf(options.filter((leg) => !isShort(leg)));
  const covered = shares.reduce((sum, { quantity }) => sum + quantity, 0);
  const calls = pairShorts('call', covered, position, terms);
  const puts = pairShorts('put', 0, position, terms);
  const uncovered = uncoveredAsk(calls.uncovered, puts.uncovered);
  const spreads = calls.spreads + puts.spreads;
  return requirementOf(
    {
      parts: [
        { name: 'premium', amount: premiums },
        { name: 'shares', amount: terms.sharesInitialRate * costOf(shares) },
        { name: 'spreads', amount: spreads },
        { name: 'uncovered-options', amount: uncovered },
      ],
      maintenance: terms.sharesMaintenanceRate * costOf(shares) + spreads + uncovered,
      proceeds: costOf(options.filter(isShort)),
      paid: premiums,
      lossCap: shares.length === 0 && isFullyHedged(options) ? maxLoss(options) : null,
    },
    terms.roundTo,
  );
}

/** So many units of a short option that nothing covers, and what one of them asks, premium included. */
interface UncoveredUnits {
  readonly quantity: number;
  readonly premium: number;
  readonly ask: number;
}

interface PairedShorts {
  /** What the shorts with a long beside them ask. */
  readonly spreads: number;
  readonly uncovered: readonly UncoveredUnits[];
}

/** Covers the shorts of one right: first by shares, then by longs that live at least as long, in the order of strikes. */
function pairShorts(right: OptionRight, shares: number, position: RegTPosition, terms: RegTTerms): PairedShorts {
  const ofRight = position.legs.filter(isOption).filter((leg) => leg.right === right);
  // From the strike that is the deepest in the money on: calls upwards, puts downwards.
  const inOrder = ofRight.toSorted((a, b) => (right === 'call' ? a.strike - b.strike : b.strike - a.strike));
  const longs = inOrder.filter((leg) => !isShort(leg)).map((leg) => ({ leg, left: leg.quantity }));
  const uncovered: UncoveredUnits[] = [];
  let [sharesLeft, spreads] = [shares, 0];
  for (const short of inOrder.filter(isShort)) {
    const byShares = Math.min(sharesLeft, short.quantity);
    sharesLeft -= byShares;
    let open = short.quantity - byShares;
    const ask = uncoveredUnitAsk(short, position, terms);
    for (const long of longs.filter(({ leg }) => leg.expiryMs >= short.expiryMs)) {
      const paired = Math.min(open, long.left);
      long.left -= paired;
      open -= paired;
      spreads += paired * Math.min(ask, spreadWidth(short, long.leg));
    }
    if (open > 0) uncovered.push({ quantity: open, premium: short.price, ask });
  }
  return { spreads, uncovered };
}

const spreadWidth = (short: OptionLeg, long: OptionLeg): number =>
  Math.max(0, short.right === 'call' ? long.strike - short.strike : short.strike - long.strike);

/** What one unit of a short option asks alone. */
function uncoveredUnitAsk(leg: OptionLeg, { isIndex, underlyingPrice }: RegTPosition, terms: RegTTerms): number {
  const rate = isIndex ? terms.indexOptionRate : terms.stockOptionRate;
  const least = terms.leastOptionRate * (leg.right === 'call' ? underlyingPrice : leg.strike);
  return leg.price + Math.max(rate * underlyingPrice - outOfTheMoneyBy(leg, underlyingPrice), least);
}

/** Short calls beside short puts, unit by unit: the underlying cannot move against both, so the larger counts and the other's premium. */
function uncoveredAsk(calls: readonly UncoveredUnits[], puts: readonly UncoveredUnits[]): number {
  const [call, put] = [calls[0], puts[0]];
  if (call === undefined || put === undefined) return [...calls, ...puts].reduce((sum, { quantity, ask }) => sum + quantity * ask, 0);
  const both = Math.min(call.quantity, put.quantity);
  return both * Math.max(call.ask + put.premium, put.ask + call.premium) + uncoveredAsk(without(calls, both), without(puts, both));
}

/** What remains when so many units of the first are taken; there are at least as many. */
function without([first, ...others]: readonly UncoveredUnits[], quantity: number): readonly UncoveredUnits[] {
  return first !== undefined && first.quantity > quantity ? [{ ...first, quantity: first.quantity - quantity }, ...others] : others;
}
