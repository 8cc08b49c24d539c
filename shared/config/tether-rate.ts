import * as z from 'zod';
import data from './data/tether-rate.json' with { type: 'json' };
import { factsFrom, source } from './effective.ts';

const positive = z.number().positive();

const schema = z
  .strictObject({
    /** Dollars a Tether outside of these are an error of the venue. */
    least: positive,
    most: positive,
    /** So is a move of more than this share against what was believed within the last `withinMs`. */
    mostMove: positive.max(1),
    withinMs: z.number().int().positive(),
    /** Ask less bid as a share of their middle: a wider book tells no rate. */
    widestSpread: positive.max(1),
    source,
  })
  .refine(({ least, most }) => least < 1 && most > 1, { error: 'least is below and most above one dollar' })
  .readonly();

/** Validates what is believed of a Tether. @throws z.ZodError */
export const parseTetherRate = (value: unknown): z.infer<typeof schema> => factsFrom(schema, value);

/** What is believed when a venue tells what a Tether is worth in dollars. */
export const TETHER_RATE = parseTetherRate(data);
