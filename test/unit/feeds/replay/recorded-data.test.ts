import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeData, klinesNear } from '../../../../shared/feeds/replay/recorded-data.ts';
import { type RecordedFrame, readRecordedFrames } from '../../../../shared/feeds/replay/recorded-frames.ts';
import { type KlineMinute, type KlineRange, type KlineSeries, readRecordedKlines } from '../../../../shared/feeds/replay/recorded-klines.ts';
import { SPOT_SYMBOLS, trade, wrapped } from '../../../support/binance-frames.ts';

const MINUTE = 60_000;
const T0 = 1_704_067_200_000;
let root = '';

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'nightdesk-recorded-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

async function file(name: string, text: string): Promise<string> {
  const path = join(root, name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, name.endsWith('.gz') ? gzipSync(text) : text);
  return path;
}

const row = (minute: number, price = 100): string => `${T0 + minute * MINUTE},${price},${price + 1},${price - 1},${price},5.5`;
const csv = (...rows: readonly string[]): string => `open_time,open,high,low,close,volume\n${rows.join('\n')}\n`;
const line = (ms: number, text: string, ns = '000000'): string => `${ms}${ns} ${text}`;
const frame = (symbol: string, sequence: number): string => wrapped('x@trade', trade({ s: symbol, t: sequence }));

async function series(...paths: readonly string[]): Promise<readonly KlineSeries[]> {
  const data = await describeData(paths, SPOT_SYMBOLS);
  if (data.kind !== 'klines') throw new Error(`expected klines, received ${data.kind}`);
  return data.series;
}

async function minutes(of: readonly KlineSeries[], range: KlineRange = {}) {
  const klines = readRecordedKlines(of, range);
  const all: KlineMinute[] = [];
  for await (const run of klines.runs) all.push(...run);
  return { all, refused: klines.refused() };
}

const told = ({ openMs, bars, absent }: KlineMinute): string =>
  [(openMs - T0) / MINUTE, ...bars.map(({ symbol, close }) => `${symbol}=${close}`), ...absent.map((symbol) => `${symbol}-`)].join(' ');

describe('recorded klines', () => {
  it('are merged by minute, with absent minutes told', async () => {
    const btc = await file('merge/BTCUSDT-1m-2024.csv.gz', csv(row(0), row(1), row(4), row(5)));
    const eth = await file('merge/ETHUSDT-1m-2024.csv', csv(row(1, 20), row(2, 21), row(5, 22), row(6, 23)));
    const { all } = await minutes(await series(eth, btc));
    expect(all.map(told)).toEqual([
      '0 BTC=100',
      '1 BTC=100 ETH=20',
      '2 ETH=21 BTC-',
      '3 BTC- ETH-',
      '4 BTC=100 ETH-',
      '5 BTC=100 ETH=22',
      '6 ETH=23',
    ]);
  });

  it('of several files of a symbol are one series in the order of time', async () => {
    await file('years/b/SOLUSDT-1m-2023.csv', csv(row(0, 10), row(1, 11)));
    await file('years/a/SOLUSDT-1m-2024.csv', csv(row(1, 99), row(2, 12)));
    const { all, refused } = await minutes(await series(join(root, 'years')));
    expect(all.map(told)).toEqual(['0 SOL=10', '1 SOL=11', '2 SOL=12']);
    expect(refused).toEqual({ not_in_order: 1 });
  });

  it('are read without a header, with twelve columns and with microsecond stamps', async () => {
    const micro = `${(T0 + MINUTE) * 1_000},100,101,99,100,1e-05,${(T0 + 2 * MINUTE) * 1_000 - 1},1,2,3,4,0\r\n`;
    const path = await file('micro/ADAUSDT-1m-2025-01-01.csv', `${row(0)},1704067259999,1,2,3,4,0\r\n${micro}`);
    const { all, refused } = await minutes(await series(path));
    expect(all.map(told)).toEqual(['0 ADA=100', '1 ADA=100']);
    expect(all[1]?.bars[0]).toMatchObject({ openMs: T0 + MINUTE, open: 100, high: 101, low: 99, close: 100, volume: 0.00001 });
    expect(refused).toEqual({});
  });

  it('refuse and count rows that cannot be, and go on', async () => {
    const bad = [
      `${T0 + MINUTE},100,99,98,100,1`,
      `${T0 + 2 * MINUTE},0,1,0,1,1`,
      `${T0 + 3 * MINUTE},1,2`,
      'nan,1,1,1,1,1',
      `${T0 + 4 * MINUTE + 7},1,1,1,1,1`,
    ];
    const path = await file('bad/DOTUSDT-1m-x.csv', csv(row(0), ...bad, `${T0 + 5 * MINUTE},1,1,1,1,-1`, '', row(6)));
    const { all, refused } = await minutes(await series(path));
    expect(all.map(told).filter((text) => text.includes('='))).toEqual(['0 DOT=100', '6 DOT=100']);
    expect(refused).toEqual({ bad_range: 1, bad_price: 1, bad_row: 1, bad_stamp: 2, bad_quantity: 1 });
  });

  it('reach to their last good row, however many bad ones follow it', async () => {
    const bad = Array.from({ length: 20_000 }, (_, i) => `${T0 + (i + 2) * MINUTE},100,99,98,100,1`);
    const [one] = await series(await file('tail/DOTUSDT-1m-x.csv', csv(row(0), row(1), ...bad)));
    expect(one?.files).toMatchObject([{ firstMs: T0, lastMs: T0 + MINUTE }]);
  });

  it('of a part of the time begin and end there', async () => {
    const path = await file('range/BTCUSDT-1m-2024.csv', csv(...Array.from({ length: 50 }, (_, i) => row(i))));
    const { all } = await minutes(await series(path), { fromMs: T0 + 10 * MINUTE, toMs: T0 + 13 * MINUTE });
    expect(all.map(told)).toEqual(['10 BTC=100', '11 BTC=100', '12 BTC=100']);
  });

  it('are read once, and no further than the part that is wanted', async () => {
    // Every other row is one that is refused and counted where it is read.
    const text = csv(...Array.from({ length: 50 }, (_, i) => (i % 2 === 0 ? row(i) : `${T0 + i * MINUTE},100,99,98,100,1`)));
    const { all, refused } = await minutes(await series(await file('once/BTCUSDT-1m-2024.csv', text)), {
      fromMs: T0 + 10 * MINUTE,
      toMs: T0 + 20 * MINUTE,
    });
    expect(all.at(-1)?.openMs).toBe(T0 + 18 * MINUTE);
    // The next good row, the one at 20, tells that the part is over.
    expect(refused).toEqual({ bad_range: 5 });
  });

  it('jump over a hole of more than a day and say how long it was', async () => {
    const path = await file('hole/BTCUSDT-1m-2024.csv', csv(row(0), row(5_000)));
    const { all } = await minutes(await series(path));
    expect(all.map(({ openMs, skippedMinutes }) => [(openMs - T0) / MINUTE, skippedMinutes])).toEqual([
      [0, 0],
      [5_000, 4_999],
    ]);
  });

  it('of a folder leave futures, other timeframes and other symbols aside', async () => {
    for (const name of [
      'BTCUSDT-1m-2024.csv',
      'BTCUSDT_PERP-1m-2024.csv',
      'BTCUSDT-15m-2024.csv',
      'LTCUSDT-1m-2024.csv',
      'notes.md',
      '.hidden/ETHUSDT-1m-2024.csv',
    ]) {
      await file(`mixed/${name}`, csv(row(0), row(1)));
    }
    expect(await describeData([join(root, 'mixed')], SPOT_SYMBOLS)).toEqual({
      kind: 'klines',
      series: [{ symbol: 'BTC', files: [{ path: join(root, 'mixed/BTCUSDT-1m-2024.csv'), firstMs: T0, lastMs: T0 + MINUTE }] }],
      symbols: ['BTC'],
      firstMs: T0,
      lastMs: T0 + MINUTE,
    });
  });
});

describe('recorded frames', () => {
  const collect = async (paths: readonly string[]): Promise<readonly RecordedFrame[]> => {
    const all: RecordedFrame[] = [];
    for await (const one of readRecordedFrames(paths)) all.push(one);
    return all;
  };

  it('of several files are merged by the stamp of the recorder, to the nanosecond', async () => {
    const a = await file('frames/a.log.gz', [line(T0, 'a0', '000002'), line(T0 + 5, 'a1'), line(T0 + 5, 'a2')].join('\n'));
    const b = await file('frames/b.log', `${[line(T0, 'b0', '000001'), line(T0 + 5, 'b1'), line(T0 + 6, 'b2')].join('\n')}\n\n`);
    const all = await collect([a, b]);
    expect(all.map(({ text }) => text)).toEqual(['b0', 'a0', 'a1', 'a2', 'b1', 'b2']);
    expect(all[2]).toEqual({ receivedMs: T0 + 5, text: 'a1', position: 3 });
  });

  it('are numbered in their order, across files', async () => {
    const a = await file('resume/a.log.gz', Array.from({ length: 3_000 }, (_, i) => line(T0 + i, frame('BTCUSDT', i))).join('\n'));
    const b = await file('resume/b.log.gz', Array.from({ length: 2_000 }, (_, i) => line(T0 + i * 2, frame('ETHUSDT', i))).join('\n'));
    const whole = await collect([a, b]);
    expect(whole).toHaveLength(5_000);
    expect(whole.map(({ position }) => position)).toEqual(Array.from({ length: 5_000 }, (_, i) => i + 1));
    expect(await collect([a, b])).toEqual(whole);
  });

  it('that have no stamp, or break off, are handed on at their place for the parser to refuse', async () => {
    const path = await file('broken/a.log', [line(T0, frame('BTCUSDT', 1)), 'no stamp here', '', line(T0 + 9, '{"e":"trade","s":"BTC')].join('\n'));
    expect((await collect([path])).slice(1)).toEqual([
      { receivedMs: T0, text: 'no stamp here', position: 2 },
      { receivedMs: T0 + 9, text: '{"e":"trade","s":"BTC', position: 3 },
    ]);
  });

  it('of a file whose end was cut off are read as far as they go', async () => {
    const lines = Array.from({ length: 20_000 }, (_, i) => line(T0 + i, frame('BTCUSDT', i * 7_919)));
    const zipped = gzipSync(lines.join('\n'));
    const path = join(root, 'cut.log.gz');
    await writeFile(path, zipped.subarray(0, zipped.length / 2));
    const all = await collect([path]);
    expect(all.length).toBeGreaterThan(5_000);
    expect(all[4_999]?.text).toBe(frame('BTCUSDT', 4_999 * 7_919));
  });

  it('are described by their symbols and their first and last instant', async () => {
    const path = await file(
      'described/a.log.gz',
      Array.from({ length: 500 }, (_, i) => line(T0 + i, frame(i % 2 ? 'BTCUSDT' : 'DOGEUSDT', i))).join('\n'),
    );
    const expected = { kind: 'frames', paths: [path], symbols: ['BTC', 'DOGE'], firstMs: T0, lastMs: T0 + 499 };
    expect(await describeData([path], SPOT_SYMBOLS)).toEqual(expected);
    expect(await describeData([join(root, 'described')], SPOT_SYMBOLS)).toEqual(expected);
  });

  it('find the klines of the same folder tree for their history', async () => {
    const path = await file('history/ws/a.log', line(T0, frame('BTCUSDT', 1)));
    expect(await klinesNear([path], new Map([['XUSDT', 'X']]))).toEqual([]);
    await file('history/klines/BTCUSDT-1m-2024.csv', csv(row(0)));
    expect(await klinesNear([path], SPOT_SYMBOLS)).toMatchObject([{ symbol: 'BTC', files: [{ firstMs: T0 }] }]);
  });
});

describe('data that cannot be used', () => {
  it.each([
    ['a path that is not there', 'nowhere', null, 'not_found', /No such file or folder: .*nowhere/],
    ['a folder without data', 'empty', 'empty/readme.txt', 'nothing_found', /looked for BTCUSDT-1m-/],
    ['klines of a future', 'BTCUSDT_PERP-1m-2023.csv', 'BTCUSDT_PERP-1m-2023.csv', 'futures', /only spot/],
    ['klines of another symbol', 'LTCUSDT-1m-2023.csv', 'LTCUSDT-1m-2023.csv', 'unsupported', /LTCUSDT; the symbols traded are BTCUSDT/],
    ['klines of another timeframe', 'BTCUSDT-15m-2023.csv', 'BTCUSDT-15m-2023.csv', 'unsupported', /named like BTCUSDT-1m-2023/],
    ['a kline file of something else', 'DOGEUSDT-1m-2023.csv', 'DOGEUSDT-1m-2023.csv', 'unsupported', /does not hold a 1-minute kline/],
    ['a log of something else', 'other.log', 'other.log', 'unsupported', /does not hold a recorded frame/],
    ['a gzip file that is none', 'fake.log.gz', null, 'unreadable', /Cannot read .*fake.log.gz: incorrect header check/],
  ])('such as %s is named in one error', async (_, name, create, code, message) => {
    if (create !== null) await file(create, 'hello\nworld\n');
    if (name === 'fake.log.gz') await writeFile(join(root, name), 'this is no gzip file');
    const described = describeData([join(root, name)], SPOT_SYMBOLS);
    await expect(described).rejects.toMatchObject({ name: 'RecordedDataError', code, message: expect.stringMatching(message) });
  });

  it.each([
    ['BTCUSDT-15m-2024.csv', csv(row(0), row(15)), /cannot be played: it holds bars of 15m \(played are those of one minute/],
    ['2021_APR_NIFTY.txt', 'NIFTY,20210401,09:16,14700,14710,14690,14705,0,0', /it holds bars of indices \(an index itself is not traded\)/],
    ['NIFTY_20250829_to1300.csv', 'timestamp', /it holds chains of options \(read beside the bars of their underlyings: give those\)/],
    ['BTCUSDT_PERP-8h-funding_rate-2024.csv', '0,0.0001', /is of the futures venue/],
  ])('such as %s alone is told by what it holds', async (name, text, message) => {
    const path = await file(`alone/${name}`, text);
    await expect(describeData([path], SPOT_SYMBOLS)).rejects.toMatchObject({ message: expect.stringMatching(message) });
  });

  it('such as a folder of nothing that is played is told by what lies there', async () => {
    await file('other/2021_APR_NIFTY.txt', 'NIFTY,20210401,09:16,14700,14710,14690,14705,0,0');
    await file('other/2021_MAY_NIFTY.txt', 'NIFTY,20210503,09:16,14700,14710,14690,14705,0,0');
    await file('other/BTCUSDT_PERP-8h-funding_rate-2024.csv', '0,0.0001');
    await file('other/notes.txt', 'nothing');
    await expect(describeData([join(root, 'other')], SPOT_SYMBOLS)).rejects.toMatchObject({
      code: 'nothing_found',
      message: expect.stringMatching(
        /it holds 2 files with bars of indices .*, 1 file with bars or funding of perpetuals .*; looked for BTCUSDT-1m-/,
      ),
    });
  });

  it('such as frames of the futures venue, or of no symbol traded here, is named', async () => {
    const futures = await file('futures.dir/x.log', line(T0, '{"e":"bookTicker","u":1,"s":"BTCUSDT","b":"1","B":"1","a":"2","A":"1","T":1,"E":1}'));
    await expect(describeData([futures], SPOT_SYMBOLS)).rejects.toMatchObject({ code: 'futures' });
    const other = await file('other.dir/x.log', line(T0, frame('LTCUSDT', 1)));
    await expect(describeData([other], SPOT_SYMBOLS)).rejects.toMatchObject({
      code: 'nothing_found',
      message: expect.stringContaining('seen are LTCUSDT'),
    });
  });

  it('such as frames and klines together is named', async () => {
    const frames = await file('both/a.log', line(T0, frame('BTCUSDT', 1)));
    const klines = await file('both/BTCUSDT-1m-1.csv', csv(row(0)));
    await expect(describeData([frames, klines], SPOT_SYMBOLS)).rejects.toMatchObject({ code: 'mixed_kinds' });
    expect(await describeData([klines, klines], SPOT_SYMBOLS)).toMatchObject({ series: [{ files: [{ path: klines }] }] });
  });
});
