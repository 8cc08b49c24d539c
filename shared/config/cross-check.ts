import * as z from 'zod';
import { marketSchema } from '../contracts/terms.ts';
import type { CheckRules } from '../market/cross-check.ts';
import data from './data/cross-check.json' with { type: 'json' };
import { factsFrom, source } from './effective.ts';

const bps = z.number().positive().max(10_000);
const ms = z.number().int().positive();

const schema = z
  .strictObject({
    /** Markets whose live prices have second sources. */
    markets: z.array(marketSchema).readonly(),
    /** An older price of another venue says nothing about ours. */
    referenceMaxAgeMs: ms,
    /** Our own price is not compared when it is older. */
    ownMaxAgeMs: ms,
    warnBps: bps,
    divergedBps: z.strictObject({ default: bps, bySymbol: z.record(z.string(), bps) }),
    /** How long a difference must last, without a break, to count. */
    holdMs: ms,
    /** A warning and a divergence end at this share of where they began. */
    clearShare: z.number().positive().max(1),
    source,
  })
  .refine(({ warnBps, divergedBps }) => [divergedBps.default, ...Object.values(divergedBps.bySymbol)].every((limit) => limit >= warnBps), {
    error: 'a warning comes before a divergence',
  })
  .readonly();

/** Validates the settings of the cross-check. @throws z.ZodError */
export const parseCrossCheck = (value: unknown): z.infer<typeof schema> => factsFrom(schema, value);

/** How prices are compared with those of second sources. */
export const CROSS_CHECK = parseCrossCheck(data);

/** The rules by which a symbol's price is compared. */
export function checkRules(symbol: string): CheckRules {
  const { referenceMaxAgeMs, ownMaxAgeMs, warnBps, divergedBps, holdMs, clearShare } = CROSS_CHECK;
  return { referenceMaxAgeMs, ownMaxAgeMs, warnBps, divergedBps: divergedBps.bySymbol[symbol] ?? divergedBps.default, holdMs, clearShare };
}
