import { sideCost } from '../../execution/side-cost.ts';
import { type EpochMs, MINUTE_MS } from '../../kernel/time.ts';
import type { Instrument } from '../../market/instrument.ts';
import { TIMEFRAME_MS } from '../../market/timeframe.ts';
import type { Prospect } from '../odds.ts';
import { productOf } from '../product.ts';

/** What is needed to know at which odds a trade neither wins nor loses; prices in the quote currency. */
export type Bet = Pick<Prospect, 'strategy' | 'base' | 'direction' | 'stop' | 'target'>;

/**
 * The odds at which a trade that ends at its target or else at its stop brings nothing, all costs of both sides counted:
 *
 *   odds = loss / (win + loss)
 *
 * with `win` what is left at the target and `loss` what is lost at the stop, as shares of the entry. A trade that runs out of its time mostly loses
 * less than the stop takes: this is the cautious side. 1, which no odds reach, where the costs take all that the target brings.
 * @returns 0 to 1
 */
export function breakEvenOdds({ strategy, base, direction, stop, target }: Bet, instrument: Instrument, atMs: EpochMs): number {
  const { price, volatility, view } = base;
  const minuteVolatility = volatility / Math.sqrt(TIMEFRAME_MS[view.timeframe] / MINUTE_MS);
  const common = { instrument, product: productOf(strategy, instrument), minuteVolatility, atMs };
  const [inward, outward] = direction === 'long' ? (['buy', 'sell'] as const) : (['sell', 'buy'] as const);
  const costAt = (level: number, side: 'buy' | 'sell', liquidity: 'maker' | 'taker'): number =>
    (level / price) * sideCost({ ...common, side, liquidity, price: level });
  const entryCost = costAt(price, inward, 'taker');
  const win = Math.abs(target - price) / price - entryCost - costAt(target, outward, 'maker');
  const loss = Math.abs(price - stop) / price + entryCost + costAt(stop, outward, 'taker');
  return win > 0 ? loss / (win + loss) : 1;
}

/** p / (1 - p); infinite at 1. */
const ratio = (odds: number): number => odds / (1 - odds);

/**
 * What a strategy's table counts odds as: a confidence that is .5 where they break even, 0 where nothing is won ever, 1 where all is.
 *
 *   confidence = r / (1 + r), r = [odds / (1 - odds)] / [even / (1 - even)]
 */
export function confidenceOfOdds(odds: number, even: number): number {
  if (even >= 1 || odds <= 0) return 0;
  if (odds >= 1) return 1;
  const r = ratio(odds) / ratio(even);
  return r / (1 + r);
}

/** The odds that are counted as this confidence: the inverse of `confidenceOfOdds`. */
export function oddsOfConfidence(confidence: number, even: number): number {
  if (even >= 1 || confidence >= 1) return 1;
  const r = ratio(confidence) * ratio(even);
  return r / (1 + r);
}
