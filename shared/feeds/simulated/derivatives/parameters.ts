import * as z from 'zod';
import data from '../../../config/data/simulated-derivatives.json' with { type: 'json' };

const positive = z.number().positive();
const deviation = z.number().min(0);
const count = z.number().int().min(0);

const noise = z.strictObject({ basisBps: deviation, parityBps: deviation, implied: deviation });
const smile = z
  .strictObject({ correlation: z.number().gt(-1).lt(1), eta: positive })
  .refine(
    ({ correlation, eta }) => eta * (1 + Math.abs(correlation)) <= 2,
    'eta (1 + |correlation|) must not exceed 2: butterflies would cost less than nothing',
  );

const underlying = z.strictObject({
  kind: z.enum(['index', 'stock']),
  strikeStep: positive,
  strikesEachSide: count,
  weeklies: count,
  months: z.number().int().positive(),
  carry: z.number(),
});

/** Parameters of the simulated futures and options; what each means and its unit stands in `comments` of the data file. */
export const DerivativeParameters = z.strictObject({
  comments: z.record(z.string(), z.string()),
  rate: z.number(),
  implied: z.strictObject({ overRealised: positive, reversionDays: positive, sessionsAYear: positive }),
  noise: z.strictObject({
    most: positive,
    fadeDays: positive,
    index: noise,
    stock: noise,
    halfLifeMinutes: z.strictObject({ basis: positive, parity: positive, implied: positive }),
  }),
  smile: z.strictObject({ index: smile, stock: smile }),
  spreads: z.strictObject({ optionShare: deviation, optionTicks: deviation, indexFutureBps: deviation, stockFutureBps: deviation }),
  underlyings: z.record(z.string(), underlying),
});
export type DerivativeParameters = z.infer<typeof DerivativeParameters>;
export type UnderlyingParameters = z.infer<typeof underlying>;

/** The parameters of the data file `shared/config/data/simulated-derivatives.json`, validated. */
export const derivativeParameters = (): DerivativeParameters => DerivativeParameters.parse(data);
