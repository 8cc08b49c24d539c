import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { venueSymbols } from '../../../infra/local/replay-world.ts';
import { recordedCharts } from '../../../infra/local/train/recorded-charts.ts';
import { runTrainCommand } from '../../../infra/local/train/train-command.ts';
import { NSE_CALENDAR } from '../../../shared/config/nse-calendar.ts';
import { describeData } from '../../../shared/feeds/replay/recorded-data.ts';
import { recordedBars } from '../../../shared/feeds/replay/recorded-minutes.ts';
import { createChart } from '../../../shared/indicators/chart.ts';
import { MINUTE_MS } from '../../../shared/kernel/time.ts';
import { type SessionDay, tradingDayAt } from '../../../shared/market/calendar.ts';
import { istDate } from '../../../shared/market/ist.ts';
import { type Bar, startOfBar } from '../../../shared/market/price.ts';
import { nextTradingDay } from '../../../shared/market/trading-days.ts';
import { type ChartAt, createHarvest, type HarvestedRow } from '../../../shared/ml/harvest.ts';
import { strategyByName } from '../../../shared/strategies/registry.ts';
import type { StrategyName } from '../../../shared/strategies/strategy.ts';
import { writeGeneratedShares } from '../../support/generated-shares.ts';

// Three weekends, a holiday on a Friday and one in the week; on the 26th HDFCBANK gave one share for each.
const SPAN = { from: '2025-08-04', to: '2025-08-29', days: 60 };
const BONUS_MS = Date.parse('2025-08-26T00:00+05:30');
const root = mkdtempSync(join(tmpdir(), 'nightdesk-train-'));
afterAll(() => rmSync(root, { recursive: true }));
const folder = writeGeneratedShares(root, { seed: '4', symbols: ['HDFCBANK', 'SBIN'], ...SPAN });
const data = await describeData([folder], venueSymbols());
if (data.kind !== 'klines') throw new Error(data.kind);
const { series } = data;
const bars: Bar[] = [];
for await (const bar of recordedBars(series, { fromMs: data.firstMs, toMs: data.lastMs + MINUTE_MS })) bars.push(bar);
const charts = await recordedCharts(series);

function harvested(name: StrategyName, over: readonly Bar[] = bars, chartAt: ChartAt = charts): readonly HarvestedRow[] {
  const harvest = createHarvest(strategyByName(name), chartAt);
  for (const bar of over) harvest.add(bar);
  return harvest.rows();
}

const dayOf = (atMs: number): SessionDay => {
  const day = tradingDayAt(NSE_CALENDAR, atMs);
  if (day.kind !== 'session') throw new Error(day.kind);
  return day;
};
const isFriday = (atMs: number): boolean => new Date(atMs).getUTCDay() === 5;
const isInSession = ({ atMs }: HarvestedRow): boolean => atMs >= dayOf(atMs).openMs && atMs < dayOf(atMs).continuousCloseMs;

const nights = harvested('btst');
/** One that ran out of its time on the morning after, before anything else ended it. */
const night = nights.find(({ endedBy, symbol }) => endedBy === 'time' && symbol === 'SBIN') as HarvestedRow;
/** What the bars of its share are on the morning after, from the first on, until `minutes` after the open. */
const isInMorning = (bar: Bar, minutes: number): boolean => {
  const { openMs = 0 } = nextTradingDay(NSE_CALENDAR, night.atMs);
  return bar.symbol === 'SBIN' && startOfBar(bar) >= (openMs ?? 0) && startOfBar(bar) < (openMs ?? 0) + minutes * MINUTE_MS;
};
const same = (rows: readonly HarvestedRow[]): HarvestedRow | undefined => rows.find(({ atMs, symbol }) => atMs === night.atMs && symbol === 'SBIN');

describe('the harvest of shares', () => {
  it('labels what is bought for the next session in that session', () => {
    expect(nights.length).toBeGreaterThanOrEqual(5);
    for (const { atMs, endMs } of nights) expect(istDate(endMs)).toBe(nextTradingDay(NSE_CALENDAR, atMs).date);
    expect(night.endMs).toBe(dayOf(night.endMs).openMs + 15 * MINUTE_MS);
  });

  it('knows the days before the first bar from what the exchange told of them', () => {
    expect(harvested('btst', bars, (instrument) => createChart(instrument)).length).toBeLessThan(nights.length);
  });

  it('gives no label across more than an hour of trading that is not known, told as missing or not told', () => {
    const unknown = bars.filter((bar) => !isInMorning(bar, 65));
    expect(same(harvested('btst', unknown))).toBeUndefined();
    const missing = bars.map((bar) => (isInMorning(bar, 65) ? { ...bar, origin: 'missing' as const, volume: 0 } : bar));
    expect(same(harvested('btst', missing))).toBeUndefined();
  });

  it('leaves what is overdue at the first price that is known, where less than an hour is not', () => {
    const kept = bars.filter((bar) => !isInMorning(bar, 30));
    const first = kept.find((bar) => bar.symbol === 'SBIN' && bar.openMs > night.endMs) as Bar;
    expect(same(harvested('btst', kept))).toMatchObject({ endMs: first.openMs + MINUTE_MS });
  });

  it('squares scalps off within their day, proposes none from then on, and counts their shorts as tradable', () => {
    const rows = harvested('scalping');
    expect(rows.length).toBeGreaterThan(20);
    for (const { atMs, endMs } of rows) {
      expect(atMs).toBeLessThan(dayOf(atMs).squareOffMs);
      expect(endMs).toBeLessThanOrEqual(dayOf(atMs).squareOffMs);
    }
    expect(rows.filter(({ direction }) => direction === 'short').every(({ isTradable }) => isTradable)).toBe(true);
  });

  it('holds swings over nights and weekends, proposes them in continuous trading only, and counts no short of them as tradable', () => {
    const rows = harvested('swing');
    expect(rows.filter(({ atMs, endMs }) => istDate(atMs) !== istDate(endMs)).length).toBeGreaterThan(20);
    expect(rows.some(({ atMs, endMs }) => isFriday(atMs) && !isFriday(endMs))).toBe(true);
    expect(rows.every(isInSession)).toBe(true);
    const shorts = rows.filter(({ direction }) => direction === 'short');
    expect(shorts.length).toBeGreaterThan(0);
    expect(shorts.some(({ isTradable }) => isTradable)).toBe(false);
  });

  it('gives no label across a bonus: prices mean other shares from then on', () => {
    const across = (of: string) => harvested('swing').filter(({ symbol, atMs, endMs }) => symbol === of && atMs < BONUS_MS && endMs > BONUS_MS);
    expect(across('SBIN').length).toBeGreaterThan(0);
    expect(across('HDFCBANK')).toEqual([]);
  });
});

describe('the training command over shares', () => {
  it('trains on their bars, and its report says of how many opportunities', async () => {
    const quarter = writeGeneratedShares(join(root, 'quarter'), { seed: '4', symbols: ['SBIN'], from: '2025-06-02', to: '2025-08-29', days: 60 });
    const report = join(root, 'swing.md');
    const said: string[] = [];
    const argv = ['--data', quarter, '--strategy', 'swing', '--json', '--report', report];
    const code = await runTrainCommand(argv, { out: (line) => said.push(line), err: () => undefined, draw: null });
    expect(code).toBe(0);
    expect(readFileSync(report, 'utf8')).toMatch(/\d+ opportunities of SBIN from 2025-06-\d\d to 2025-08-\d\d/);
    expect(JSON.parse(said.join(''))).toMatchObject({ skill: { rows: expect.any(Number) }, pnl: { without: { trades: expect.any(Number) } } });
  });
});
