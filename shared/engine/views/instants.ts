import { type EpochMs, iso } from '../../kernel/time.ts';

/** An instant that may not have come yet, as it goes on the wire. */
export const isoOrNull = (ms: EpochMs | null): string | null => (ms === null ? null : iso(ms));

/** Age of something at an instant, ms. A stamp of a clock that runs ahead of ours is new, not of negative age. */
export const ageAt = (nowMs: EpochMs, stampMs: EpochMs): number => Math.max(0, Math.round(nowMs - stampMs));
