import * as z from 'zod';
import { type EpochMs, MINUTE_MS } from '../kernel/time.ts';
import data from './data/known-interruptions.json' with { type: 'json' };

const facts = z.strictObject({
  interruptions: z.array(
    z.strictObject({
      venue: z.enum(['binance', 'nse']),
      /** What was interrupted: all of the venue, or its indices alone. */
      what: z.enum(['all', 'index']),
      from: z.iso.datetime({ offset: true }),
      to: z.iso.datetime({ offset: true }),
      /** How much earlier it may have begun and later ended, where only hours are known. */
      marginMinutes: z.int().nonnegative(),
      says: z.string().min(1),
      source: z.string().min(1),
    }),
  ),
});

/** A time in which a venue traded nothing, or published nothing, although its calendar says that it was open. */
export interface Interruption {
  readonly venue: 'binance' | 'nse';
  readonly what: 'all' | 'index';
  /** The earliest that it can have begun, and the latest that it can have ended. */
  readonly fromMs: EpochMs;
  readonly toMs: EpochMs;
  readonly says: string;
}

/** The interruptions known, in order of time. */
export const KNOWN_INTERRUPTIONS: readonly Interruption[] = facts
  .parse(data)
  .interruptions.map(({ venue, what, from, to, marginMinutes, says }) => ({
    venue,
    what,
    fromMs: Date.parse(from) - marginMinutes * MINUTE_MS,
    toMs: Date.parse(to) + marginMinutes * MINUTE_MS,
    says,
  }))
  .sort((a, b) => a.fromMs - b.fromMs);
