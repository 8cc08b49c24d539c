import type { EpochMs } from '../kernel/time.ts';
import { type Bar, minutesOf } from '../market/price.ts';
import type { BarsBySymbol } from './ports.ts';

/** The bars that charts were built from, as they are stored. */
export interface KeptBars {
  readonly bySymbol: BarsBySymbol;
  /** Takes a bar in: `newer` than all of its symbol, `known` as it is, or `changed`: another than was known of its minute, or of a minute before the last. */
  readonly put: (bar: Bar) => 'newer' | 'known' | 'changed';
}

/** @param stored by symbol, in order of time */
export function createKeptBars(stored: BarsBySymbol): KeptBars {
  const lines = new Map([...stored].map(([symbol, bars]) => [symbol, [...bars]]));

  return {
    bySymbol: lines,
    put: (bar) => {
      const line = lines.get(bar.symbol) ?? [];
      if (line.length === 0) lines.set(bar.symbol, line);
      const place = placeOf(line, bar.openMs);
      const known = line[place];
      if (known?.openMs === bar.openMs) {
        line[place] = bar;
        return isSame(known, bar) ? 'known' : 'changed';
      }
      line.splice(place + 1, 0, bar);
      return place === line.length - 2 ? 'newer' : 'changed';
    },
  };
}

/** Index of the last bar that does not open later; -1 when there is none. What is looked for is almost always near the end. */
const placeOf = (line: readonly Bar[], openMs: EpochMs): number => line.findLastIndex((bar) => bar.openMs <= openMs);

const isSame = (a: Bar, b: Bar): boolean =>
  a.origin === b.origin &&
  minutesOf(a) === minutesOf(b) &&
  a.open === b.open &&
  a.high === b.high &&
  a.low === b.low &&
  a.close === b.close &&
  a.volume === b.volume;
