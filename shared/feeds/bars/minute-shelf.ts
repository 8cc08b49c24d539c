import { type EpochMs, HOUR_MS } from '../../kernel/time.ts';
import type { Bar } from '../../market/price.ts';

/** The newest minutes' bars, about an hour of them: a minute asked for twice is the same twice. */
export interface MinuteShelf {
  /** A later bar of the same symbol and minute takes the place of the earlier one. */
  put(bars: readonly Bar[]): void;
  bar(symbol: string, minuteMs: EpochMs): Bar | null;
}

export function createMinuteShelf(keptMs = HOUR_MS): MinuteShelf {
  const minutes = new Map<EpochMs, Map<string, Bar>>();
  let newestMs = 0;

  function put(bar: Bar): void {
    newestMs = Math.max(newestMs, bar.openMs);
    const minute = minutes.get(bar.openMs) ?? new Map<string, Bar>();
    minutes.set(bar.openMs, minute.set(bar.symbol, bar));
  }

  return {
    put(bars) {
      bars.forEach(put);
      for (const minuteMs of minutes.keys()) if (minuteMs < newestMs - keptMs) minutes.delete(minuteMs);
    },
    bar: (symbol, minuteMs) => minutes.get(minuteMs)?.get(symbol) ?? null,
  };
}
