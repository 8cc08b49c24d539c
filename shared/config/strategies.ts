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
    /**
     * Confidence in a model's odds below which nothing is opened, where there is a model: .5 where the odds break even after costs
     * (docs/decisions/0068).
     */
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
    /**
     * Confidence in a model's odds below which nothing is opened, where there is a model: .5 where the odds break even after costs
     * (docs/decisions/0068).
     */
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

/** Settings of the options strategy. Shares are of 1; deltas are without their sign; rates are continuous, a year. */
export const optionsConfig = z
  .strictObject({
    /** Base first. */
    timeframes: timeframes.default(['15m', '1h', '1d']),
    weights: z
      .strictObject({
        volatility: weight.default(0.4),
        technical: weight.default(0.25),
        ml: weight.default(0.2),
        decay: weight.default(0.1),
        momentum: weight.default(0.05),
      })
      .prefault({}),
    leastConfidence: share.default(0.6),
    /** Oldest quote that a leg is priced by. */
    maxQuoteAgeSeconds: z.number().positive().default(30),
    /** The latest expiry of those within these days is traded. */
    daysToExpiry: z.strictObject({ least: z.number().positive().default(4), most: z.number().positive().default(30) }).prefault({}),
    /** A structure is left so long before its expiry. */
    closeBeforeExpiryHours: z.number().positive().default(24),
    /** Of the premium paid or received. */
    stopShare: share.default(0.5),
    targetShare: share.default(0.3),
    /** Structures that hold or promise to buy the underlying stop at this loss, as a share of its price: their premium is small beside it. */
    ownedStopShare: share.default(0.05),
    /** A short option with more than this delta ends the structure. */
    breachDelta: share.default(0.55),
    deltas: z
      .strictObject({
        /** Sold in a spread or condor, and bought as its protection. */
        shortLeg: share.default(0.25),
        wing: share.default(0.08),
        /** Sold against shares or cash. */
        owned: share.default(0.3),
        /** Each side of a long strangle. */
        strangle: share.default(0.3),
        /** Bought in a debit spread. */
        longLeg: share.default(0.5),
      })
      .prefault({}),
    /** Days of implied volatility that rank and percentile look back on, and with how many they are defined. */
    ivDays: z.strictObject({ most: z.number().int().positive().default(252), least: z.number().int().positive().default(60) }).prefault({}),
    /** What implied volatility usually is above the realised one, and how far from that (in logarithms) it is all too dear or too cheap. */
    usualPremium: z.number().min(0).max(1).default(0.1),
    premiumReach: z.number().positive().max(2).default(0.25),
    /** The volatility score must be so far from the middle for a side to be taken. */
    neutralBand: z.number().min(0).max(0.5).default(0.1),
    /** Weight of realised against implied volatility in what is expected until expiry. */
    realisedWeight: share.default(0.5),
    /** What a trend is expected to bring until expiry, in deviations of the price. */
    trendDrift: z.number().min(0).max(1).default(0.15),
    leastAdx: z.number().min(0).max(100).default(20),
    /** Fees and spread of a round trip may be so much of the premium. */
    mostCostShare: share.default(0.3),
    /** Discounts premiums that are paid in money; in coin the forward says it. */
    rate: z.number().min(-0.05).max(0.3).default(0.0525),
  })
  .readonly();

export type OptionsConfig = z.infer<typeof optionsConfig>;

const riskFree = z.number().min(0).max(1).nullable().default(null);

/** Settings of the arbitrage of futures and options against their underlying. Shares are of 1, basis points of 0.0001. */
export const foArbitrageConfig = z
  .strictObject({
    /** Whose bars tell the volatility; the books are judged at every look. */
    timeframes: timeframes.default(['5m']),
    weights: z
      .strictObject({
        spread: weight.default(0.6),
        liquidity: weight.default(0.25),
        execution: weight.default(0.1),
        risk: weight.default(0.05),
      })
      .prefault({}),
    /** The rule decides: what remains after all costs. Below this it is right, and so thin or so hard to get that it is left. */
    leastConfidence: share.default(0.5),
    /** What must remain beyond all costs and the riskless rate, of the underlying's price. */
    leastExcessBps: z.number().min(0).default(0),
    /** What remains that leaves nothing to wish for. */
    fullExcessBps: z.number().positive().default(10),
    /** Units of the structure's size at the touch of every leg that leave nothing to wish for. */
    fullDepthUnits: z.number().positive().default(10),
    /** Riskless rates a year in place of those of the data, which is used where null. */
    riskFree: z.strictObject({ INR: riskFree, USD: riskFree }).prefault({}),
    /** What borrowing the underlying costs a year: paid by a reverse carry. */
    borrowRate: z.strictObject({ NSE: z.number().min(0).default(0.08), CRYPTO: z.number().min(0).default(0.08) }).prefault({}),
    /** Notional over initial margin of a crypto future, at least 1. */
    leverage: z.number().min(1).max(20).default(5),
    /** How long a position in a perpetual is meant to be held: its funding is expected over it. */
    perpetualHoldingDays: z.number().positive().default(7),
    /**
     * What remains of a funding rate's distance from its mean eight hours later, and that mean. Of BTC and ETH, 2023 to 2025: rates above
     * 0.03 % brought 14.6 times themselves over 21 payments, where 0.95 alone counts on 13.2 times; their mean was 0.0080 and 0.0086 %.
     */
    funding: z.strictObject({ persistence: z.number().min(0).lt(1).default(0.95), mean: z.number().min(0).lt(0.01).default(0.00008) }).prefault({}),
    /** Nearer expiries are left alone: a basis of a tick becomes any rate a year. */
    leastDaysToExpiry: z.number().positive().default(1),
    mostDaysToExpiry: z.number().positive().default(370),
    /**
     * Carry a year by which neighbouring months may differ without being wrong. NSE: of 1,116 differences between recorded closes of
     * twelve underlyings in January 2025 and 2026, 99.5 % were below 3.9 %. Crypto: assumed.
     */
    calendarAllowance: z.strictObject({ NSE: z.number().min(0).default(0.04), CRYPTO: z.number().min(0).default(0.02) }).prefault({}),
    /** A spread between months is closed so long before the near one ends. */
    closeBeforeExpiryHours: z.number().positive().default(24),
    /** Quotes older than this are not judged. */
    maxQuoteAgeMs: z.number().positive().default(30_000),
    /** Annual volatility that leg risk is reckoned with while the chart does not know it. */
    assumedVolatility: z.strictObject({ NSE: share.default(0.4), CRYPTO: share.default(0.9) }).prefault({}),
    /** The basis a year at which a carry is closed early: there is nothing left in it. */
    convergedBps: z.number().default(0),
    /** By how much of the underlying's price the middles of the legs may move apart after the entry: then all are closed. */
    stopShare: share.default(0.01),
  })
  .readonly();

export type FoArbitrageConfig = z.infer<typeof foArbitrageConfig>;

/** Settings of BTST: bought today, sold tomorrow. Shares are of 1 (0.02 = 2 %). */
export const btstConfig = z
  .strictObject({
    /** Base first; the day gives the background. */
    timeframes: timeframes.default(['1h', '1d']),
    weights: z
      .strictObject({
        technical: weight.default(0.35),
        fundamental: weight.default(0.25),
        ml: weight.default(0.25),
        volume: weight.default(0.1),
        sentiment: weight.default(0.05),
      })
      .prefault({}),
    leastConfidence: share.default(0.6),
    /**
     * Confidence in a model's odds below which nothing is opened, where there is a model: .5 where the odds break even after costs
     * (docs/decisions/0068).
     */
    leastOdds: share.default(0.65),
    /** End of continuous trading in which is bought, besides the closing auction. */
    lastMinutes: z.number().int().positive().default(60),
    /** Least place of the last price in the day's range, 0 at its low and 1 at its high: the upper fifth. */
    leastCloseLocation: share.default(0.8),
    /** Least gain of the day, in average daily ranges: half of one is more than a day makes by chance. */
    leastGainAtr: z.number().positive().default(0.5),
    /** Volume of the last hour over what is usual at that hour: more was bought than on other days. */
    leastVolumeRatio: z.number().min(1).default(1.2),
    /** Volume ratio that leaves nothing to wish for. */
    fullVolumeRatio: z.number().min(1).default(2),
    stopShare: share.default(0.02),
    targetShare: share.default(0.05),
    /** What the risk per share counts in sizing: over the night no stop works, and the open may lie beyond it. */
    overnightFactor: z.number().min(1).default(1.3),
    /** Sold at market this long after the next session's open, unless stop or target came first: the first minutes have the widest spreads. */
    sellAfterOpenMinutes: z.number().int().nonnegative().default(15),
  })
  .readonly();

export type BtstConfig = z.infer<typeof btstConfig>;
