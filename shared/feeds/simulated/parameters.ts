import * as z from 'zod';
import data from '../../config/data/simulated-market.json' with { type: 'json' };

const positive = z.number().positive();
const share = z.number().min(0).max(1);
const range = z.strictObject({ least: positive, most: positive }).refine((r) => r.least <= r.most, 'least must not exceed most');
const shape = z.array(positive).min(1);

const market = z.strictObject({
  utcOffsetMinutes: z.number().int(),
  minutesADay: z.number().int().positive(),
  weekendVolShare: positive,
  overnightShare: z.number().min(0).lt(1),
  marketBurstsADay: z.number().min(0),
  ownBurstsADay: z.number().min(0),
  volShape: shape,
  volumeShape: shape,
});

const instrument = z.strictObject({
  market: z.enum(['CRYPTO', 'NSE']),
  level: positive,
  dailyVol: positive,
  longRunSpread: positive,
  correlation: share,
  turnoverAMinute: positive,
  spreadBps: positive,
});

/** The simulated market's parameters; what each means and its unit stands in `comments` of the data file. */
export const SimulationParameters = z.strictObject({
  comments: z.record(z.string(), z.string()),
  levelDate: z.iso.date(),
  regimeDays: z.number().int().positive(),
  regimes: z
    .array(z.strictObject({ share, scale: positive }))
    .min(1)
    .refine((all) => Math.abs(all.reduce((total, one) => total + one.share, 0) - 1) < 1e-9, 'shares of the regimes must add up to 1'),
  dayVolNoise: z.number().min(0),
  trendDays: z.number().int().positive(),
  trendStrength: z.number().min(0),
  cluster: z.strictObject({ stepMinutes: z.number().int().positive(), persistence: share, spread: z.number().min(0) }),
  leg: z.strictObject({ minutes: positive, strength: z.number().min(0) }),
  burst: z.strictObject({
    sizeDailyVols: z.strictObject({ median: positive, spread: z.number().min(0), least: positive, most: positive }),
    minutes: range,
    volumeTimes: range,
    continuationShare: share,
    continuation: z.number().min(0),
    pullback: range,
  }),
  volume: z.strictObject({ spread: z.number().min(0), moveWeight: share }),
  ticks: z.strictObject({ typicalPerMinute: positive, roughness: z.number().min(0) }),
  book: z.strictObject({ widenTimes: range, depthMinutes: positive, depthSpread: z.number().min(0) }),
  markets: z.strictObject({ CRYPTO: market, NSE: market }),
  instruments: z.record(z.string(), instrument),
  usdInr: z.strictObject({ level: positive, dailyVol: positive, longRunSpread: positive, weekendVolShare: positive }),
});
export type SimulationParameters = z.infer<typeof SimulationParameters>;
export type MarketParameters = SimulationParameters['markets']['NSE'];
export type InstrumentParameters = z.infer<typeof instrument>;

/** The parameters of the data file `shared/config/data/simulated-market.json`, validated. */
export const simulationParameters = (): SimulationParameters => SimulationParameters.parse(data);
