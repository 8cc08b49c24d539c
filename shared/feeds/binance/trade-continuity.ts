import { type EpochMs, HOUR_MS } from '../../kernel/time.ts';
import type { Tick } from '../../market/price.ts';

/** Knows from the venue's trade numbers, which rise by one, whether trades were lost. */
export interface TradeContinuity {
  /** A trade that was admitted. One without a number proves nothing. */
  heard(tick: Pick<Tick, 'symbol' | 'sequence' | 'exchangeMs'>): void;
  /**
   * Whether every trade of the symbol in [fromMs, toMs) is known to have been heard: a trade at or before it and one at or after
   * its end were, and none is missing between them.
   */
  isWhole(symbol: string, fromMs: EpochMs, toMs: EpochMs): boolean;
}

/** Numbers that were not heard, and the instants between which their trades happened. */
interface Hole {
  readonly from: number;
  readonly to: number;
  readonly fromMs: EpochMs;
  readonly toMs: EpochMs;
}

interface Heard {
  sinceMs: EpochMs;
  highest: number;
  highestMs: EpochMs;
  holes: readonly Hole[];
}

const REMEMBERED_MS = HOUR_MS;
/** Beyond so many the oldest time is forgotten instead: nothing in it is known to be whole. */
const MOST_HOLES = 256;

export function createTradeContinuity(): TradeContinuity {
  const symbols = new Map<string, Heard>();

  function goOn(known: Heard, sequence: number, exchangeMs: EpochMs): void {
    const missing: Hole = { from: known.highest + 1, to: sequence - 1, fromMs: known.highestMs, toMs: exchangeMs };
    if (missing.to >= missing.from) known.holes = [...known.holes, missing];
    known.highest = sequence;
    known.highestMs = Math.max(known.highestMs, exchangeMs);
    if (known.holes.length === 0) return;
    known.holes = known.holes.filter(({ toMs }) => toMs >= known.highestMs - REMEMBERED_MS);
    known.sinceMs = Math.max(known.sinceMs, known.highestMs - REMEMBERED_MS);
    if (known.holes.length <= MOST_HOLES) return;
    known.sinceMs = Math.max(known.sinceMs, known.holes[0]?.toMs ?? 0);
    known.holes = known.holes.slice(1);
  }

  /** A trade that comes late: whether it was missed. */
  function fill(known: Heard, sequence: number, exchangeMs: EpochMs): boolean {
    const hole = known.holes.find(({ from, to }) => from <= sequence && sequence <= to);
    if (hole === undefined) return false;
    known.holes = known.holes.flatMap((other) => (other === hole ? split(hole, sequence, exchangeMs) : other));
    return true;
  }

  return {
    heard({ symbol, sequence, exchangeMs }) {
      if (sequence === undefined) return;
      const known = symbols.get(symbol);
      if (known !== undefined && sequence > known.highest) goOn(known, sequence, exchangeMs);
      else if (known === undefined || !fill(known, sequence, exchangeMs)) {
        // The first one, or the venue numbers anew: what was before is not known any more.
        symbols.set(symbol, { sinceMs: exchangeMs, highest: sequence, highestMs: exchangeMs, holes: [] });
      }
    },
    isWhole(symbol, fromMs, toMs) {
      const known = symbols.get(symbol);
      if (known === undefined || known.sinceMs > fromMs || known.highestMs < toMs) return false;
      return known.holes.every((hole) => hole.toMs < fromMs || hole.fromMs >= toMs);
    },
  };
}

/** The hole without a trade that came late. */
function split(hole: Hole, sequence: number, exchangeMs: EpochMs): readonly Hole[] {
  const before = { ...hole, to: sequence - 1, toMs: exchangeMs };
  const after = { ...hole, from: sequence + 1, fromMs: exchangeMs };
  return [before, after].filter(({ from, to }) => from <= to);
}
