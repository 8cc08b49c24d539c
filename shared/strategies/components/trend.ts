import type { TimeframeView } from '../../indicators/generation.ts';
import { absent, meanReading, type Reading } from '../confidence.ts';
import { ramp, signOf } from '../direction.ts';
import type { Direction } from '../strategy.ts';

/** Strength of one timeframe's trend in the direction, in [0, 1]: ADX 15 to 35 where the directional lines agree, else 0. */
function trendOf(view: TimeframeView, direction: Direction): Reading {
  const { adx } = view.indicators;
  if (adx === null) return absent(`${view.timeframe} is warming up`);
  const agrees = signOf(direction) * (adx.plus - adx.minus) > 0;
  return { score: agrees ? ramp(adx.adx, 15, 35) : 0, why: `${view.timeframe} ADX ${adx.adx.toFixed(0)} ${agrees ? 'with' : 'against'} it` };
}

/** Mean strength over the timeframes that are warm. */
export function trend(views: readonly TimeframeView[], direction: Direction): Reading {
  return meanReading(
    views.map((view) => trendOf(view, direction)),
    'no slower timeframe is warm',
  );
}
