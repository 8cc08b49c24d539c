import type { Variant } from './variants.ts';
import type { SeedResult } from './world.ts';

/** Seeds for one worker to run, one after the other. */
export interface SeedJob {
  /** How the program is broken; null for the one that there is. */
  readonly variant: Variant | null;
  readonly from: number;
  readonly count: number;
  /** Whether the first seed that fails ends it. */
  readonly untilBroken: boolean;
  /** Whether to tell what writes consist of, and which conditions decided alone. */
  readonly isObserved: boolean;
}

export interface JobReport {
  readonly job: SeedJob;
  readonly results: readonly SeedResult[];
  readonly observed: Observed | null;
}

/** What was seen of the writes of some seeds. Counts are of writes, by place. */
export interface Observed {
  /** Each transaction with its steps in order, as text: see `step-kinds.ts`. */
  readonly transactions: readonly (readonly string[])[];
  /** Attributes of each condition that claims some. */
  readonly claims: readonly (readonly [place: string, attributes: readonly string[]])[];
  readonly ids: readonly string[];
  /** Conditions that refused a write alone, and how often: see `conditions-alone.ts`. */
  readonly alone: readonly (readonly [place: string, count: number])[];
}
