import { describe, expect, it } from 'vitest';
import { type Chart, ChartError, createChart, historyNeededFromMs } from '../../../shared/indicators/chart.ts';
import { DAY_MS, HOUR_MS, iso, MINUTE_MS } from '../../../shared/kernel/time.ts';
import type { Bar } from '../../../shared/market/price.ts';
import { indicatorsOf } from '../../support/chart-state.ts';
import { barsOf, missing, walk } from '../../support/series.ts';

const BTC = { symbol: 'BTC', market: 'CRYPTO' } as const;
const INFY = { symbol: 'INFY', market: 'NSE' } as const;
const FROM = Date.parse('2026-11-16T00:00Z');

const minutes = (length: number, fromMs = FROM): readonly Bar[] => barsOf(walk('chart', length, { fromMs }));

function chartOf(bars: readonly Bar[], instrument: Parameters<typeof createChart>[0] = BTC): Chart {
  const chart = createChart(instrument);
  for (const bar of bars) chart.add(bar);
  return chart;
}

describe('a chart', () => {
  it('keeps the last 64 closed candles of each timeframe, newest last', () => {
    const bars = minutes(1_000);
    const chart = chartOf(bars);
    const oneMinute = chart.timeframe('1m').candles;
    expect(oneMinute).toHaveLength(64);
    expect(oneMinute.map(({ close }) => close)).toEqual(bars.slice(-64).map(({ close }) => close));
    const fives = chart.timeframe('5m').candles;
    expect(fives).toHaveLength(64);
    expect(fives.at(-1)).toMatchObject({ openMs: FROM + 995 * MINUTE_MS, close: bars[999]?.close });
    expect(fives.map(({ openMs }) => openMs)).toEqual(fives.map(({ openMs }) => openMs).toSorted((a, b) => a - b));
    expect(chart.timeframe('1h').candles).toHaveLength(16);
  });

  it('keeps the RSI after each of them beside them', () => {
    const { candles, rsis, indicators } = chartOf(minutes(100)).timeframe('5m');
    expect(rsis).toHaveLength(candles.length);
    expect(rsis.slice(0, 14)).toEqual(Array.from({ length: 14 }, () => null));
    expect(rsis.at(-1)).toBe(indicators.rsi);
  });

  it('shows only closed candles', () => {
    const chart = chartOf(minutes(14));
    expect(chart.timeframe('5m').closedMs).toBe(FROM + 10 * MINUTE_MS);
    expect(chart.timeframe('15m').closedMs).toBeNull();
    expect(chart.upToMs).toBe(FROM + 14 * MINUTE_MS);
  });

  it('ignores a bar that it has seen, and one that is older', () => {
    const bars = minutes(50);
    const chart = chartOf(bars);
    const before = snapshot(chart);
    expect(chart.add(bars[49] as Bar)).toBe('ignored');
    expect(chart.add({ ...(bars[20] as Bar), close: 1, low: 1 })).toBe('ignored');
    expect(snapshot(chart)).toEqual(before);
  });

  it('refuses a candle that is none, and stays as it was', () => {
    const bars = minutes(30);
    const chart = chartOf(bars.slice(0, 29));
    const before = snapshot(chart);
    const next = bars[29] as Bar;
    for (const wrong of [
      { close: Number.NaN },
      { low: 0 },
      { high: Infinity },
      { volume: -1 },
      { volume: Number.NaN },
      { low: next.high * 2 },
      { open: next.high * 1.1 },
    ]) {
      expect(() => chart.add({ ...next, ...wrong }), JSON.stringify(wrong)).toThrow(ChartError);
    }
    expect(() => chart.add({ ...next, symbol: 'ETH' })).toThrow('received a bar of ETH');
    expect(snapshot(chart)).toEqual(before);
  });

  it('knows that its last minute is missing', () => {
    const bars = minutes(30);
    const chart = chartOf(bars.slice(0, 29));
    chart.add(missing(bars[29] as Bar));
    expect(chart.isLastMissing).toBe(true);
    expect(chart.last1m).toEqual(bars[28]);
    expect(chart.upToMs).toBe(FROM + 30 * MINUTE_MS);
  });

  it('tells which minutes of the last day are missing, told of or not, and forgets older ones', () => {
    const bars = minutes(2_000);
    const lacking = [3, 700, 1_990, 1_991];
    const told = chartOf(bars.map((bar, i) => (lacking.includes(i) ? missing(bar) : bar)));
    const untold = chartOf(bars.filter((_, i) => !lacking.includes(i)));
    for (const chart of [told, untold]) {
      expect(chart.missingSince(0).map((ms) => (ms - FROM) / MINUTE_MS)).toEqual([700, 1_990, 1_991]);
      expect(chart.missingSince(FROM + 1_991 * MINUTE_MS)).toHaveLength(1);
    }
    expect(chartOf(bars).missingSince(0)).toEqual([]);
  });

  it('is the same whether a missing minute was told of or not', () => {
    const bars = minutes(400).map((bar, i) => (i % 37 === 5 ? missing(bar) : bar));
    expect(snapshot(chartOf(bars))).toEqual(snapshot(chartOf(bars.filter(({ origin }) => origin !== 'missing'))));
  });

  it('knows a gap in the window that is asked for, and forgets it with the window', () => {
    const bars = minutes(200).filter((_, i) => i !== 100);
    const upTo = (count: number) => chartOf(bars.slice(0, count)).timeframe('1m');
    expect(upTo(99).hasGap()).toBe(false);
    expect(upTo(105).hasGap()).toBe(true);
    expect(upTo(105).hasGap(3)).toBe(false);
    expect(upTo(199).hasGap()).toBe(false);
    expect(chartOf(bars).timeframe('5m').hasGap()).toBe(true);
  });

  it('takes nights and weekends of NSE for no gap, a lost open or close for one', () => {
    const session = (day: string) => barsOf(walk(day, 375, { fromMs: Date.parse(`${day}T03:45Z`) }), 'INFY');
    const friday = session('2026-11-13');
    const monday = session('2026-11-16');
    const gapIn = (bars: readonly Bar[]) => chartOf(bars, INFY).timeframe('1m').hasGap();
    expect(gapIn([...friday, ...monday.slice(0, 30)])).toBe(false);
    expect(gapIn([...friday.slice(0, -1), ...monday.slice(0, 30)])).toBe(true);
    expect(gapIn([...friday, ...monday.slice(1, 30)])).toBe(true);
    // Of a stock with a closing auction some sources tell no bar after 15:15.
    expect(gapIn([...friday.slice(0, -15), ...monday.slice(0, 30)])).toBe(false);
    expect(gapIn([...friday.slice(0, -16), ...monday.slice(0, 30)])).toBe(true);
    // Others tell the auction's one trade, at 15:29, and nothing between.
    const auction = friday.slice(-1).map((bar) => ({ ...bar, open: bar.close, high: bar.close, low: bar.close }));
    const traded = [...friday.slice(0, -15), ...auction];
    expect(gapIn([...traded, ...monday.slice(0, 30)])).toBe(false);
    expect(
      chartOf([...traded, ...monday.slice(0, 30)], INFY)
        .timeframe('5m')
        .hasGap(),
    ).toBe(false);
    expect(gapIn([...friday.slice(0, -15), ...friday.slice(-1), ...monday.slice(0, 30)])).toBe(true);
    expect(gapIn([...friday.slice(0, -16), ...auction, ...monday.slice(0, 30)])).toBe(true);
  });

  it('refuses a timeframe that it was not asked to keep', () => {
    expect(() => createChart(BTC, ['1m']).timeframe('1h')).toThrow(ChartError);
  });

  it('refuses history after its minutes have begun, and history that reaches into them', () => {
    const hour = { openMs: FROM, open: 1, high: 1, low: 1, close: 1, volume: 1, isComplete: true };
    const late = chartOf(minutes(1));
    expect(() => late.addRolled('1h', hour)).toThrow('seeded before them');
    const overlapping = createChart(BTC);
    overlapping.addRolled('1h', hour);
    // The minutes begin at noon of the day that the hour belongs to: the day's candle would be built from half a day.
    expect(() => overlapping.add(minutes(1, FROM + 12 * HOUR_MS)[0] as Bar)).toThrow('2026-11-16T00:00:00.000Z');
  });

  it('ignores history that it has seen', () => {
    const hour = { openMs: FROM, open: 1, high: 1, low: 1, close: 1, volume: 1, isComplete: true };
    const chart = createChart(BTC);
    expect(chart.addRolled('1h', hour)).toBe('added');
    expect(chart.addRolled('1h', hour)).toBe('ignored');
    expect(chart.timeframe('1h').count).toBe(1);
  });
});

describe('the history that a decision needs', () => {
  it.each([
    ['CRYPTO', '1m', '2026-11-20T13:07', '2026-11-19T00:00'],
    ['CRYPTO', '5m', '2026-11-20T13:07', '2026-11-19T00:00'],
    // The decision at midnight is on a bar of the day before.
    ['CRYPTO', '1m', '2026-11-20T00:00', '2026-11-18T00:00'],
    ['CRYPTO', '1m', '2026-11-20T00:02', '2026-11-19T00:00'],
    ['CRYPTO', '15m', '2026-11-20T13:07', '2026-11-17T00:00'],
    ['CRYPTO', '1h', '2026-11-20T13:07', '2026-11-11T00:00'],
    ['CRYPTO', '1d', '2026-11-20T13:07', '2026-08-07T00:00'],
  ] as const)('of %s %s at %s begins at %s', (market, timeframe, atText, fromText) => {
    expect(iso(historyNeededFromMs(market, timeframe, Date.parse(`${atText}Z`)))).toBe(iso(Date.parse(`${fromText}Z`)));
  });

  it('is the anchor of the generation that answers, one to two blocks back', () => {
    const chart = createChart(BTC);
    for (const bar of minutes(3 * 1440)) {
      chart.add(bar);
      const { anchorMs } = chart.timeframe('1m');
      const closeMs = bar.openMs + MINUTE_MS;
      expect(closeMs - anchorMs).toBeGreaterThan(DAY_MS);
      expect(closeMs - anchorMs).toBeLessThanOrEqual(2 * DAY_MS);
      expect(historyNeededFromMs('CRYPTO', '1m', closeMs)).toBeLessThanOrEqual(anchorMs);
    }
  });
});

function snapshot(chart: Chart): unknown {
  return (['1m', '5m', '1h'] as const).map((timeframe) => {
    const { candles, rsis, count } = chart.timeframe(timeframe);
    return { candles, rsis, count, indicators: indicatorsOf(chart, timeframe) };
  });
}
