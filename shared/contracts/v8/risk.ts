import * as z from 'zod';
import { traderSchema } from '../terms.ts';
import { amount, instant, shownSession } from './common.ts';

export const killSwitchBody = z
  .strictObject({ on: z.boolean(), closePositions: z.boolean().default(false) })
  .refine(({ on, closePositions }) => on || !closePositions, { error: 'closePositions goes with on: true only' });

export const killSwitchAnswer = z.strictObject({
  success: z.literal(true),
  sessionId: z.string(),
  on: z.boolean(),
  since: instant.nullable(),
  openPositions: z.number().int(),
  /** Entries that still work: none while the switch is on. */
  workingEntries: z.number().int(),
  timestamp: instant,
});

const tailLossAnswer = z.strictObject({ valueAtRisk: amount, expectedShortfall: amount });
const tested = z.strictObject({ statistic: z.number(), pValue: z.number() });

/** How the account stands against its limits, and what it could lose. Amounts are base currency, losses positive. */
export const riskAnswer = z.strictObject({
  ...shownSession,
  /** Null without a session, with all that follows. */
  state: z.enum(['active', 'reducing', 'halted']).nullable(),
  because: z.string().nullable(),
  killSwitch: z.strictObject({ on: z.boolean(), since: instant.nullable() }).nullable(),
  equity: amount.nullable(),
  /** Each limit with what stands against it now; `value` null for a limit that is judged entry by entry. */
  limits: z.array(z.strictObject({ name: z.string(), value: z.number().nullable(), threshold: z.number(), says: z.string() })),
  valueAtRisk: z
    .strictObject({
      /** What the gate goes by: the largest of historical, parametric and Monte Carlo, and what is assumed beside them. */
      gate: z.strictObject({ level: z.number(), horizonDays: z.number().int(), amount, share: z.number(), threshold: z.number() }),
      /** Losses by level and horizon; a method without an answer is null, with the reason in `reasons`. */
      table: z.array(
        z.strictObject({
          level: z.number(),
          horizonDays: z.number().int(),
          historical: tailLossAnswer.nullable(),
          normal: tailLossAnswer.nullable(),
          cornishFisher: tailLossAnswer.nullable(),
          ewma: tailLossAnswer.nullable(),
          monteCarlo: tailLossAnswer.nullable(),
        }),
      ),
      basis: z.strictObject({ days: z.number().int(), asOf: z.string().nullable(), paths: z.number().int(), assumedLoss: amount }),
      /** Parts of the gate's level in a day, by Monte Carlo: components add up. */
      positions: z
        .array(
          z.strictObject({ id: z.string(), underlying: z.string(), value: amount, component: amount, marginal: z.number(), incremental: amount }),
        )
        .nullable(),
      reasons: z.array(z.string()),
    })
    .nullable(),
  /** The value at risk that was told at the start of each day against what the day lost. */
  tests: z.strictObject({
    level: z.number(),
    days: z.number().int(),
    exceptions: z.number().int().nullable(),
    expected: z.number().nullable(),
    kupiec: tested.nullable(),
    christoffersen: tested.nullable(),
    conditional: tested.nullable(),
    reason: z.string().nullable(),
  }),
  /** What each trader's own record says of its size; `kelly` is a share of equity. */
  sizing: z.array(
    z.strictObject({
      trader: traderSchema,
      trades: z.number().int(),
      wins: z.number().int(),
      lossesInARow: z.number().int(),
      kelly: z.number().nullable(),
      reason: z.string().nullable(),
    }),
  ),
  timestamp: instant,
});
export type RiskAnswer = z.infer<typeof riskAnswer>;
