import type { ArbitrageMarket } from './market.ts';
import { beyondRiskless, mostBeyond, type NetGain, type Verdict } from './verdict.ts';

/**
 * The verdict of what has the most left for its price; of equal ones the first.
 *
 * A margin only takes away, so that margins are worked out in the order of what is left without them, and none after one that
 * leaves more than the next does before its own: that takes as long as all else.
 * @param gains  at least one
 * @throws MarginError as `judge`
 */
export function mostLeft(gains: readonly NetGain[], market: ArbitrageMarket): Verdict {
  const ranked = gains.map((gain, place) => ({ gain, place, mostBps: mostBeyond(gain, market) })).sort((a, b) => b.mostBps - a.mostBps);
  let best: { readonly verdict: Verdict; readonly place: number } | null = null;
  for (const { gain, place, mostBps } of ranked) {
    if (best !== null && mostBps < best.verdict.excessBps) break;
    const verdict = beyondRiskless(gain, market);
    if (best === null || (verdict.excessBps - best.verdict.excessBps || best.place - place) > 0) best = { verdict, place };
  }
  if (best === null) throw new RangeError('The most of nothing');
  return best.verdict;
}
