import type { Indicator } from './indicator.ts';
import { createWindow } from './window.ts';

/**
 * Simple moving average of the last `period` values.
 * @throws IndicatorError `bad_period`
 */
export function createSma(period: number): Indicator<number, number> {
  return createWindow(period);
}
