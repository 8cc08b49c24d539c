import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkHistory, type SeriesCheck } from '../../shared/feeds/history/check/check-history.ts';
import { timetableOf } from '../../shared/feeds/history/check/expected-bars.ts';
import { isViolation } from '../../shared/feeds/history/check/finding.ts';
import { allRows } from '../../shared/feeds/history/history-store.ts';
import { type ImportReport, importPaths } from '../../shared/feeds/history/import-files.ts';
import { listHistory } from '../../shared/feeds/history/list-history.ts';
import type { Series } from '../../shared/feeds/history/series.ts';
import type { TableName } from '../../shared/feeds/history/tables.ts';
import { DAY_MS } from '../../shared/kernel/time.ts';
import type { Candle } from '../../shared/market/price.ts';
import { collect, digests, type OpenHistory, openHistory } from '../support/history-fixtures.ts';
import { NO_RECORDED_DATA, recordedDataFolder, recordedFiles } from '../support/recorded-data.ts';

/** One or two files of each form: all of them take half a minute. */
const PARTS: readonly (readonly [folder: string, name: RegExp])[] = [
  ['binance-klines', /^DOTUSDT-1m-2023/],
  ['binance-futures', /^(BTCUSDT_PERP-8h-funding_rate|SOLUSDT_PERP-1h-mark)/],
  ['nse-eq/minute-2016', /^INDIAVIX/],
  ['nse-eq/index-minute-2021-23', /^2021_FEB_NIFTY/],
  ['nse-eq/5min-2026', /^TCS_/],
  ['nse-eq/yf-1h-2024', /^TCS/],
  ['nse-eq/daily', /^RELIANCE/],
  ['nse-eq/bhavcopy-old', /10062010/],
  ['nse-eq/bhavcopy-special-sessions', /^(HOLIDAY_DUPLICATE|store_2024-01-20)/],
  ['nse-eq/index-close', /01012025/],
  ['nse-fo', /^fo14112025/],
  ['nse-fo/udiff-subset', /20260127/],
  ['fx', /^usdinr/],
];

const files = PARTS.flatMap(([folder, name]) => recordedFiles(folder, name));
const closingAuction = recordedFiles('nse-eq', /^CAS_example/);

describe.skipIf(files.length === 0)(
  `the history of recorded data (${recordedDataFolder() === null ? NO_RECORDED_DATA : 'a part of each form'})`,
  () => {
    let dir = '';
    let opened: OpenHistory;
    let report: ImportReport;
    let checks: readonly SeriesCheck[];

    beforeAll(async () => {
      dir = mkdtempSync(join(tmpdir(), 'nightdesk-history-'));
      report = await importPaths(files, (await openHistory(dir)).intake);
      opened = await openHistory(dir);
      checks = await checkHistory(opened.store, opened.receipts);
    });
    afterAll(() => rmSync(dir, { recursive: true, force: true }));

    const candles = (series: Series, from: string, days: number): Promise<readonly Candle[]> =>
      collect(opened.store.candles(series, { fromMs: Date.parse(from), toMs: Date.parse(from) + days * DAY_MS }));

    async function rowsOf<Name extends TableName>(table: Name, key: string) {
      const file = await opened.store.open(table, key);
      if (file === null) throw new Error(`no ${key}`);
      return allRows(file);
    }

    it('takes every file and refuses no row', async () => {
      expect(report).toMatchObject({ taken: files.length, known: 0, failed: [], notRecognised: [], refused: {} });
      expect(report.leftOut).toMatchObject({ outside_trading: expect.any(Number) });
      const before = digests(dir);
      const again = await importPaths(files, (await openHistory(dir)).intake);
      expect(again).toMatchObject({ taken: 0, known: files.length, stored: { filesWritten: 0 } });
      expect(digests(dir)).toEqual(before);
    });

    it('has as many rows of each series as its source tells', async () => {
      const listed = Object.fromEntries((await listHistory(opened.store)).map(({ series, rows }) => [series, rows]));
      expect(listed).toMatchObject({
        'binance/spot/DOTUSDT/1m': 31_856,
        'binance/funding/BTCUSDT/8h': 2736,
        'binance/mark/SOLUSDT/1h': 457,
        'nse/index/INDIAVIX/1m': 4500,
        'nse/index/NIFTY/1m': 7253,
        'nse/equity/TCS/5m': 900,
        'ecb/fx/USDINR/1d': 4223,
      });
    });

    it('gives bars back as the file has them', async () => {
      const [day, next] = await candles({ venue: 'nse', kind: 'equity', symbol: 'TCS', timeframe: '5m' }, '2026-05-20', 1);
      expect(day).toEqual({ openMs: Date.parse('2026-05-20T09:15:00+05:30'), open: 2324, high: 2341.7, low: 2318.2, close: 2339, volume: 0 });
      expect(next?.volume).toBe(65_257);
    });

    it('has index minutes at their start: a day of them is the official high and low', async () => {
      const day = await candles({ venue: 'nse', kind: 'index', symbol: 'NIFTY', timeframe: '1m' }, '2021-02-01', 1);
      expect(day.length).toBe(375);
      expect([day[0]?.openMs, day.at(-1)?.openMs]).toEqual([Date.parse('2021-02-01T09:15:00+05:30'), Date.parse('2021-02-01T15:29:00+05:30')]);
      expect([Math.max(...day.map(({ high }) => high)), Math.min(...day.map(({ low }) => low))]).toEqual([14_336.35, 13_661.75]);
    });

    it('has unadjusted closes over a bonus, and the day that the rows tell instead of the holiday in the name', async () => {
      const october = await rowsOf('equity-day', 'nse/equity-day/all/1d/2024-10.parquet');
      const reliance = october.filter(({ symbol, date }) => symbol === 'RELIANCE' && date >= '2024-10-25' && date <= '2024-10-28');
      expect(reliance.map(({ date, close, previousClose }) => [date, close, previousClose])).toEqual([
        ['2024-10-25', 2655.7, 2679.6],
        ['2024-10-28', 1334.35, 2655.7],
      ]);
      const january = await rowsOf('equity-day', 'nse/equity-day/all/1d/2026-01.parquet');
      expect(new Set(january.map(({ date }) => date))).toEqual(new Set(['2026-01-14']));
      const [old] = (await rowsOf('equity-day', 'nse/equity-day/all/1d/2010-06.parquet')).filter(({ symbol }) => symbol === '20MICRONS');
      expect(old).toMatchObject({ volume: 2055, turnover: 84_399, trades: null });
    });

    it('has contracts with their lots of the day, of UDiFF and of the exchange’s own zip', async () => {
      const rows = await rowsOf('derivative-day', 'nse/derivative-day/all/1d/2026-01-27.parquet');
      const lots = (name: string): ReadonlySet<number | null> => new Set(rows.filter(({ symbol }) => symbol === name).map(({ lot }) => lot));
      expect([lots('NIFTY'), lots('KOTAKBANK')]).toEqual([new Set([65]), new Set([2000])]);
      expect(rows.find(({ symbol, kind }) => symbol === 'NIFTY' && kind === 'IDF')).toMatchObject({
        expiry: '2026-01-27',
        settle: 25_175.4,
        underlying: 25_175.4,
        openInterest: 7_205_965,
        contracts: 106_204,
      });
      const report2025 = await rowsOf('derivative-day', 'nse/derivative-day/all/1d/2025-11-14.parquet');
      expect([report2025.length, new Set(report2025.map(({ symbol }) => symbol)).size]).toEqual([15_762, 214]);
    });

    it('has funding rates of both signs at their hour, and rupees for a dollar', async () => {
      const rates = await rowsOf('rates', 'binance/funding/BTCUSDT/8h/2023.parquet');
      expect(rates.slice(0, 3).map(({ time, rate }) => [new Date(time).toISOString().slice(0, 16), rate])).toEqual([
        ['2023-01-01T00:00', 0.0001],
        ['2023-01-01T08:00', 0.0001],
        ['2023-01-01T16:00', 0.00000691],
      ]);
      expect(Math.min(...rates.map(({ rate }) => rate))).toBe(-0.00011006);
      expect((await rowsOf('rates', 'ecb/fx/USDINR/1d/2025.parquet')).at(-1)).toMatchObject({ rate: 85.802474 });
    });

    it('is checked to have the gaps that its sources are known for, and no others', () => {
      const violations = checks.flatMap(({ series, findings }) => findings.filter(isViolation).map(({ symbol, says }) => [series, symbol, says]));
      expect(violations).toEqual([
        ['nse/derivative-day/all/1d', 'BLUESTARCO', 'STF 2026-01-27 of 2025-11-14: open 1793.1 high 1801.3 low 1780 close 1779.8'],
        ['nse/derivative-day/all/1d', 'CHOLAFIN', 'STF 2026-01-27 of 2025-11-14: open 1674 high 1675 low 1673.9 close 1673.6'],
        ...['2021-11-04', '2022-08-08'].map((date) => ['nse/equity-day/all/1d', 'RELIANCE', `no row of the session of ${date}`]),
        ['nse/equity/TCS/1h', null, 'missing 7 bars from 2023-06-28T03:45:00.000Z to 2023-06-28T09:45:00.000Z'],
        ['nse/equity/TCS/1h', null, 'missing at 2023-11-12T12:45:00.000Z'],
      ]);
      expect(checks.flatMap(({ findings }) => findings.filter((each) => !isViolation(each)).map(({ says }) => says))).toEqual([
        expect.stringMatching(/^missing 92 bars from 2021-02-24T04:38.+: index values stopped at 10:08/),
      ]);
    });

    it('knows a place for every bar of the recorded closing auction, which ends with the one at 15:29', () => {
      const rows = readFileSync(closingAuction[0] ?? '', 'utf8')
        .trim()
        .split('\n')
        .slice(1);
      const openMs = rows.map((row) => Number(row.slice(0, 13)));
      const timetable = timetableOf({ venue: 'nse', kind: 'equity', symbol: 'RELIANCE', timeframe: '1m' });
      expect(openMs.map(timetable.faultAt)).toEqual(openMs.map(() => null));
      const required = new Set(
        timetable.required({ fromMs: Date.parse('2026-08-18T00:00:00+05:30'), toMs: Date.parse('2026-08-19T00:00:00+05:30') }),
      );
      const empty = rows.filter((row) => row.endsWith(',0')).map((row) => Number(row.slice(0, 13)));
      expect(empty.some((ms) => required.has(ms))).toBe(false);
      expect(required.has(openMs.at(-1) ?? 0)).toBe(true);
    });
  },
);
