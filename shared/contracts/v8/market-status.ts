import * as z from 'zod';
import { SESSION_PHASES } from '../../market/calendar-facts.ts';
import { marketSchema } from '../terms.ts';
import { instant } from './common.ts';

// In a URL that nobody encoded, the plus of an offset (+05:30) has become a space.
const instantQuery = z.preprocess(
  (value) => (typeof value === 'string' ? value.replace(/ (?=\d\d:\d\d$)/, '+') : value),
  z.iso.datetime({ offset: true }),
);

export const marketStatusQuery = z.strictObject({ at: instantQuery.optional().describe('the instant to answer for, ISO 8601 with Z or an offset') });

const phase = z.strictObject({
  isOpen: z.boolean(),
  canEnter: z.boolean(),
  acceptsOrders: z.boolean(),
  phase: z.enum([...SESSION_PHASES, 'closed']),
  reason: z.string(),
  /** False where the calendar does not know: it then says closed because it cannot say open. */
  isCovered: z.boolean(),
  nextOpen: instant.nullable(),
  nextClose: instant.nullable(),
});

export const marketStatusAnswer = z.strictObject({
  nse: z.boolean(),
  crypto: z.boolean(),
  primary: marketSchema,
  /** The instant answered for. */
  at: instant,
  details: z.strictObject({
    /** Shares with derivatives, which are closed by an auction: all symbols that are traded here. */
    nse: phase,
    /** Other shares. */
    nseRegular: phase,
    /** Futures and options. */
    nseDerivatives: phase,
    crypto: phase,
    day: z.strictObject({
      date: z.string(),
      kind: z.enum(['session', 'hours-unknown', 'holiday', 'weekend', 'not-covered']),
      name: z.string().nullable(),
      open: instant.nullable(),
      continuousClose: instant.nullable(),
      booksClose: instant.nullable(),
    }),
    /** Markets that this program has prices for and scans at the instant. */
    scanned: z.array(marketSchema),
    /** Dates that the NSE calendar knows. */
    calendar: z.strictObject({ from: z.string(), to: z.string() }),
  }),
  timestamp: instant,
});
export type MarketStatusAnswer = z.infer<typeof marketStatusAnswer>;
