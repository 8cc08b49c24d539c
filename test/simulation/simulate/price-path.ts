import { rng } from '../../../shared/kernel/rng.ts';
import { type EpochMs, MINUTE_MS, SECOND_MS } from '../../../shared/kernel/time.ts';
import { ticksOfBar } from '../../../shared/market/bar-ticks.ts';
import type { Bar, Tick } from '../../../shared/market/price.ts';
import { CHART_SYMBOLS, type ChartSymbol, signalPrice } from './signal-charts.ts';

/** A tick of each symbol comes so often. */
export const TICK_EVERY_MS = 3 * SECOND_MS;

/** The market of a seed: prices that walk around where a signal is given, far enough to reach its stop and its target. */
export interface PricePath {
  /** Start of the first minute of which anything is known. */
  readonly fromMs: EpochMs;
  readonly ticks: (atMs: EpochMs) => readonly Tick[];
  readonly bars: (minuteMs: EpochMs) => readonly Bar[];
}

export function createPricePath(seed: string, fromMs: EpochMs): PricePath {
  const waves = new Map(
    CHART_SYMBOLS.map((symbol) => {
      const draw = rng('path', seed, symbol);
      return [symbol, { periodMs: (40 + 120 * draw.next()) * SECOND_MS, phase: 6.28 * draw.next(), reach: 0.012 + 0.018 * draw.next() }] as const;
    }),
  );
  const price = (symbol: ChartSymbol, atMs: EpochMs): number => {
    const { periodMs = 1, phase = 0, reach = 0 } = waves.get(symbol) ?? {};
    // Between two ticks the price jumps as well as it walks.
    const noise = 0.0015 * Math.sin(atMs * 0.71 + phase);
    const share = reach * Math.sin(phase + (6.283 * atMs) / periodMs) + 0.004 + noise;
    return Math.round(signalPrice(symbol) * (1 + share) * 100) / 100;
  };
  const bar = (symbol: ChartSymbol, minuteMs: EpochMs): Bar => {
    const [open, middle, close] = [price(symbol, minuteMs), price(symbol, minuteMs + MINUTE_MS / 2), price(symbol, minuteMs + MINUTE_MS - 1)];
    return {
      symbol,
      openMs: minuteMs,
      open,
      high: Math.max(open, middle, close),
      low: Math.min(open, middle, close),
      close,
      volume: 700,
      origin: 'received',
      evidence: 'simulated',
    };
  };
  return {
    fromMs,
    ticks: (atMs) =>
      CHART_SYMBOLS.flatMap((symbol) => {
        const [first] = ticksOfBar({ ...bar(symbol, atMs - (atMs % MINUTE_MS)), open: price(symbol, atMs) }, 'path');
        return first === undefined ? [] : [{ ...first, exchangeMs: atMs, receivedMs: atMs, motion: 'print' as const }];
      }),
    bars: (minuteMs) => CHART_SYMBOLS.map((symbol) => bar(symbol, minuteMs)),
  };
}
