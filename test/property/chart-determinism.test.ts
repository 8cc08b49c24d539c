import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Chart, createChart, historyNeededFromMs } from '../../shared/indicators/chart.ts';
import { DAY_MS, type EpochMs, MINUTE_MS } from '../../shared/kernel/time.ts';
import type { Market } from '../../shared/market/instrument.ts';
import type { Bar } from '../../shared/market/price.ts';
import { createRollup, type RolledCandle } from '../../shared/market/rollup.ts';
import { TIMEFRAMES, type Timeframe } from '../../shared/market/timeframe.ts';
import { chartState } from '../support/chart-state.ts';
import { barsOf, missing, walk } from '../support/series.ts';

const FIRST_DAY = Date.parse('2026-06-15T00:00Z');
const DAYS = 40;

/** Forty days of minutes with holes: some told of, some not, one of them over a midnight. */
function month(market: Market): readonly Bar[] {
  const bars = barsOf(walk(`month ${market}`, (DAYS * DAY_MS) / MINUTE_MS, { fromMs: FIRST_DAY }), 'X');
  const inSession = ({ openMs }: Bar): boolean => {
    const minute = (openMs % DAY_MS) / MINUTE_MS;
    const weekday = new Date(openMs).getUTCDay();
    return market === 'CRYPTO' || (minute >= 225 && minute < 600 && weekday !== 0 && weekday !== 6);
  };
  const overMidnight = ({ openMs }: Bar): boolean => Math.abs(openMs - (FIRST_DAY + 30 * DAY_MS)) < 7 * MINUTE_MS;
  return bars.flatMap((bar, i) => {
    if (!inSession(bar) || overMidnight(bar) || i % 911 === 17) return [];
    return [i % 613 === 29 ? missing(bar) : bar];
  });
}

const rolled = (market: Market, timeframe: Timeframe, bars: readonly Bar[]): readonly RolledCandle[] => {
  const candles: RolledCandle[] = [];
  const rollup = createRollup(market, timeframe, (candle) => candles.push(candle));
  for (const bar of bars) rollup.add(bar);
  return candles;
};

/** A process that starts now: seeds the slow timeframes from their anchors, then reads the minutes from theirs. */
function cold(market: Market, bars: readonly Bar[], nowMs: EpochMs): Chart {
  const chart = createChart({ symbol: 'X', market });
  const minutesFromMs = historyNeededFromMs(market, '1m', nowMs);
  const known = bars.filter(({ openMs }) => openMs < nowMs);
  for (const timeframe of ['1d', '1h', '15m'] as const) {
    const fromMs = historyNeededFromMs(market, timeframe, nowMs);
    for (const candle of rolled(market, timeframe, known)) {
      if (candle.openMs >= fromMs && candle.openMs < minutesFromMs) chart.addRolled(timeframe, candle);
    }
  }
  for (const bar of known) if (bar.openMs >= minutesFromMs) chart.add(bar);
  return chart;
}

describe.each(['CRYPTO', 'NSE'] as const)('a %s chart', (market) => {
  const bars = month(market);

  it('is bit for bit the same after a month as when it was just rebuilt from history', () => {
    const warm = createChart({ symbol: 'X', market });
    let dayMs = 0;
    let compared = 0;
    bars.forEach((bar, i) => {
      warm.add(bar);
      // The first bar of every day, where blocks begin, and some others.
      const isFirst = bar.openMs - (bar.openMs % DAY_MS) !== dayMs;
      dayMs = bar.openMs - (bar.openMs % DAY_MS);
      if (!isFirst && i % 1_777 !== 0) return;
      expect(chartState(cold(market, bars, bar.openMs + MINUTE_MS))).toEqual(chartState(warm));
      compared += 1;
    });
    expect(compared).toBeGreaterThan(25);
  });

  it('is bit for bit the same whether it was read at each bar, now and then or never', () => {
    const [always, seldom, never] = [1, 97, Number.POSITIVE_INFINITY].map((every) => {
      const chart = createChart({ symbol: 'X', market });
      bars.slice(0, 9_000).forEach((bar, i) => {
        chart.add(bar);
        if (i % every === 0) chartState(chart);
      });
      return chartState(chart);
    });
    expect(seldom).toEqual(always);
    expect(never).toEqual(always);
  });

  it('does not change when history before its anchors is left out, wherever it is cut before them', () => {
    fc.assert(
      fc.property(fc.integer({ min: Math.floor(bars.length / 3), max: bars.length - 1 }), fc.integer({ min: 0, max: 10 }), (last, earlierDays) => {
        const nowMs = (bars[last]?.openMs as number) + MINUTE_MS;
        const from = Math.min(...TIMEFRAMES.map((timeframe) => historyNeededFromMs(market, timeframe, nowMs))) - earlierDays * DAY_MS;
        const all = createChart({ symbol: 'X', market });
        const cut = createChart({ symbol: 'X', market });
        for (const bar of bars.slice(0, last + 1)) {
          all.add(bar);
          if (bar.openMs >= from) cut.add(bar);
        }
        expect(chartState(cut)).toEqual(chartState(all));
      }),
      { numRuns: 5 },
    );
  });
});
