import { type Interruption, KNOWN_INTERRUPTIONS } from '../../../config/known-interruptions.ts';
import { type EpochMs, iso } from '../../../kernel/time.ts';
import { type Series, SPAN_MS } from '../series.ts';
import type { Finding } from './finding.ts';

export interface GapFinder {
  /** Takes the open times of the bars that are there, in order; doubles and disorder are somebody else's matter. */
  readonly add: (openMs: EpochMs) => void;
  /** The gaps, when all bars have been told. */
  readonly end: () => readonly Finding[];
}

interface Hole {
  readonly fromMs: EpochMs;
  lastMs: EpochMs;
  bars: number;
  readonly why: string | null;
}

/** Compares the bars that are there with those required, both in order of time. */
export function gapFinder(series: Series, required: Iterator<EpochMs>, symbol: string | null = null): GapFinder {
  const holes: Hole[] = [];
  let next = required.next();
  let isOpen = false;

  function miss(openMs: EpochMs): void {
    const why = explanationOf(series, openMs);
    const last = holes.at(-1);
    if (isOpen && last !== undefined && last.why === why) {
      last.lastMs = openMs;
      last.bars++;
    } else holes.push({ fromMs: openMs, lastMs: openMs, bars: 1, why });
    isOpen = true;
  }

  return {
    add(openMs) {
      for (; next.done !== true && next.value < openMs; next = required.next()) miss(next.value);
      if (next.done !== true && next.value === openMs) {
        isOpen = false;
        next = required.next();
      }
    },
    end() {
      for (; next.done !== true; next = required.next()) miss(next.value);
      return holes.map((hole) => findingOf(hole, symbol));
    },
  };
}

/** What is known of a time in which a bar is missing, or null: the bar must lie in an interruption with all of its span. */
function explanationOf({ venue, kind, timeframe }: Series, openMs: EpochMs): string | null {
  const endMs = openMs + SPAN_MS[timeframe];
  const isIt = (each: Interruption): boolean => each.venue === venue && (each.what === 'all' || each.what === kind);
  return KNOWN_INTERRUPTIONS.find((each) => isIt(each) && openMs >= each.fromMs && endMs <= each.toMs)?.says ?? null;
}

function findingOf({ fromMs, lastMs, bars, why }: Hole, symbol: string | null): Finding {
  const when = bars === 1 ? `at ${iso(fromMs)}` : `${bars} bars from ${iso(fromMs)} to ${iso(lastMs)}`;
  return { kind: why === null ? 'gap' : 'known-gap', symbol, atMs: fromMs, count: bars, says: `missing ${when}${why === null ? '' : `: ${why}`}` };
}
