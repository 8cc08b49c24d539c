import * as z from 'zod';
import { TIMEFRAMES } from '../market/timeframe.ts';

const share = z.number().positive().max(1);
const weight = z.number().min(0).max(1);
const timeframes = z.array(z.enum(TIMEFRAMES)).min(1).readonly();

/** Settings of the scalping strategy. Shares are of 1 (0.015 = 1.5 %). */
export const scalpingConfig = z
  .strictObject({
    /** Timeframes that must agree, the first is the base. Crypto's minutes are liquid enough to do without 3m. */
    confluence: z.strictObject({ NSE: timeframes.default(['1m', '3m', '5m']), CRYPTO: timeframes.default(['1m', '5m']) }).prefault({}),
    weights: z
      .strictObject({
        technical: weight.default(0.2),
        pattern: weight.default(0.25),
        ml: weight.default(0.35),
        volume: weight.default(0.15),
        momentum: weight.default(0.05),
      })
      .prefault({}),
    leastConfidence: share.default(0.6),
    /** Odds of a model below which nothing is opened, where there is a model. */
    leastOdds: share.default(0.65),
    /** Body of the base bar, in ATRs, that makes it a burst. */
    burstAtr: z.number().positive().default(2),
    /** Volume of the base bar over its usual volume that makes it a burst. */
    burstVolumeRatio: z.number().min(1).default(3),
    /** Volume ratio that leaves nothing to wish for. */
    fullVolumeRatio: z.number().min(1).default(8),
    /**
     * Least ATR of the base bar, as a share of price: with 0.06 % a minute a random walk covers 0.23 % in the holding time:
     * the 0.2 % of fees of a round trip at a spot venue's base rate, and a spread. A calmer market cannot pay them.
     */
    leastAtrShare: z.number().min(0).max(1).default(0.0006),
    /** Technical score that each slower timeframe must reach for the burst to count as agreed. */
    leastAgreement: share.default(0.55),
    /** Stop distance in ATRs of the base bar: 4 is the range of about 16 bars of a random walk, the whole holding time on 1m. */
    stopAtr: z.number().positive().default(4),
    /** Nearest stop: twice the 0.2 % that a round trip costs at a spot venue's base fee; nearer ones only feed the venue. */
    leastStopShare: share.default(0.004),
    /** Widest stop. */
    stopShare: share.default(0.015),
    rewardRisk: z.number().min(1).default(2),
    maxHoldingMinutes: z.number().int().positive().default(15),
  })
  .readonly();

export type ScalpingConfig = z.infer<typeof scalpingConfig>;

/** Settings of the swing strategy. Shares are of 1 (0.025 = 2.5 %). */
export const swingConfig = z
  .strictObject({
    /** Base first; the others give the trend. */
    timeframes: timeframes.default(['15m', '1h', '1d']),
    weights: z
      .strictObject({
        technical: weight.default(0.3),
        pattern: weight.default(0.3),
        ml: weight.default(0.25),
        volume: weight.default(0.1),
        trend: weight.default(0.05),
      })
      .prefault({}),
    leastConfidence: share.default(0.6),
    /** Odds of a model below which nothing is opened, where there is a model. */
    leastOdds: share.default(0.6),
    /** Score of the strongest setup (pullback, break-out, divergence) that is worth a look. */
    leastPattern: share.default(0.5),
    /** ADX of the middle timeframe below which there is no trend to follow. */
    leastAdx: z.number().min(0).max(100).default(20),
    stopShare: share.default(0.025),
    targetShare: share.default(0.06),
    trailingShare: share.default(0.02),
    maxHoldingHours: z.number().positive().default(72),
  })
  .readonly();

export type SwingConfig = z.infer<typeof swingConfig>;
