import { CORPORATE_ACTIONS } from '../../config/corporate-actions.ts';
import { instrumentBySymbol } from '../../config/instruments.ts';
import { historyNeededFromMs } from '../../indicators/chart.ts';
import type { EpochMs } from '../../kernel/time.ts';
import type { Bar } from '../../market/price.ts';
import type { RolledCandle } from '../../market/rollup.ts';
import type { StoredHistory } from '../adjusted-history.ts';
import { dayOf, quartersOf } from '../history-packs.ts';

/**
 * Bars of the shares that something happens to, as they were traded: what a live system has in its store, and makes charts anew from
 * when an ex-date has come. As much is kept as a chart needs, of older days the quarters of hours.
 */
export interface RawHistory {
  readonly note: (bar: Bar) => void;
  /** What a chart is made from at an instant. */
  readonly at: (nowMs: EpochMs) => StoredHistory;
}

interface Raw {
  quarters: readonly RolledCandle[];
  minutes: Bar[];
}

export function createRawHistory({ days, bars }: StoredHistory): RawHistory {
  const kept = new Map<string, Raw>();
  const of = (symbol: string): Raw => {
    const known = kept.get(symbol);
    if (known !== undefined) return known;
    const made: Raw = { quarters: days.get(symbol) ?? [], minutes: [...(bars.get(symbol) ?? [])] };
    kept.set(symbol, made);
    return made;
  };
  for (const symbol of new Set([...days.keys(), ...bars.keys()])) if (CORPORATE_ACTIONS.symbols.has(symbol)) of(symbol);

  const trim = (symbol: string, raw: Raw, nowMs: EpochMs): void => {
    const { market } = instrumentBySymbol(symbol, nowMs);
    const [minutesFromMs, quartersFromMs] = [historyNeededFromMs(market, '1m', nowMs), historyNeededFromMs(market, '1d', nowMs)];
    const older = raw.minutes.filter(({ openMs }) => openMs < minutesFromMs);
    if (older.length > 0) raw.minutes = raw.minutes.filter(({ openMs }) => openMs >= minutesFromMs);
    const quarters = [...raw.quarters, ...(quartersOf(new Map([[symbol, older]])).get(symbol) ?? [])];
    raw.quarters = quarters.filter(({ openMs }) => openMs >= quartersFromMs);
  };

  return {
    note: (bar) => {
      const { symbol, openMs } = bar;
      if (bar.evidence === 'simulated' || !CORPORATE_ACTIONS.symbols.has(symbol)) return;
      const raw = of(symbol);
      const last = raw.minutes.at(-1);
      if (last !== undefined && dayOf(last.openMs) < dayOf(openMs)) trim(symbol, raw, openMs);
      raw.minutes.push(bar);
    },
    at: (nowMs) => {
      for (const [symbol, raw] of kept) trim(symbol, raw, nowMs);
      return {
        days: new Map([...kept].map(([symbol, { quarters }]) => [symbol, quarters])),
        bars: new Map([...kept].map(([symbol, { minutes }]) => [symbol, minutes])),
      };
    },
  };
}
