import * as z from 'zod';
import { currencySchema, decimalSchema, ms, name } from './terms.ts';

export const structureNameSchema = z.enum([
  'covered-call',
  'cash-secured-put',
  'long-straddle',
  'long-strangle',
  'short-strangle',
  'vertical-spread',
  'iron-condor',
  'cash-and-carry',
  'reverse-cash-and-carry',
  'calendar-spread',
  'put-call-parity',
]);

const perUnit = z.number().positive().nullable();

/** When all legs of a structure are closed: `StructureExits`, P&L for one unit in its currency. */
export const structureExitsSchema = z
  .object({
    takeProfit: perUnit,
    stopLoss: perUnit,
    stopAt: z.literal('middle').optional(),
    closeBeforeExpiryMs: ms.nullable(),
    shortDelta: z.number().positive().nullable(),
    convergedBps: z.number().nullable(),
  })
  .readonly();

/** What a leg knows of the structure that it belongs to: the same on all its legs, but for `ratio` and its share of the risk. */
export const structureTagSchema = z
  .object({
    id: name,
    name: structureNameSchema,
    underlying: name,
    legs: z.number().int().positive(),
    /** Currency of the exits' amounts. */
    currency: currencySchema,
    /** Size: units of the structure. */
    units: decimalSchema,
    /** Units of this leg for one of the structure. */
    ratio: z.number().positive(),
    exits: structureExitsSchema,
    /** For one unit, in `currency`; null when unbounded. */
    maxLoss: z.number().nullable(),
    maxProfit: z.number().nullable(),
    /** What sizing counted as this leg's part of the loss, base currency. */
    risk: decimalSchema,
  })
  .readonly();
export type StructureTag = z.infer<typeof structureTagSchema>;
