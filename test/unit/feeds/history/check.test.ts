import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkHistory, type SeriesCheck } from '../../../../shared/feeds/history/check/check-history.ts';
import { timetableOf } from '../../../../shared/feeds/history/check/expected-bars.ts';
import type { Finding } from '../../../../shared/feeds/history/check/finding.ts';
import { outliersIn, robustSigma } from '../../../../shared/feeds/history/check/outliers.ts';
import type { Batch } from '../../../../shared/feeds/history/history-store.ts';
import { DERIVATIVE_DAYS } from '../../../../shared/feeds/history/inputs/derivative-days.ts';
import { EQUITY_DAYS } from '../../../../shared/feeds/history/inputs/equity-days.ts';
import { type Series, seriesKey } from '../../../../shared/feeds/history/series.ts';
import { type DerivativeDayRow, type EquityDayRow, type RateRow, TABLES } from '../../../../shared/feeds/history/tables.ts';
import { writeParquet } from '../../../../shared/feeds/history/write-parquet.ts';
import { DAY_MS, HOUR_MS, iso, MINUTE_MS } from '../../../../shared/kernel/time.ts';
import type { Candle } from '../../../../shared/market/price.ts';
import { BTC_MINUTES, barRow, centBar, minutesFrom, openHistory, testFolder } from '../../../support/history-fixtures.ts';

const T0 = Date.UTC(2025, 0, 6);

/** A history that took the batches as one input each. */
async function historyOf(...batches: readonly Batch[]): Promise<string> {
  const dir = testFolder();
  const { intake } = await openHistory(dir);
  for (const [index, batch] of batches.entries()) {
    await intake.take({ name: `input-${index}`, sha256: 'x'.repeat(64), bytes: 1 }, { batches: [batch], refused: {}, leftOut: {}, notes: [] });
  }
  await intake.flush();
  return dir;
}

const bars = (series: Series, candles: readonly Candle[]): Batch => ({ table: 'bars', series, rows: candles.map((candle) => barRow(candle)) });

async function checksOf(dir: string, prefix = ''): Promise<readonly SeriesCheck[]> {
  const { store, receipts } = await openHistory(dir);
  return checkHistory(store, receipts, prefix);
}

async function findingsOf(dir: string): Promise<readonly string[]> {
  return (await checksOf(dir)).flatMap(({ findings }) => findings.map(told));
}
const told = ({ kind, symbol, says }: Finding): string => `${kind}: ${symbol === null ? '' : `${symbol} `}${says}`;

describe('a check of crypto bars', () => {
  it('is clean when every minute is there', async () => {
    expect(await checksOf(await historyOf(bars(BTC_MINUTES, minutesFrom(T0, 600))))).toEqual([
      { series: 'binance/spot/BTCUSDT/1m', rows: 600, firstMs: T0, lastMs: T0 + 599 * MINUTE_MS, findings: [], limits: null, isClean: true },
    ]);
  });

  it('finds what is missing within what an input knows, and between inputs that follow each other', async () => {
    const minutes = minutesFrom(T0, 300);
    const dir = await historyOf(bars(BTC_MINUTES, [...minutes.slice(0, 50), ...minutes.slice(53, 100)]), bars(BTC_MINUTES, minutes.slice(110)));
    expect(await findingsOf(dir)).toEqual([
      `gap: missing 3 bars from ${iso(T0 + 50 * MINUTE_MS)} to ${iso(T0 + 52 * MINUTE_MS)}`,
      `gap: missing 10 bars from ${iso(T0 + 100 * MINUTE_MS)} to ${iso(T0 + 109 * MINUTE_MS)}`,
    ]);
  });

  it('takes inputs of other times as what they are: a hole of months between them is no gap', async () => {
    const dir = await historyOf(bars(BTC_MINUTES, minutesFrom(T0, 60)), bars(BTC_MINUTES, minutesFrom(T0 + 90 * DAY_MS, 60)));
    expect(await findingsOf(dir)).toEqual([]);
  });

  it('knows the halt of 2023-03-24, and no more than it', async () => {
    const fromMs = Date.UTC(2023, 2, 24, 12);
    const minutes = minutesFrom(fromMs, 180).filter(({ openMs }) => openMs < fromMs + 40 * MINUTE_MS || openMs >= fromMs + 121 * MINUTE_MS);
    const [check] = await checksOf(await historyOf(bars(BTC_MINUTES, minutes)));
    expect(check?.findings.map(told)).toEqual([
      'known-gap: missing 80 bars from 2023-03-24T12:40:00.000Z to 2023-03-24T13:59:00.000Z: spot trading was halted by a fault of the matching engine',
      'gap: missing at 2023-03-24T14:00:00.000Z',
    ]);
    expect(check?.isClean).toBe(false);
    const clean = await checksOf(
      await historyOf(
        bars(
          BTC_MINUTES,
          minutesFrom(fromMs, 180).filter(({ openMs }) => openMs < fromMs + 40 * MINUTE_MS || openMs >= fromMs + 120 * MINUTE_MS),
        ),
      ),
    );
    expect(clean.map(({ isClean }) => isClean)).toEqual([true]);
  });

  it('misses a month whose file is gone', async () => {
    const dir = await historyOf(bars(BTC_MINUTES, minutesFrom(Date.UTC(2025, 0, 31, 23), 120)));
    rmSync(join(dir, 'binance/spot/BTCUSDT/1m/2025-02.parquet'));
    expect(await findingsOf(dir)).toEqual(['gap: missing 60 bars from 2025-02-01T00:00:00.000Z to 2025-02-01T00:59:00.000Z']);
    rmSync(join(dir, 'binance'), { recursive: true });
    expect(await findingsOf(dir)).toEqual(['gap: missing 120 bars from 2025-01-31T23:00:00.000Z to 2025-02-01T00:59:00.000Z']);
  });

  it('finds doubles, disorder, bars off the grid, prices that cannot be, and files that cannot be read', async () => {
    const dir = testFolder();
    const minute = (index: number): Candle => centBar(T0 + index * MINUTE_MS);
    const bad = { ...minute(3), high: minute(3).low - 1 };
    const wick = { ...minute(5), low: 100 };
    const candles = [minute(0), minute(1), minute(1), minute(0), { ...minute(2), openMs: T0 + 2.5 * MINUTE_MS }, bad, wick];
    const about = { ...BTC_MINUTES, adjustment: 'raw', sources: 'recorded', created: iso(0) } as const;
    const { store } = await openHistory(dir);
    await store.files.write(
      `${seriesKey(BTC_MINUTES)}/2025-01.parquet`,
      writeParquet(
        TABLES.bars,
        candles.map((candle) => barRow(candle)),
        about,
      ),
    );
    await store.files.write('binance/spot/ETHUSDT/1m/2025-01.parquet', new Uint8Array(50));
    const checks = await checksOf(dir);
    expect(checks[0]?.findings.map(({ kind, atMs }) => [kind, ((atMs ?? 0) - T0) / MINUTE_MS])).toEqual([
      ['order', 0],
      ['duplicate', 1],
      ['off-grid', 2.5],
      ['ohlc', 3],
      ['ohlc', 5],
    ]);
    expect(checks[1]).toMatchObject({
      series: 'binance/spot/ETHUSDT/1m',
      isClean: false,
      findings: [{ kind: 'unreadable', says: expect.stringContaining('binance/spot/ETHUSDT/1m/2025-01.parquet') }],
    });
    expect(checks.every(({ isClean }) => !isClean)).toBe(true);
  });

  it('finds a close that leaves and comes back, and leaves one alone that stays', async () => {
    const spike = minutesFrom(T0, 200).map((candle, index) => (index === 100 ? { ...candle, high: 36_000, close: 36_000 } : candle));
    expect(await findingsOf(await historyOf(bars(BTC_MINUTES, spike)))).toEqual([
      expect.stringMatching(/^outlier: a close of 36000 between .+ robust deviations\) at 2025-01-06T01:40/),
    ]);
    const jump = minutesFrom(T0, 200).map(
      (candle, index): Candle =>
        index < 100 ? candle : { ...candle, open: candle.open * 2, high: candle.high * 2, low: candle.low * 2, close: candle.close * 2 },
    );
    expect(await findingsOf(await historyOf(bars(BTC_MINUTES, jump)))).toEqual([]);
  });

  it('looks at the series asked for alone', async () => {
    const hours: Series = { ...BTC_MINUTES, timeframe: '1h' };
    const dir = await historyOf(bars(BTC_MINUTES, minutesFrom(T0, 60)), bars(hours, [centBar(T0), centBar(T0 + HOUR_MS)]));
    expect((await checksOf(dir, 'binance/spot/BTCUSDT/1h')).map(({ series }) => series)).toEqual(['binance/spot/BTCUSDT/1h']);
    expect((await checksOf(dir)).length).toBe(2);
  });
});

const nse = (kind: Series['kind'], timeframe: Series['timeframe'] = '1m'): Series => ({ venue: 'nse', kind, symbol: 'RELIANCE', timeframe });
const ist = (text: string): number => Date.parse(`${text}+05:30`);

describe('the timetable of NSE', () => {
  const required = (series: Series, date: string): readonly string[] =>
    [...timetableOf(series).required({ fromMs: ist(`${date}T00:00`), toMs: ist(`${date}T00:00`) + DAY_MS })].map((ms) =>
      iso(ms + 5.5 * HOUR_MS).slice(11, 16),
    );

  it('has 375 minutes a session before the closing auction, and 361 bars since: the last at 15:29', () => {
    expect(required(nse('equity'), '2026-07-31').length).toBe(375);
    const auction = required(nse('equity'), '2026-08-03');
    expect([auction.length, auction[0], ...auction.slice(-3)]).toEqual([361, '09:15', '15:13', '15:14', '15:29']);
    expect(required(nse('index'), '2026-08-03').length).toBe(360);
  });

  it('has longer bars from the open on, and the day as one', () => {
    expect(required(nse('equity', '1h'), '2026-07-31')).toEqual(['09:15', '10:15', '11:15', '12:15', '13:15', '14:15', '15:15']);
    expect(required(nse('equity', '5m'), '2026-08-03').slice(-2)).toEqual(['15:10', '15:25']);
    expect(required(nse('index', '1d'), '2026-07-31')).toEqual(['09:15']);
  });

  it('has nothing on a holiday or a weekend, an evening at Muhurat, and two parts on the day of the outage', () => {
    expect([...required(nse('equity'), '2026-01-26'), ...required(nse('equity'), '2026-07-25')]).toEqual([]);
    expect(required(nse('equity', '1h'), '2023-11-12')).toEqual(['18:15']);
    const outage = required(nse('index'), '2021-02-24');
    expect([outage.length, outage.indexOf('11:39'), outage.indexOf('15:45'), outage.at(-1)]).toEqual([220, 144, 145, '16:59']);
  });

  it('finds no place for a bar outside of a session, and may have flat bars before the auction', () => {
    const { faultAt } = timetableOf(nse('equity'));
    expect(['2026-08-03T09:15', '2026-08-03T15:14', '2026-08-03T15:20', '2026-08-03T15:29'].map((text) => faultAt(ist(text)))).toEqual([
      null,
      null,
      null,
      null,
    ]);
    expect(['2026-08-03T09:14', '2026-08-03T15:30', '2026-01-26T10:00', '2026-08-03T09:15:30'].map((text) => faultAt(ist(text)))).toEqual([
      'outside-session',
      'outside-session',
      'outside-session',
      'off-grid',
    ]);
    expect(faultAt(ist('2016-08-16T03:00'))).toBeNull();
  });
});

describe('a check of NSE bars', () => {
  it('wants the bar of the closing auction, and no bar of a holiday', async () => {
    const minutes = (date: string, from: string, count: number): readonly Candle[] => minutesFrom(ist(`${date}T${from}`), count);
    const days = [
      ...minutes('2026-08-03', '09:15', 360),
      ...minutes('2026-08-03', '15:29', 1),
      ...minutes('2026-08-04', '09:15', 360),
      ...minutes('2026-08-05', '09:15', 360),
      ...minutes('2026-08-05', '15:29', 1),
    ];
    expect(await findingsOf(await historyOf(bars(nse('equity'), days)))).toEqual(['gap: missing at 2026-08-04T09:59:00.000Z']);
    const holiday = [...minutes('2026-01-23', '09:15', 375), ...minutes('2026-01-26', '09:15', 2), ...minutes('2026-01-27', '09:15', 375)];
    expect((await findingsOf(await historyOf(bars(nse('equity'), holiday)))).length).toBe(2);
  });

  it('says that it does not know sessions before its calendar', async () => {
    const [check] = await checksOf(await historyOf(bars(nse('equity'), minutesFrom(ist('2016-08-16T09:15'), 100))));
    expect(check).toMatchObject({ isClean: true, limits: 'the calendar begins on 2019-10-01: before it gaps are not looked for' });
  });
});

describe('a check of rates', () => {
  const funding: Series = { venue: 'binance', kind: 'funding', symbol: 'BTCUSDT', timeframe: '8h' };
  const rates = (series: Series, ...times: readonly number[]): Batch => ({
    table: 'rates',
    series,
    rows: times.map((time): RateRow => ({ time, rate: -0.0001, source: 'recorded' })),
  });

  it('misses a funding, and lets a bank have its holidays', async () => {
    expect(await findingsOf(await historyOf(rates(funding, ...[0, 1, 3].map((each) => T0 + each * 8 * HOUR_MS))))).toEqual([
      'gap: no rate between 2025-01-06T08:00:00.000Z and 2025-01-07T00:00:00.000Z',
    ]);
    const fx: Series = { venue: 'ecb', kind: 'fx', symbol: 'USDINR', timeframe: '1d' };
    expect(await findingsOf(await historyOf(rates(fx, T0, T0 + 5 * DAY_MS)))).toEqual([
      'ohlc: no rate: -0.0001 at 2025-01-06T00:00:00.000Z',
      'ohlc: no rate: -0.0001 at 2025-01-11T00:00:00.000Z',
    ]);
    expect((await findingsOf(await historyOf(rates(fx, T0, T0 + 9 * DAY_MS)))).filter((line) => line.startsWith('gap')).length).toBe(1);
  });
});

describe('a check of end-of-day rows', () => {
  const share = (date: string, symbol: string, close = 100, more: Partial<EquityDayRow> = {}): EquityDayRow => ({
    date,
    symbol,
    series: 'EQ',
    isin: null,
    open: close,
    high: close + 1,
    low: close - 1,
    close,
    last: null,
    previousClose: null,
    volume: 5,
    turnover: null,
    trades: null,
    delivered: null,
    source: 'nse-udiff',
    ...more,
  });
  const NAMES = ['RELIANCE', 'TCS', 'HDFCBANK', 'INFY', 'ITC', 'SBIN', 'BHARTIARTL', 'KOTAKBANK', 'LT', 'HCLTECH'];
  const day = (date: string, except: readonly string[] = [], more: readonly EquityDayRow[] = []): Batch => ({
    table: 'equity-day',
    series: EQUITY_DAYS,
    rows: [...NAMES.filter((name) => !except.includes(name)).map((name) => share(date, name)), ...more],
  });

  it('misses a session between days, a default symbol on a day, and nothing over a weekend', async () => {
    const dir = await historyOf(day('2025-02-06'), day('2025-02-07', ['ITC']), day('2025-02-10'), day('2025-02-12'));
    expect(await findingsOf(dir)).toEqual(['gap: no rows of the session of 2025-02-11', 'gap: ITC no row of the session of 2025-02-07']);
  });

  it('looks at the prices of what was traded, and at closes that come back', async () => {
    const bad = share('2025-02-06', 'ZEEL', 100, { high: 99 });
    const untraded = share('2025-02-06', 'YESBANK', 100, { high: 0, volume: 0 });
    const bond = share('2025-02-06', 'GS', 100, { high: 99, series: 'GS' });
    const dates = ['03', '04', '05', '06', '07', '10', '11', '12', '13', '14'].map((each) => `2025-02-${each}`);
    const batches = dates.map((date, index) =>
      day(date, [], [share(date, 'WIPRO', index === 2 ? 160 : 100 + index), ...(index === 3 ? [bad, untraded, bond] : [])]),
    );
    expect(await findingsOf(await historyOf(...batches))).toEqual([
      'ohlc: ZEEL EQ of 2025-02-06: open 100 high 99 low 99 close 100',
      'outlier: WIPRO a close of 160 on 2025-02-05 between 101 and 103',
    ]);
  });

  it('wants the indices among derivatives', async () => {
    const row = (date: string, symbol: string, more: Partial<DerivativeDayRow> = {}): DerivativeDayRow => ({
      date,
      symbol,
      kind: 'IDF',
      expiry: '2025-02-27',
      strike: null,
      option: null,
      open: 10,
      high: 11,
      low: 9,
      close: 10,
      last: null,
      previousClose: null,
      settle: 10,
      underlying: null,
      openInterest: 5,
      openInterestChange: null,
      contracts: 1,
      turnover: null,
      trades: null,
      lot: 75,
      source: 'nse-udiff',
      ...more,
    });
    const of = (...rows: readonly DerivativeDayRow[]): Batch => ({ table: 'derivative-day', series: DERIVATIVE_DAYS, rows });
    const quiet = row('2025-02-06', 'TCS', { kind: 'STF', open: 0, high: 0, low: 0, contracts: 0 });
    const dir = await historyOf(
      of(row('2025-02-06', 'NIFTY'), row('2025-02-06', 'BANKNIFTY'), quiet),
      of(row('2025-02-07', 'NIFTY'), row('2025-02-07', 'TCS', { low: 10.5 })),
    );
    expect(await findingsOf(dir)).toEqual([
      'ohlc: TCS IDF 2025-02-27 of 2025-02-07: open 10 high 11 low 10.5 close 10',
      'gap: BANKNIFTY no row of the session of 2025-02-07',
    ]);
  });
});

describe('outliers', () => {
  it('are measured by the median, which they do not move', () => {
    expect(robustSigma([1, 2, 3, 4, 1e9])).toBeCloseTo(1.4826);
    expect(robustSigma([5])).toBe(0);
    expect(robustSigma([])).toBe(0);
  });

  it('need a move, its return, and neighbours that are near', () => {
    const points = (...prices: readonly number[]) => prices.map((price, index) => ({ atMs: index * DAY_MS, price }));
    const rule = { sigmas: 5, leastMove: 0.1 };
    expect(outliersIn(points(100, 100, 130, 100, 100, 100, 100), rule)).toEqual([
      { atMs: 2 * DAY_MS, price: 130, before: 100, after: 100, sigmas: Number.POSITIVE_INFINITY },
    ]);
    expect(outliersIn(points(100, 100, 130, 128, 100, 100, 100), rule)).toEqual([]);
    expect(outliersIn(points(100, 100, 104, 100, 100, 100, 100), rule)).toEqual([]);
    expect(outliersIn([...points(100, 100, 100, 100, 100, 130), { atMs: 30 * DAY_MS, price: 100 }], rule)).toEqual([]);
  });
});
