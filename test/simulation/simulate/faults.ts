import type { Rng } from '../../../shared/kernel/rng.ts';

/** What goes wrong. Those of a call are drawn for each call, the others by the world at its pace. */
export const FAULT_KINDS = [
  'throttled',
  'conflict',
  'unanswered-undone',
  'unanswered-done',
  'unanswered-done-later',
  'done-and-refused',
  'slow-answer',
  'torn-read',
  'crash',
  'crash-mid-write',
  'pause',
  'clock-jump',
  'second-feed',
  'nudge-lost',
  'nudge-doubled',
  'request-doubled',
  'run-doubled',
  'leap',
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

/** How often each happens to what it can happen to, when a seed has it. */
const SHARES: Readonly<Record<FaultKind, number>> = {
  throttled: 0.015,
  conflict: 0.02,
  'unanswered-undone': 0.02,
  'unanswered-done': 0.03,
  'unanswered-done-later': 0.02,
  'done-and-refused': 0.03,
  'slow-answer': 0.3,
  'torn-read': 0.5,
  crash: 0.05,
  'crash-mid-write': 0.5,
  pause: 0.015,
  'clock-jump': 0.06,
  'second-feed': 0.15,
  'nudge-lost': 0.15,
  'nudge-doubled': 0.15,
  'request-doubled': 0.25,
  'run-doubled': 0.35,
  leap: 0.03,
};

/** Share of the kinds that a seed has: a world with all at once hides what one alone would do. */
const KINDS_A_SEED = 0.7;

export type FaultCounts = Readonly<Record<FaultKind, number>>;

export interface Faults {
  /** Draws whether this happens now; counted when it does. */
  readonly strikes: (kind: FaultKind) => boolean;
  /** From now on nothing goes wrong any more. */
  readonly cease: () => void;
  readonly counts: () => FaultCounts;
}

/** The faults of a seed: which kinds, how often (some seeds have none or few), and when. */
export function createFaults(draw: Rng): Faults {
  const intensity = [0.3, 1, 1, 2.5][Math.floor(draw.next() * 4)] ?? 1;
  const shares = new Map(FAULT_KINDS.map((kind) => [kind, draw.next() < KINDS_A_SEED ? Math.min(0.6, SHARES[kind] * intensity) : 0]));
  const counts = new Map<FaultKind, number>(FAULT_KINDS.map((kind) => [kind, 0]));
  let hasCeased = false;
  return {
    strikes: (kind) => {
      if (hasCeased || draw.next() >= (shares.get(kind) ?? 0)) return false;
      counts.set(kind, (counts.get(kind) ?? 0) + 1);
      return true;
    },
    cease: () => {
      hasCeased = true;
    },
    counts: () => Object.fromEntries(counts) as FaultCounts,
  };
}
