import type { TimeframeView } from '../indicators/generation.ts';
import type { Direction } from './strategy.ts';

/** The direction on which all warm slower timeframes agree, one of them trending; the base itself when none is warm. Null when they do not. */
export function trendDirection(base: TimeframeView, slower: readonly TimeframeView[], leastAdx: number): Direction | null {
  const warm = slower.filter(({ indicators }) => indicators.adx !== null && indicators.emaTrend !== null);
  const judges = warm.length > 0 ? warm : [base];
  const directions = judges.map((view) => directionOf(view));
  const [first = null] = directions;
  if (first === null || directions.some((direction) => direction !== first)) return null;
  const isTrending = judges.some(({ indicators }) => (indicators.adx?.adx ?? 0) >= leastAdx);
  return isTrending ? first : null;
}

function directionOf({ indicators }: TimeframeView): Direction | null {
  const { emaFast, emaSlow } = indicators;
  if (emaFast === null || emaSlow === null || emaFast === emaSlow) return null;
  return emaFast > emaSlow ? 'long' : 'short';
}
