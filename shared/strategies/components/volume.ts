import type { TimeframeView } from '../../indicators/generation.ts';
import { absent, type Reading } from '../confidence.ts';
import { ramp } from '../direction.ts';

/**
 * How much more than usual was traded in the last bar, in [0, 1]: nothing at the usual volume, all at `full` times it.
 * Absent where nothing was traded before.
 */
export function volume(view: TimeframeView, full: number): Reading {
  const ratio = view.indicators.volumeRatio;
  if (ratio === null) return absent(`no usual volume on ${view.timeframe} to compare with`);
  return { score: ramp(ratio, 1, full), why: `${ratio.toFixed(1)} times the usual ${view.timeframe} volume` };
}
