import type { Indicator } from './indicator.ts';
import { createWindow } from './window.ts';

/** Bands in units of price; `width` is their distance as a share of the middle. */
export interface Bollinger {
  readonly middle: number;
  readonly upper: number;
  readonly lower: number;
  readonly width: number;
}

/**
 * Bollinger bands of closes: the mean of `period` closes and `deviations` population standard deviations around it.
 * @throws IndicatorError `bad_period`
 * @see Bollinger: "Bollinger on Bollinger Bands" (2001)
 */
export function createBollinger(period = 20, deviations = 2): Indicator<number, Bollinger> {
  const window = createWindow(period);
  return {
    warmUp: period,
    state: window.state,
    add: window.add,
    value: () => {
      const middle = window.value();
      const squares = window.squares();
      if (middle === null || squares === null) return null;
      const reach = deviations * Math.sqrt(squares / period);
      return { middle, upper: middle + reach, lower: middle - reach, width: (2 * reach) / middle };
    },
  };
}
