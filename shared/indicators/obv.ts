import type { Candle } from '../market/price.ts';
import type { Indicator } from './indicator.ts';

const HAS_PREVIOUS = 0;
const PREVIOUS_CLOSE = 1;
const BALANCE = 2;

/**
 * On-balance volume: the volume of bars that closed higher, less that of bars that closed lower, since the first bar (0).
 * Its level means nothing, its changes do.
 * @see Granville: "New Key to Stock Market Profits" (1963)
 */
export class OnBalanceVolume implements Indicator<Candle, number> {
  readonly warmUp = 1;
  readonly state = new Float64Array(3);

  add({ close, volume }: Candle): void {
    const { state } = this;
    if ((state[HAS_PREVIOUS] as number) === 1) {
      const previous = state[PREVIOUS_CLOSE] as number;
      const flow = close > previous ? volume : close < previous ? -volume : 0;
      state[BALANCE] = (state[BALANCE] as number) + flow;
    }
    state[HAS_PREVIOUS] = 1;
    state[PREVIOUS_CLOSE] = close;
  }

  value(): number | null {
    return (this.state[HAS_PREVIOUS] as number) === 1 ? (this.state[BALANCE] as number) : null;
  }
}
