import type { TimeframeView } from '../../indicators/generation.ts';
import { momentum } from '../components/momentum.ts';
import { confluence } from '../components/technical.ts';
import { absent, meanReading, type Reading } from '../confidence.ts';
import { ramp } from '../direction.ts';
import type { Direction } from '../strategy.ts';
import type { PricedPlan } from './plan.ts';

/** Whether volatility is sold or bought, and on which side; null for both. */
export interface Leaning {
  readonly sells: boolean;
  readonly trend: Direction | null;
}

const mirrored = (reading: Reading): Reading => (reading.score === null ? reading : { ...reading, score: 1 - reading.score });

/** Dear volatility speaks for selling as much as it speaks against buying. */
export const volatilityReading = (dearness: Reading, { sells }: Leaning): Reading => (sells ? dearness : mirrored(dearness));

/** With a trend, how well all timeframes agree with it. Without one, how calm they are for a seller, how coiled for a buyer. */
export function technicalReading(views: readonly TimeframeView[], { sells, trend }: Leaning): Reading {
  if (trend !== null) return confluence(views, trend);
  return meanReading(views.map(sells ? calm : coiled), 'no timeframe is warm');
}

/**
 * How little a timeframe goes anywhere, in [0, 1], mean of three: ADX 35 down to 15, RSI within 20 down to 5 points of 50,
 * close within the whole down to a quarter of the way from the middle of its bands to their edge.
 */
function calm({ timeframe, candles, indicators }: TimeframeView): Reading {
  const { adx, rsi, bollinger } = indicators;
  const last = candles.at(-1);
  if (!last || adx === null || rsi === null || bollinger === null) return absent(`${timeframe} is warming up`);
  const reach = bollinger.upper - bollinger.middle;
  if (reach <= 0) return absent(`${timeframe} does not move`);
  const votes = [ramp(adx.adx, 15, 35), ramp(Math.abs(rsi - 50), 5, 20), ramp(Math.abs(last.close - bollinger.middle) / reach, 0.25, 1)];
  const score = 1 - votes.reduce((sum, vote) => sum + vote, 0) / votes.length;
  return { score, why: `${timeframe} is ${score.toFixed(2)} calm: ADX ${adx.adx.toFixed(0)}, RSI ${rsi.toFixed(0)}` };
}

/**
 * How tightly a timeframe is wound, in [0, 1]: half the width of the Bollinger bands over one and a half ATRs, 1.6 (a random
 * walk has about 1.45) down to 0.8.
 * @see Carter: "Mastering the trade" (2005), the squeeze
 */
function coiled({ timeframe, indicators: { bollinger, atr } }: TimeframeView): Reading {
  if (bollinger === null || atr === null) return absent(`${timeframe} is warming up`);
  if (atr <= 0) return absent(`${timeframe} does not move`);
  const width = (bollinger.upper - bollinger.middle) / (1.5 * atr);
  return { score: 1 - ramp(width, 0.8, 1.6), why: `${timeframe} bands are ${width.toFixed(1)} of one and a half ATRs` };
}

/**
 * What time does for the structure, in [0, 1]. Selling: 1 % of the premium earned a day is nothing, 5 % all. Buying: 5 % lost a day
 * is nothing, 1 % all.
 */
export function decayReading({ theta, credit }: Pick<PricedPlan, 'theta' | 'credit'>, { sells }: Leaning): Reading {
  if (credit === 0) return absent('no premium changes hands');
  const share = theta / Math.abs(credit);
  const words = `time ${share >= 0 ? 'brings' : 'takes'} ${(100 * Math.abs(share)).toFixed(1)} % of the premium a day`;
  return { score: sells ? ramp(share, 0.01, 0.05) : 1 - ramp(-share, 0.01, 0.05), why: words };
}

/** Speed of the last bars: with the trend it helps; without one it helps a buyer of volatility, whichever way, and hurts a seller. */
export function momentumReading(base: TimeframeView, { sells, trend }: Leaning): Reading {
  if (trend !== null) return momentum(base, trend);
  const [up, down] = [momentum(base, 'long'), momentum(base, 'short')];
  if (up.score === null || down.score === null) return up;
  const faster = up.score >= down.score ? up : down;
  return sells ? mirrored(faster) : faster;
}
