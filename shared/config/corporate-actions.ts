import * as z from 'zod';
import { type CorporateActions, createCorporateActions } from '../market/corporate-actions.ts';
import data from './data/corporate-actions.json' with { type: 'json' };
import { decimalText, factsFrom, source } from './effective.ts';

const symbol = z.string().min(1);
const isin = z.string().length(12);
const shares = z.int().positive();
const common = { symbol, exDate: z.iso.date(), source };
const isinChange = z.strictObject({ from: isin, to: isin });

const corporateActionFacts = z.array(
  z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.enum(['split', 'bonus']), ...common, held: shares, becomes: shares, isin: isinChange.optional() }),
    z.strictObject({ kind: z.literal('merger'), ...common, into: symbol, held: shares, becomes: shares }),
    z.strictObject({
      kind: z.literal('demerger'),
      ...common,
      spunOff: symbol,
      held: shares,
      receives: shares,
      cumPrice: decimalText,
      exPrice: decimalText,
    }),
    z.strictObject({ kind: z.literal('symbol-change'), ...common, to: symbol }),
    z.strictObject({ kind: z.literal('isin-change'), ...common, isin: isinChange }),
  ]),
);

/**
 * Splits, bonuses, mergers, demergers and new names of NSE shares that are known, each with its source. Rights issues and
 * dividends are not in it: prices are not adjusted for them.
 */
export const CORPORATE_ACTIONS: CorporateActions = createCorporateActions(factsFrom(corporateActionFacts, data));
