import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exactDecimals, wholeOf } from '../../../shared/feeds/history/decimal-scale.ts';
import type { ByteRanges } from '../../../shared/feeds/history/history-files.ts';
import { allRows } from '../../../shared/feeds/history/history-store.ts';
import { mergeRows } from '../../../shared/feeds/history/merge-rows.ts';
import { openParquet } from '../../../shared/feeds/history/read-parquet.ts';
import { type BarRow, compareRows, type DerivativeDayRow, type EquityDayRow, TABLES } from '../../../shared/feeds/history/tables.ts';
import { writeParquet } from '../../../shared/feeds/history/write-parquet.ts';

const ABOUT = {
  venue: 'nse',
  kind: 'x',
  symbol: 'all',
  timeframe: '1d',
  adjustment: 'raw',
  sources: 'recorded',
  created: '2026-01-01T00:00:00.000Z',
} as const;

const rangesOf = (bytes: Uint8Array): ByteRanges => ({
  byteLength: bytes.length,
  slice: async (start, end) => bytes.slice(start, end).buffer,
});

/** Prices as venues write them, and every other number that a float can be. */
const decimalNumber = fc
  .tuple(fc.integer({ min: -999_999_999, max: 999_999_999 }), fc.integer({ min: 0, max: 9 }))
  .map(([whole, digits]) => Number(`${whole}e-${digits}`));
const number = fc.oneof({ weight: 4, arbitrary: decimalNumber }, { weight: 1, arbitrary: fc.double({ noNaN: true, noDefaultInfinity: true }) });
const date = fc.integer({ min: 0, max: 30_000 }).map((day) => new Date(day * 86_400_000).toISOString().slice(0, 10));
const PLAIN = { noNullPrototype: true };
const text = fc.string({ minLength: 1, maxLength: 12 });

const bar: fc.Arbitrary<BarRow> = fc.record(
  {
    time: fc.integer({ min: 0, max: 4e12 }),
    open: number,
    high: number,
    low: number,
    close: number,
    volume: number,
    source: fc.constantFrom('recorded', 'binance-bulk', 'binance-rest'),
  },
  PLAIN,
);
const equity: fc.Arbitrary<EquityDayRow> = fc.record(
  {
    date,
    symbol: text,
    series: fc.constantFrom('EQ', 'BE'),
    isin: fc.option(text),
    open: number,
    high: number,
    low: number,
    close: number,
    last: fc.option(number),
    previousClose: fc.option(number),
    volume: number,
    turnover: fc.option(number),
    trades: fc.option(fc.nat()),
    delivered: fc.option(fc.nat()),
    source: fc.constantFrom('nse-udiff', 'nse-full'),
  },
  PLAIN,
);
const derivative: fc.Arbitrary<DerivativeDayRow> = fc.record(
  {
    date,
    symbol: text,
    kind: fc.constantFrom('IDF', 'IDO', 'STF', 'STO'),
    expiry: date,
    strike: fc.option(number),
    option: fc.option(fc.constantFrom('CE', 'PE')),
    open: number,
    high: number,
    low: number,
    close: number,
    last: fc.option(number),
    previousClose: fc.option(number),
    settle: fc.option(number),
    underlying: fc.option(number),
    openInterest: fc.nat(),
    openInterestChange: fc.option(fc.integer()),
    contracts: fc.nat(),
    turnover: fc.option(number),
    trades: fc.option(fc.nat()),
    lot: fc.option(fc.nat()),
    source: fc.constant('nse-udiff'),
  },
  PLAIN,
);

describe('a file of the history', () => {
  it('gives back every bar bit for bit, in as many row groups as it has', async () => {
    const table = { ...TABLES.bars, rowGroupRows: 7 };
    await fc.assert(
      fc.asyncProperty(fc.array(bar, { minLength: 1, maxLength: 30 }), async (rows) => {
        const file = await openParquet(table, rangesOf(writeParquet(table, rows, ABOUT)), 'test');
        expect(await allRows(file)).toStrictEqual(rows);
        expect(file.groups.length).toBe(Math.ceil(rows.length / 7));
        expect(file.about).toEqual(ABOUT);
      }),
      { numRuns: 60 },
    );
  });

  it.each([
    ['the cash market', TABLES['equity-day'], equity],
    ['derivatives', TABLES['derivative-day'], derivative],
  ] as const)('gives back end-of-day rows of %s, absent values absent', async (_name, table, row) => {
    await fc.assert(
      fc.asyncProperty(fc.array(row as fc.Arbitrary<never>, { minLength: 1, maxLength: 20 }), async (rows) => {
        const file = await openParquet<never>(table as never, rangesOf(writeParquet<never>(table as never, rows, ABOUT)), 'test');
        expect(await allRows(file)).toStrictEqual(rows);
      }),
      { numRuns: 40 },
    );
  });
});

describe('decimals', () => {
  it('are exact: a whole number over the power of ten is the value, or there are none', () => {
    fc.assert(
      fc.property(fc.array(number, { maxLength: 20 }), (values) => {
        const decimals = exactDecimals(values);
        return decimals === null || values.every((value) => Number(wholeOf(value, 10 ** decimals)) / 10 ** decimals === value);
      }),
    );
  });

  it('are found for prices of any venue', () => {
    const price = fc
      .tuple(fc.integer({ min: 0, max: 99_999_999 }), fc.integer({ min: 0, max: 8 }))
      .map(([whole, digits]) => Number(`${whole}e-${digits}`));
    fc.assert(fc.property(fc.array(price, { minLength: 1, maxLength: 20 }), (prices) => Math.max(...prices) > 1e7 || exactDecimals(prices) !== null));
  });

  it.each([
    [[24_899.18, 24_943.9], 2],
    [[1e-8, 0.5], 8],
    [[100, 0], 0],
    [[0.1 + 0.2], null],
    [[-0], null],
    [[2_712.39990234375], 11],
    [[-33_972_936.8, 0.05034928], 8],
    [[null, 1.5], 1],
  ])('of %j are %s', (values, decimals) => {
    expect(exactDecimals(values)).toBe(decimals);
  });
});

describe('rows put together', () => {
  const few = fc.array(
    bar.map((row) => ({ ...row, time: row.time % 20 })),
    { maxLength: 15 },
  );

  it('are those of both, in order, each once, and the same rows again change nothing', () => {
    fc.assert(
      fc.property(few, few, (stored, incoming) => {
        const before = mergeRows(TABLES.bars, [], stored);
        const merged = mergeRows(TABLES.bars, before.rows, incoming);
        expect(new Set(merged.rows.map(({ time }) => time))).toEqual(new Set([...stored, ...incoming].map(({ time }) => time)));
        expect(merged.rows.every((row, index) => index === 0 || compareRows(TABLES.bars, merged.rows[index - 1] ?? row, row) < 0)).toBe(true);
        expect(merged.rows.length).toBe(before.rows.length + merged.added);
        const again = mergeRows(TABLES.bars, merged.rows, incoming);
        expect(again.rows).toEqual(merged.rows);
        expect([again.added, again.changed]).toEqual([0, 0]);
      }),
    );
  });

  it('are told by the source with the higher authority, whatever came first', () => {
    const [recorded, bulk] = [
      { time: 1, open: 1, high: 2, low: 1, close: 1.5, volume: 3, source: 'recorded' as const },
      { time: 1, open: 1, high: 2, low: 1, close: 1.6, volume: 4, source: 'binance-bulk' as const },
    ];
    expect(mergeRows(TABLES.bars, [recorded], [bulk])).toEqual({ rows: [bulk], added: 0, changed: 1, conflicts: 1 });
    expect(mergeRows(TABLES.bars, [bulk], [recorded])).toEqual({ rows: [bulk], added: 0, changed: 0, conflicts: 1 });
  });

  it('complete each other where one does not tell', () => {
    const full = {
      date: '2026-01-27',
      symbol: 'TCS',
      series: 'EQ',
      isin: null,
      open: 1,
      high: 2,
      low: 1,
      close: 2,
      last: 2,
      previousClose: 1,
      volume: 9,
      turnover: 15,
      trades: 3,
      delivered: 4,
      source: 'nse-full' as const,
    };
    const udiff = { ...full, isin: 'INE467B01029', delivered: null, source: 'nse-udiff' as const };
    const both = { ...udiff, delivered: 4 };
    expect(mergeRows(TABLES['equity-day'], [full], [udiff])).toEqual({ rows: [both], added: 0, changed: 1, conflicts: 0 });
    expect(mergeRows(TABLES['equity-day'], [udiff], [full])).toEqual({ rows: [both], added: 0, changed: 1, conflicts: 0 });
    expect(mergeRows(TABLES['equity-day'], [both], [full, udiff])).toMatchObject({ rows: [both], changed: 0 });
  });
});
