import type { TimeframeView } from '../../indicators/generation.ts';
import { absent, type Reading } from '../confidence.ts';
import { ramp, signOf } from '../direction.ts';
import type { Direction } from '../strategy.ts';

const BARS = 5;

/**
 * Speed of the last five bars, in [0, 1]: their return in standard deviations of a random walk of as many steps,
 * nothing at 0, all at 2.
 *
 *   z = ln(close / close five bars ago) / (volatility * sqrt(5))
 */
export function momentum(view: TimeframeView, direction: Direction): Reading {
  const last = view.candles.at(-1);
  const before = view.candles.at(-1 - BARS);
  const { volatility } = view.indicators;
  if (!last || !before || volatility === null) return absent(`${view.timeframe} is warming up`);
  if (volatility <= 0) return absent(`${view.timeframe} does not move`);
  const z = (signOf(direction) * Math.log(last.close / before.close)) / (volatility * Math.sqrt(BARS));
  return { score: ramp(z, 0, 2), why: `${z.toFixed(1)} deviations in ${BARS} bars of ${view.timeframe}` };
}
