import type { AlertRules } from '../config/alerts.ts';
import type { Alert } from '../contracts/alert.ts';
import { iso } from '../kernel/time.ts';
import type { RolledCandle } from '../market/rollup.ts';
import { TIMEFRAME_MS } from '../market/timeframe.ts';
import { labelled, type ToldAccount } from './told-account.ts';

/** Closed bars of a symbol, newest last. */
export interface SymbolBars {
  readonly symbol: string;
  readonly candles: readonly RolledCandle[];
}

/**
 * The last closed bar traded so many times the mean of those before it, and the bar before it did not: a burst over several bars
 * is told at its first. An incomplete bar says nothing of its volume.
 */
export function volumeAlert(account: ToldAccount, { symbol, candles }: SymbolBars, rules: AlertRules['unusualVolume']): Alert | null {
  const { timeframe, times } = rules;
  const bar = candles.at(-1);
  const ratio = ratioAt(candles, candles.length - 1, rules);
  if (bar === undefined || ratio === null || ratio < times) return null;
  const before = ratioAt(candles, candles.length - 2, rules);
  if (before !== null && before >= times) return null;
  return labelled(account, {
    id: `unusual-volume:${account.sessionId}:${symbol}:${bar.openMs}`,
    kind: 'unusual-volume',
    severity: 'info',
    atMs: bar.openMs + TIMEFRAME_MS[timeframe],
    symbol,
    title: `${symbol}: unusual volume`,
    text: `${ratio.toFixed(1)} times the usual ${timeframe} volume from ${iso(bar.openMs).slice(11, 16)} UTC on, close ${bar.close}`,
    facts: { ratio, volume: bar.volume, close: bar.close },
  });
}

/** Volume over the mean of the bars before; null where they are too few, traded nothing, or are not all whole. */
function ratioAt(candles: readonly RolledCandle[], index: number, { usualBars }: AlertRules['unusualVolume']): number | null {
  const bar = candles[index];
  const usual = candles.slice(Math.max(0, index - usualBars), Math.max(0, index));
  if (bar === undefined || usual.length < usualBars || ![bar, ...usual].every(({ isComplete }) => isComplete)) return null;
  const mean = usual.reduce((sum, { volume }) => sum + volume, 0) / usual.length;
  return mean <= 0 ? null : bar.volume / mean;
}
