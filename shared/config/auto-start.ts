import * as z from 'zod';
import { riskLimitsSchema, strategyNameSchema } from '../contracts/terms.ts';
import { STRATEGY_NAMES } from '../strategies/strategy.ts';

/** When a session is started that nobody asked for: never, at the open of NSE, or whenever none runs. */
const AUTO_START_TIMES = ['off', 'nse', 'always'] as const;

const capital = { least: 100, most: 1_000_000_000, usual: 100_000 };

/** Lets the schedules start a session. What it starts with is what `POST start-paper-trading` takes. */
export const autoStartSchema = z
  .strictObject({
    when: z.enum(AUTO_START_TIMES).default('off').describe('off; nse: at the open of NSE; always: whenever no session runs'),
    strategies: z
      .array(strategyNameSchema)
      .min(1)
      .max(STRATEGY_NAMES.length)
      .refine((names) => new Set(names).size === names.length, { error: 'Expected each strategy once' })
      .readonly()
      .nullable()
      .default(null)
      .describe('null for all that are built'),
    startingCapital: z.number().min(capital.least).max(capital.most).default(capital.usual).describe('USD'),
    riskLimits: riskLimitsSchema.unwrap().partial().readonly().default({}).describe('limits that differ from the defaults'),
  })
  .readonly();

export type AutoStart = z.infer<typeof autoStartSchema>;

export const NO_AUTO_START: AutoStart = autoStartSchema.parse({});

/** The setting as the text that an environment variable carries. */
export const autoStartText = (autoStart: AutoStart): string => JSON.stringify(autoStart);

/** The setting of an environment variable; null for a text of another form. */
export function autoStartOf(text: string): AutoStart | null {
  try {
    return autoStartSchema.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    // Not JSON: the caller says what was expected, beside every other fault of the environment.
    return null;
  }
}
