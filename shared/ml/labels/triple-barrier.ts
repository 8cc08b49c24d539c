import { type EpochMs, MINUTE_MS } from '../../kernel/time.ts';
import { isTraded } from '../../market/bar-ticks.ts';
import { type Bar, startOfBar } from '../../market/price.ts';
import { farEnd, nearEnd, signOf } from '../../strategies/direction.ts';
import type { Direction } from '../../strategies/strategy.ts';

/** A trade as it was proposed; prices in the quote currency. */
export interface Proposed {
  readonly direction: Direction;
  readonly stop: number;
  readonly target: number;
  /** Distance of a trailing stop as a share of the best price; null for a fixed one. */
  readonly trailingShare: number | null;
  readonly maxHoldingMs: number;
  /** When it must be left at the latest, whenever it was opened; absent where only the holding time ends it. */
  readonly exitByMs?: EpochMs;
}

/** How a trade ended. */
export interface Ended {
  readonly by: 'target' | 'stop' | 'time';
  readonly entryPrice: number;
  readonly exitPrice: number;
  /** End of the bar in which it ended: from then on it is known. */
  readonly endMs: EpochMs;
}

/** A trade that is watched, bar by bar. */
export interface Watched {
  /** Takes the next bar after the decision; null while the trade goes on. */
  readonly next: (bar: Bar) => Ended | null;
}

/**
 * Watches a trade from the bar after its decision: in at that bar's open, out at the first of three barriers. Target, before the stop, before
 * the time is up. Within a bar the stop is assumed hit before the target; the target must be passed, not touched; an open beyond the
 * stop is the price that is got; a trail follows the best price of the bars before, and a close below where it then is ends the trade there.
 * A trade whose time ran out while nothing was traded, over a night say, is left at the first price after it. In a bar without volume nothing can be
 * bought or sold, as it has no ticks where bars are played.
 * @see Lopez de Prado: "Advances in financial machine learning" (2018), chapter 3
 */
export function watchTrade({ direction, stop, target, trailingShare, maxHoldingMs, exitByMs = Number.POSITIVE_INFINITY }: Proposed): Watched {
  const sign = signOf(direction);
  let entry: { readonly price: number; readonly untilMs: EpochMs } | null = null;
  let level = stop;
  let best = 0;

  const follow = (price: number): void => {
    if (trailingShare === null || sign * (price - best) <= 0) return;
    best = price;
    const trailed = best * (1 - sign * trailingShare);
    if (sign * (trailed - level) > 0) level = trailed;
  };

  const exitIn = (bar: Bar, isDue: boolean): Pick<Ended, 'by' | 'exitPrice'> | null => {
    if (sign * (bar.open - level) <= 0) return { by: 'stop', exitPrice: bar.open };
    if (isDue) return { by: 'time', exitPrice: bar.open };
    if (sign * (nearEnd(bar, sign) - level) <= 0) return { by: 'stop', exitPrice: level };
    if (sign * (farEnd(bar, sign) - target) > 0) return { by: 'target', exitPrice: target };
    follow(farEnd(bar, sign));
    return sign * (bar.close - level) <= 0 ? { by: 'stop', exitPrice: level } : null;
  };

  return {
    next: (bar) => {
      if (!isTraded(bar)) return null;
      const startMs = startOfBar(bar);
      if (entry === null) {
        entry = { price: bar.open, untilMs: Math.min(startMs + maxHoldingMs, exitByMs) };
        best = bar.open;
      }
      const endMs = bar.openMs + MINUTE_MS;
      const exit = exitIn(bar, startMs >= entry.untilMs) ?? (endMs >= entry.untilMs ? ({ by: 'time', exitPrice: bar.close } as const) : null);
      return exit === null ? null : { ...exit, entryPrice: entry.price, endMs };
    },
  };
}
