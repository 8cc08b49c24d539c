import { type EpochMs, MINUTE_MS } from '../kernel/time.ts';
import type { Evidence } from './price.ts';

/** The trades of one symbol within one second, conflated: what is kept of ticks. */
export interface TickSample {
  readonly symbol: string;
  /** Start of the second, by the exchange's stamp. */
  readonly secondMs: EpochMs;
  /** The last price of the second. */
  readonly price: number;
  /** Units traded in the second. */
  readonly quantity: number;
  /** How many trades were conflated. */
  readonly trades: number;
  readonly source: string;
  readonly evidence: Evidence;
}

/** Samples are packed when this much time has been recorded: a feed that dies loses no more of them. */
export const TICK_PACK_MS = 10 * MINUTE_MS;
