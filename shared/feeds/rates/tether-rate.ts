import * as z from 'zod';
import { TETHER_RATE } from '../../config/tether-rate.ts';
import type { Rate } from '../../contracts/terms.ts';
import { fromNumber } from '../../kernel/decimal.ts';
import type { EpochMs } from '../../kernel/time.ts';

/**
 * A book that tells no rate. `implausible_rate`: no Tether can be worth that. `moved_rate`: too far from what was believed
 * minutes ago. `wide_rate`: bid and ask are too far apart.
 */
export type RateDoubt = 'implausible_rate' | 'moved_rate' | 'wide_rate';

const rateSchema = z.object({ usd: z.number().positive(), asOfMs: z.number().int() }).readonly();

/** Dollars a Tether, and the last instant at which that was known to hold. */
export type TetherRate = z.infer<typeof rateSchema>;
export const tetherRateSchema: z.ZodType<TetherRate> = rateSchema;

/** What a Tether is worth by one venue's book: the last rate that was believed, however long ago that was. */
export interface TetherBook {
  /** Takes the middle of the book as of an instant at which it holds, or says why not. A doubted book may be told again later. */
  hear(bid: number, ask: number, heldMs: EpochMs): RateDoubt | null;
  /** What was believed before a restart. */
  restore(rate: TetherRate): void;
  /** null before the first. */
  known(): TetherRate | null;
  rates(source: string): readonly Rate[];
}

/**
 * A rate that moves too far at once is an error of the venue until nothing else was believed for a while: meanwhile the last
 * one stands and grows old, so that it opens nothing any more. Bounds and times are data (`tether-rate.json`).
 */
export function createTetherBook(): TetherBook {
  let believed: TetherRate | null = null;

  function doubtOf(usd: number, spread: number, heldMs: EpochMs): RateDoubt | null {
    const { least, most, mostMove, withinMs, widestSpread } = TETHER_RATE;
    if (usd < least || usd > most) return 'implausible_rate';
    if (spread / usd > widestSpread) return 'wide_rate';
    if (believed === null || heldMs - believed.asOfMs > withinMs) return null;
    return Math.abs(usd / believed.usd - 1) > mostMove ? 'moved_rate' : null;
  }

  return {
    hear(bid, ask, heldMs) {
      const usd = (bid + ask) / 2;
      const doubt = doubtOf(usd, ask - bid, heldMs);
      if (doubt === null && (believed === null || heldMs >= believed.asOfMs)) believed = { usd, asOfMs: heldMs };
      return doubt;
    },
    restore(rate) {
      believed = rate;
    },
    known: () => believed,
    rates: (source) => (believed === null ? [] : [{ currency: 'USDT', value: fromNumber(believed.usd), source, asOfMs: believed.asOfMs }]),
  };
}
