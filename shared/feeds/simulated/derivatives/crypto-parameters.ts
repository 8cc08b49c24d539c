import * as z from 'zod';
import data from '../../../config/data/simulated-crypto-derivatives.json' with { type: 'json' };

const positive = z.number().positive();
const deviation = z.number().min(0);
const count = z.number().int().min(0);

/** Parameters of the simulated perpetuals, futures and options on coin; what each means stands in `comments` of the data file. */
const CryptoDerivativeParameters = z.strictObject({
  comments: z.record(z.string(), z.string()),
  perpetual: z.strictObject({
    premiumBps: deviation,
    fundingHours: z.number().int().positive(),
    fundingMean: z.number(),
    fundingDeviation: deviation,
    fundingBound: positive,
  }),
  carry: z.strictObject({ median: positive, logDeviation: deviation, weeks: positive }),
  implied: z.strictObject({ overRealised: positive, reversionDays: positive, noise: deviation }),
  noise: z.strictObject({
    most: positive,
    fadeDays: positive,
    basisBps: deviation,
    parityBps: deviation,
    halfLifeMinutes: z.strictObject({ premium: positive, basis: positive, parity: positive, implied: positive }),
  }),
  smile: z.strictObject({ correlation: z.number().gt(-1).lt(1), eta: positive }),
  spreads: z.strictObject({ perpetualBps: deviation, futureBps: deviation, optionShare: deviation, optionTicks: deviation }),
  sizes: z.strictObject({ perpetual: positive, future: positive, option: positive }),
  expiries: z.strictObject({ fridays: count, months: count, quarters: count }),
  underlyings: z.record(z.string(), z.strictObject({ strikeStep: deviation, strikesEachSide: count, hasFutures: z.boolean() })),
});
export type CryptoDerivativeParameters = z.infer<typeof CryptoDerivativeParameters>;

/** The parameters of the data file `shared/config/data/simulated-crypto-derivatives.json`, validated. */
export const cryptoDerivativeParameters = (): CryptoDerivativeParameters => CryptoDerivativeParameters.parse(data);
