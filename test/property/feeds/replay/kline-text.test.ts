import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { barOf, klineRow, type RowFault, textRows } from '../../../../shared/feeds/replay/kline-text.ts';
import { MINUTE_MS } from '../../../../shared/kernel/time.ts';
import type { Bar } from '../../../../shared/market/price.ts';
import { testFolder } from '../../../support/history-fixtures.ts';

const T0 = Date.UTC(2025, 0, 1);

/** Numbers as venues, spreadsheets and mistakes write them. */
const plain = fc
  .tuple(fc.bigInt({ min: 0n, max: 10n ** 30n }), fc.integer({ min: 1, max: 31 }), fc.integer({ min: 0, max: 25 }))
  .map(([all, kept, decimals]) => {
    const digits = all.toString().slice(0, kept);
    return decimals === 0 ? digits : `${digits.slice(0, -decimals) || '0'}.${digits.slice(-decimals)}`;
  });
const odd = fc.constantFrom('', '-1', '1e-05', '1E+2', '.5', '5.', '1..2', '1.2.3', '0x10', 'nan', ' 1', '1 ', '1,', '"1"', '１', 'NaN', '1e400');
const cell = fc.oneof({ weight: 12, arbitrary: plain }, { weight: 1, arbitrary: odd });

/** A price around which the other three lie, so that most rows are good ones. */
const good = fc.tuple(fc.integer({ min: 1, max: 999_999_999 }), fc.integer({ min: 0, max: 8 }), plain).map(([units, decimals, volume]) => {
  const at = (offset: number): string => `${(units + offset) / 10 ** decimals}`;
  return [at(1), at(2), at(0), at(1), volume];
});
const stamp = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 0, max: 50 }).map((minute) => `${T0 + minute * MINUTE_MS}`) },
  { weight: 2, arbitrary: fc.integer({ min: 0, max: 50 }).map((minute) => `${(T0 + minute * MINUTE_MS) * 1_000}`) },
  { weight: 1, arbitrary: cell },
);
const columns = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(stamp, good).map(([first, rest]) => [first, ...rest]) },
  { weight: 2, arbitrary: fc.tuple(stamp, fc.array(cell, { minLength: 4, maxLength: 6 })).map(([first, rest]) => [first, ...rest]) },
);
const further = fc.array(
  fc.oneof(
    plain,
    fc.string({ maxLength: 5 }).map((text) => text.replaceAll(/[\n\r]/g, '')),
  ),
  { maxLength: 7 },
);
const row = fc
  .tuple(columns, fc.oneof(fc.constant([]), further), fc.constantFrom('', '\r', ' ', '\t\r'))
  .map(([own, more, end]) => `${[...own, ...more].join(',')}${end}`);
const line = fc.oneof(
  { weight: 20, arbitrary: row },
  { weight: 1, arbitrary: fc.constantFrom('', '\r', 'open_time,open,high,low,close,volume', ',,,,,') },
);
const text = fc.tuple(fc.array(line, { maxLength: 30 }), fc.boolean()).map(([lines, isEnded]) => lines.join('\n') + (isEnded ? '\n' : ''));

/** One line after the other, each as a text. */
function rowByRow(whole: string, fromMs: number): readonly (Bar | RowFault)[] {
  return whole.split('\n').flatMap((each, index): readonly (Bar | RowFault)[] => {
    if (each === '' || each === '\r' || (index === 0 && /^"?[A-Za-z_]/.test(each))) return [];
    const candle = klineRow(each);
    const first = /^(\d+(?:\.\d+)?(?:e[+-]?\d{1,2})?),/i.exec(each)?.[1];
    const ms = Number(first ?? Number.NaN);
    if ((ms < 1e14 ? ms : Math.floor(ms / 1_000)) < fromMs) return [];
    return [typeof candle === 'string' ? candle : barOf(candle, 'BTC', 1)];
  });
}

async function read(folder: string, whole: string, fromMs: number): Promise<readonly (Bar | RowFault)[]> {
  const path = join(folder, 'BTCUSDT-1m-any.csv');
  writeFileSync(path, whole);
  const cursor = textRows(path, 'BTC', fromMs, 1);
  const all: (Bar | RowFault)[] = [];
  while (await cursor.more()) for (let next = cursor.next(); next !== null; next = cursor.next()) all.push(next);
  await cursor.close();
  return all;
}

describe('a text of klines', () => {
  it('gives the bars and the faults of its rows, read one by one, to the last bit of each number', async () => {
    const folder = testFolder();
    let bars = 0;
    await fc.assert(
      fc.asyncProperty(text, fc.integer({ min: 0, max: 20 }), async (whole, minute) => {
        const fromMs = T0 + minute * MINUTE_MS;
        const expected = rowByRow(whole, fromMs);
        bars += expected.filter((each) => typeof each !== 'string').length;
        expect(await read(folder, whole, fromMs)).toEqual(expected);
      }),
      { numRuns: 100 },
    );
    expect(bars).toBeGreaterThan(100);
  });

  it('gives them wherever the blocks end in which it is read', async () => {
    const folder = testFolder();
    const rows = Array.from(
      { length: 12_000 },
      (_, i) => `${T0 + i * MINUTE_MS},${100 + i / 7},${200 + i},${50 + (i % 13)}.25,${101 + i / 3},1e-0${1 + (i % 9)}`,
    );
    for (const end of ['\n', '\r\n']) {
      const whole = rows.join(end);
      expect(whole.length).toBeGreaterThan(4 * 128 * 1_024);
      expect(await read(folder, whole, T0)).toEqual(rowByRow(whole, T0));
    }
  });
});
