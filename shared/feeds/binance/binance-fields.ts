import type { EpochMs } from '../../kernel/time.ts';

/** An object of a frame whose fields nobody has looked at. */
export type Fields = Readonly<Record<string, unknown>>;

export const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);

export const isSequence = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

/** Later than any millisecond stamp of this millennium: such a stamp counts microseconds. */
const MICROSECONDS_FROM = 100_000_000_000_000;

/** The instant of a millisecond or (with `timeUnit=MICROSECOND`) microsecond stamp. */
export function stampMs(value: unknown): EpochMs | null {
  if (!Number.isSafeInteger(value) || (value as number) <= 0) return null;
  const stamp = value as number;
  return stamp < MICROSECONDS_FROM ? stamp : Math.floor(stamp / 1_000);
}
