import * as z from 'zod';
import data from './data/slippage.json' with { type: 'json' };
import { factsFrom, source } from './effective.ts';

const share = z.number().min(0).max(0.1);
const byMarket = <Shape extends z.ZodType>(shape: Shape) => ({ NSE: shape, CRYPTO: shape });
const rising = (values: Readonly<Record<string, number>>): boolean =>
  Object.values(values).every((value, i, all) => i === 0 || value > (all[i - 1] ?? 0));

const slippageSettings = z
  .strictObject({
    /** Slippage of a market order by volatility regime, share of price. */
    slippage: z.strictObject({ ...byMarket(z.strictObject({ low: share, medium: share, high: share }).refine(rising, 'must rise')), source }),
    /** Realised volatility of one minute, share of price, from which a regime holds. */
    regimes: z.strictObject({ ...byMarket(z.strictObject({ mediumFrom: share, highFrom: share }).refine(rising, 'must rise')), source }),
    /** Impact by order size where the traded volume is unknown; sizes in the quote currency. */
    impactFallback: z.strictObject({
      ...byMarket(z.strictObject({ smallBelow: z.number().positive(), mediumBelow: z.number().positive() }).refine(rising, 'must rise')),
      small: share,
      medium: share,
      large: share,
      source,
    }),
    /** Half the spread where no book is known, share of price. */
    halfSpread: z.strictObject({ ...byMarket(share), bySymbol: z.record(z.string(), share), source }),
  })
  .readonly();

/** What a market order is assumed to concede where no book is known. */
export type SlippageSettings = z.infer<typeof slippageSettings>;

/** Validates slippage settings. @throws z.ZodError */
export const parseSlippage = (value: unknown): SlippageSettings => factsFrom(slippageSettings, value);

export const SLIPPAGE: SlippageSettings = parseSlippage(data);
