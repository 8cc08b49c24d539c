import type { ArbitrageMarket } from './market.ts';
import { beyondRiskless, bpsOf, type NetGain, type Verdict } from './verdict.ts';

/**
 * The verdict of what has the most left for its price; of equal ones the first.
 *
 * Money that is tied up only takes away, so nothing keeps more than its net gain: margins are worked out from the largest net gain
 * on, and for none after one that has more left than the next gains at all.
 * @param gains  at least one
 * @throws MarginError as `judge`
 */
export function mostLeft(gains: readonly NetGain[], market: ArbitrageMarket): Verdict {
  const ranked = gains.map((gain, place) => ({ gain, place, mostBps: bpsOf(gain.net, gain.candidate) })).sort((a, b) => b.mostBps - a.mostBps);
  let best: { readonly verdict: Verdict; readonly place: number } | null = null;
  for (const { gain, place, mostBps } of ranked) {
    if (best !== null && mostBps < best.verdict.excessBps) break;
    const verdict = beyondRiskless(gain, market);
    if (best === null || (verdict.excessBps - best.verdict.excessBps || best.place - place) > 0) best = { verdict, place };
  }
  if (best === null) throw new RangeError('The most of nothing');
  return best.verdict;
}
