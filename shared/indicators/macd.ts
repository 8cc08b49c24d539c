import { createEma, EMA_SIZE } from './ema.ts';
import { type Indicator, IndicatorError } from './indicator.ts';

/** Line, its signal and their difference, in units of price. */
export interface Macd {
  readonly line: number;
  readonly signal: number;
  readonly histogram: number;
}

/**
 * Moving average convergence/divergence of closes.
 *
 *   line = ema(fast) - ema(slow); signal = ema(line, smoothing); histogram = line - signal
 *
 * @throws IndicatorError `bad_period`
 * @see Appel: "Technical Analysis: Power Tools for Active Investors" (2005)
 */
export function createMacd(fast = 12, slow = 26, smoothing = 9): Indicator<number, Macd> {
  if (fast >= slow)
    throw new IndicatorError('bad_period', `MACD needs a fast period below the slow one, received ${fast} and ${slow}`, { fast, slow });
  const state = new Float64Array(3 * EMA_SIZE);
  const quick = createEma(fast, state.subarray(0, EMA_SIZE));
  const calm = createEma(slow, state.subarray(EMA_SIZE, 2 * EMA_SIZE));
  const smooth = createEma(smoothing, state.subarray(2 * EMA_SIZE));
  const lineNow = (): number | null => {
    const a = quick.value();
    const b = calm.value();
    return a === null || b === null ? null : a - b;
  };
  return {
    warmUp: slow + smoothing - 1,
    state,
    add: (close) => {
      quick.add(close);
      calm.add(close);
      const line = lineNow();
      if (line !== null) smooth.add(line);
    },
    value: () => {
      const line = lineNow();
      const signal = smooth.value();
      return line === null || signal === null ? null : { line, signal, histogram: line - signal };
    },
  };
}
