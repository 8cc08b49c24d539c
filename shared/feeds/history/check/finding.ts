import type { EpochMs } from '../../../kernel/time.ts';

export const FINDING_KINDS = ['gap', 'known-gap', 'duplicate', 'order', 'off-grid', 'outside-session', 'ohlc', 'outlier', 'unreadable'] as const;
export type FindingKind = (typeof FINDING_KINDS)[number];

/** Something that a check found. A `known-gap` has an explanation and is no violation; everything else is one. */
export interface Finding {
  readonly kind: FindingKind;
  /** The symbol, in series that hold many. */
  readonly symbol: string | null;
  /** First instant that it is about; null where a whole file is. */
  readonly atMs: EpochMs | null;
  /** How many bars or rows. */
  readonly count: number;
  readonly says: string;
}

export const isViolation = ({ kind }: Finding): boolean => kind !== 'known-gap';
