import * as z from 'zod';
import data from './data/sectors.json' with { type: 'json' };
import { factsFrom } from './effective.ts';

const schema = z.strictObject({ sectors: z.record(z.string(), z.array(z.string())), source: z.string() });

const SECTORS: ReadonlyMap<string, string> = new Map(
  Object.entries(factsFrom(schema, data).sectors).flatMap(([sector, symbols]) => symbols.map((symbol): [string, string] => [symbol, sector])),
);

/** The sector of an underlying; null for coin and broad indices, which have none. */
export const sectorOf = (underlying: string): string | null => SECTORS.get(underlying) ?? null;
