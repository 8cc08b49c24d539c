import { fromNumber, toNumber } from '../../../kernel/decimal.ts';
import type { ContractQuote } from '../../../market/derivative.ts';
import type { Instrument } from '../../../market/instrument.ts';

/** The prices of a simulated contract: what its quote has beside the contract itself. */
export type SimulatedBook = Omit<ContractQuote, 'instrument' | 'receivedMs'>;

export interface BookOf {
  /** What the contract is worth: its mark. */
  readonly value: number;
  /** The whole spread, in its price. */
  readonly spread: number;
  /** Whether its last trade was a buyer's. */
  readonly isLastBought: boolean;
  /** What stands at each side, units of the underlying; null where nobody tells. */
  readonly size: number | null;
}

/** A book around a value, rounded away from it to the grid: bid and ask are never better than half the spread. */
export function bookOn(instrument: Instrument, { value, spread, isLastBought, size }: BookOf): SimulatedBook {
  const tick = toNumber(instrument.tickSize(fromNumber(Math.max(0, value))));
  const bidTicks = Math.floor((value - spread / 2) / tick + ROUNDING);
  const askTicks = Math.max(bidTicks + 1, 1, Math.ceil((value + spread / 2) / tick - ROUNDING));
  const ask = onGrid(askTicks, tick);
  const bid = bidTicks > 0 ? onGrid(bidTicks, tick) : null;
  const last = isLastBought || bid === null ? ask : bid;
  return { bid, ask, last, mark: Number(value.toFixed(8)), bidSize: bid === null ? null : size, askSize: size };
}

// A value that lies on the grid but for the last digits of a double is on the grid.
const ROUNDING = 1e-9;
const onGrid = (ticks: number, tick: number): number => Number((ticks * tick).toFixed(8));
