import { DAY_MS, type EpochMs, MINUTE_MS } from '../../kernel/time.ts';
import type { Market } from '../../market/instrument.ts';

const MINUTES_A_DAY = DAY_MS / MINUTE_MS;

/** Whether continuous trading runs at the instant. Asked at the start of a minute: a minute trades whole or not at all. */
export type IsOpen = (market: Market, atMs: EpochMs) => boolean;

/** The trading minutes of one day of one market. */
export interface Session {
  readonly startMs: EpochMs;
  /** Minutes since `startMs` that trade, ascending. */
  readonly minutes: Int16Array;
  /** For each minute of the day its place in `minutes`, or -1 when closed. */
  readonly slots: Int16Array;
}

/** The session of the market's day that begins at `startMs`. Crypto trades round the clock and is not asked for. */
export function sessionOf(market: Market, startMs: EpochMs, isOpen: IsOpen): Session {
  const slots = new Int16Array(MINUTES_A_DAY).fill(-1);
  const minutes: number[] = [];
  for (let minute = 0; minute < MINUTES_A_DAY; minute++) {
    if (market !== 'CRYPTO' && !isOpen(market, startMs + minute * MINUTE_MS)) continue;
    slots[minute] = minutes.length;
    minutes.push(minute);
  }
  return { startMs, minutes: Int16Array.from(minutes), slots };
}

/** The place of the first trading minute that begins at or after the instant; the number of minutes when there is none. */
export function firstSlotFrom({ startMs, minutes }: Session, fromMs: EpochMs): number {
  let low = 0;
  let high = minutes.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (startMs + (minutes[middle] as number) * MINUTE_MS < fromMs) low = middle + 1;
    else high = middle;
  }
  return low;
}
