import * as z from 'zod';
import data from '../../config/data/simulated-market.json' with { type: 'json' };

const positive = z.number().positive();
const spread = z.number().min(0);
const share = z.number().min(0).max(1);
const range = z.strictObject({ least: positive, most: positive }).refine((r) => r.least <= r.most, 'least must not exceed most');
const shape = z.array(positive).min(1);
const levels = z.array(z.strictObject({ length: z.number().int().positive(), spread }));

const process = z.strictObject({
  follows: share,
  dayLevels: levels,
  minuteLevels: levels,
  gap: z.strictObject({ share: z.number().min(0).lt(1), spread }),
  jumps: z.strictObject({ aDay: z.number().min(0), size: positive, spread }),
  dayByMinutes: positive,
  shape,
});

const market = z.strictObject({
  utcOffsetMinutes: z.number().int(),
  minutesADay: z.number().int().positive(),
  weekendVolShare: positive,
  closedDayGaps: z.number().min(0),
  common: process,
  own: process,
  bars: z.strictObject({ innerShare: positive, openNoise: z.number().min(0), bounce: z.number().min(0) }),
  volume: z.strictObject({
    dayLevels: levels,
    minuteLevels: levels,
    volatilityWeight: z.number(),
    moveWeight: z.number(),
    jumpTimes: positive,
    jumpEchoMinutes: positive,
  }),
  closingAuction: z.strictObject({ spread, most: positive, volumeShare: share, volumeSpread: spread }),
  volumeShape: shape,
});

const behindTop = z.strictObject({ gapSpreads: z.number().min(0), sizeTimes: positive, sizeSpread: spread });

const instrument = z.strictObject({
  market: z.enum(['CRYPTO', 'NSE']),
  level: positive,
  dailyVol: positive,
  longRunSpread: positive,
  correlation: share,
  turnoverAMinute: positive,
  spreadBps: positive,
});

/** The simulated market's parameters; what each means, its unit and where it comes from stand in `comments` and `fit` of the data file. */
export const SimulationParameters = z.strictObject({
  comments: z.record(z.string(), z.string()),
  fit: z.record(z.string(), z.string()),
  levelDate: z.iso.date(),
  ticks: z.strictObject({ typicalPerMinute: positive, roughness: z.number().min(0) }),
  book: z.strictObject({
    widenTimes: range,
    depthMinutes: positive,
    depthSpread: z.number().min(0),
    levels: z.strictObject({
      aSide: z.number().int().positive(),
      markets: z.strictObject({ CRYPTO: behindTop, NSE: behindTop }),
      source: z.string(),
    }),
  }),
  markets: z.strictObject({ CRYPTO: market, NSE: market }),
  instruments: z.record(z.string(), instrument),
  usdInr: z.strictObject({ level: positive, dailyVol: positive, longRunSpread: positive, weekendVolShare: positive }),
});
export type SimulationParameters = z.infer<typeof SimulationParameters>;
export type MarketParameters = SimulationParameters['markets']['NSE'];
export type ProcessParameters = z.infer<typeof process>;
export type LevelParameters = z.infer<typeof levels>;
export type InstrumentParameters = z.infer<typeof instrument>;

/** The parameters of the data file `shared/config/data/simulated-market.json`, validated. */
export const simulationParameters = (): SimulationParameters => SimulationParameters.parse(data);
