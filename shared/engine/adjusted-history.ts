import { CORPORATE_ACTIONS } from '../config/corporate-actions.ts';
import { isNseSimulated } from '../config/nse-scope.ts';
import type { Chart } from '../indicators/chart.ts';
import type { EpochMs } from '../kernel/time.ts';
import { type Adjustment, adjustCandle, adjustmentsOf, symbolOn } from '../market/corporate-actions.ts';
import { istDate } from '../market/ist.ts';
import type { Bar, Evidence } from '../market/price.ts';
import type { RolledCandle } from '../market/rollup.ts';
import type { BarsBySymbol, CandlesBySymbol } from './ports.ts';
import { hasActionBetween } from './price-scale.ts';

/** What is stored of a span: the 15-minute candles of older days, and the minutes after them. */
export interface StoredHistory {
  readonly days: CandlesBySymbol;
  readonly bars: BarsBySymbol;
}

/**
 * Stored history as charts read it at an instant. Bars and candles are stored as they were traded; here they are brought
 * across the splits and the like that came since, and put under the name of the day. Simulated history stays as it is: what
 * happened to the real company did not happen there. Packed candles do not tell their evidence: the newest minute does, and
 * where there is none the scope.
 */
export function adjustedHistory({ days, bars }: StoredHistory, asOfMs: EpochMs, scope: string): StoredHistory {
  const evidenceOf = (symbol: string): Evidence | null => bars.get(symbol)?.at(-1)?.evidence ?? (isNseSimulated(scope) ? 'simulated' : null);
  const isAsStored = (symbol: string): boolean => !CORPORATE_ACTIONS.symbols.has(symbol) || evidenceOf(symbol) === 'simulated';
  const symbols = [...new Set([...days.keys(), ...bars.keys()])];
  if (symbols.every(isAsStored)) return { days, bars };
  const adjusted = { days: new Map<string, readonly RolledCandle[]>(), bars: new Map<string, readonly Bar[]>() };
  for (const symbol of symbols) {
    const name = isAsStored(symbol) ? symbol : nameAt(symbol, oldestMs(days.get(symbol), bars.get(symbol)), asOfMs);
    const adjustments = isAsStored(symbol) ? [] : adjustmentsOf(CORPORATE_ACTIONS, name, asOfMs);
    const candles = (days.get(symbol) ?? []).map((candle) => adjustCandle(candle, adjustments));
    const minutes = (bars.get(symbol) ?? []).map((bar) => renamed(adjustCandle(bar, adjustments), name));
    if (candles.length > 0) adjusted.days.set(name, inOrder(adjusted.days.get(name), candles));
    if (minutes.length > 0) adjusted.bars.set(name, inOrder(adjusted.bars.get(name), minutes));
  }
  return adjusted;
}

/** One bar as charts read it at an instant. */
export function adjustedBar(bar: Bar, asOfMs: EpochMs): Bar {
  if (!hasActionBetween(bar.symbol, bar.evidence, bar.openMs, asOfMs)) return bar;
  const name = nameAt(bar.symbol, bar.openMs, asOfMs);
  const adjustments: readonly Adjustment[] = adjustmentsOf(CORPORATE_ACTIONS, name, asOfMs);
  return renamed(adjustCandle(bar, adjustments), name);
}

/** Whether charts that were read at one instant show something that a later one reads otherwise: they are then made anew. */
export function isOutdated(charts: Iterable<Chart>, readAtMs: EpochMs, atMs: EpochMs): boolean {
  for (const { symbol, last1m } of charts) {
    if (hasActionBetween(symbol, last1m?.evidence ?? 'replay', readAtMs, atMs)) return true;
  }
  return false;
}

const nameAt = (symbol: string, knownMs: EpochMs, asOfMs: EpochMs): string => symbolOn(CORPORATE_ACTIONS, symbol, istDate(knownMs), istDate(asOfMs));

const renamed = (bar: Bar, symbol: string): Bar => (bar.symbol === symbol ? bar : { ...bar, symbol });

const oldestMs = (candles: readonly RolledCandle[] = [], bars: readonly Bar[] = []): EpochMs => candles[0]?.openMs ?? bars[0]?.openMs ?? 0;

function inOrder<C extends { readonly openMs: EpochMs }>(known: readonly C[] | undefined, more: readonly C[]): readonly C[] {
  return known === undefined ? more : [...known, ...more].sort((a, b) => a.openMs - b.openMs);
}
