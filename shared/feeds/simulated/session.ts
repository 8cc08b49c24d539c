import { DAY_MS, type EpochMs, MINUTE_MS } from '../../kernel/time.ts';
import type { SessionPhase } from '../../market/calendar-facts.ts';
import type { Market } from '../../market/instrument.ts';

const MINUTES_A_DAY = DAY_MS / MINUTE_MS;
/** Whether a day has a session, and how long a one, is seen at its quarters of an hour. */
const QUARTER = 15;

/** What a market does at the instant. Asked at the start of a minute: a minute trades whole or not at all. */
export type PhaseAt = (market: Market, atMs: EpochMs) => SessionPhase | 'closed';

/** The minutes of one day of one market that have a bar. */
export interface Session {
  readonly startMs: EpochMs;
  /** Minutes since `startMs` that have a bar, ascending: continuous trading, then the still minutes of a closing auction. */
  readonly minutes: Int16Array;
  /** For each minute of the day its place in `minutes`, or -1 when there is no bar. */
  readonly slots: Int16Array;
  /** How many of `minutes` trade continuously. */
  readonly continuous: number;
  /** The place in `minutes` of the one print of the closing auction, or -1 where there is none. */
  readonly auction: number;
}

/** The session of the market's day that begins at `startMs`. Crypto trades round the clock and is not asked for. */
export function sessionOf(market: Market, startMs: EpochMs, phaseAt: PhaseAt): Session {
  const slots = new Int16Array(MINUTES_A_DAY).fill(-1);
  const minutes: number[] = [];
  let continuous = 0;
  let auction = -1;
  for (let minute = 0; minute < MINUTES_A_DAY; minute++) {
    const part = market === 'CRYPTO' ? 'trading' : partOf(phaseAt(market, startMs + minute * MINUTE_MS));
    if (part === null) continue;
    if (part === 'trading') continuous += 1;
    // The auction's price is known in the last minute in which it takes orders.
    if (part === 'auction') auction = minutes.length;
    slots[minute] = minutes.length;
    minutes.push(minute);
  }
  return { startMs, minutes: Int16Array.from(minutes), slots, continuous, auction };
}

function partOf(phase: SessionPhase | 'closed'): 'trading' | 'still' | 'auction' | null {
  switch (phase) {
    case 'continuous':
      return 'trading';
    case 'reference-price':
      return 'still';
    case 'closing-auction-entry':
    case 'closing-auction-limit-entry':
      return 'auction';
    case 'pre-open-entry':
    case 'pre-open-limit-entry':
    case 'pre-open-matching':
    case 'pre-open-buffer':
    case 'closing-auction-matching':
    case 'post-close':
    case 'closed':
      return null;
  }
}

/** Minutes of continuous trading of the day that begins at `startMs`, to a quarter of an hour. */
export function openMinutes(market: Market, startMs: EpochMs, phaseAt: PhaseAt): number {
  if (market === 'CRYPTO') return MINUTES_A_DAY;
  let open = 0;
  for (let minute = 0; minute < MINUTES_A_DAY; minute += QUARTER) {
    if (phaseAt(market, startMs + minute * MINUTE_MS) === 'continuous') open += QUARTER;
  }
  return open;
}

/** The place of the first minute with a bar that begins at or after the instant; the number of minutes when there is none. */
export function firstSlotFrom({ startMs, minutes }: Session, fromMs: EpochMs): number {
  let low = 0;
  let high = minutes.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (startMs + (minutes[middle] as number) * MINUTE_MS < fromMs) low = middle + 1;
    else high = middle;
  }
  return low;
}
