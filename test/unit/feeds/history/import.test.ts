import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { directoryFiles } from '../../../../shared/feeds/history/directory-files.ts';
import type { HistoryFiles } from '../../../../shared/feeds/history/history-files.ts';
import { allRows, createHistoryStore } from '../../../../shared/feeds/history/history-store.ts';
import { type ImportReport, importPaths } from '../../../../shared/feeds/history/import-files.ts';
import { createIntake } from '../../../../shared/feeds/history/intake.ts';
import { openReceipts } from '../../../../shared/feeds/history/receipts.ts';
import type { Candle } from '../../../../shared/market/price.ts';
import {
  BTC_MINUTES,
  checksumOf,
  collect,
  digests,
  klineCsv,
  minutesFrom,
  openHistory,
  testFolder,
  zipOf,
} from '../../../support/history-fixtures.ts';

const T0 = Date.UTC(2025, 0, 31, 22);

function write(folder: string, name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, name.endsWith('.gz') && typeof content === 'string' ? gzipSync(content) : content);
  return path;
}

async function bring(dir: string, ...paths: readonly string[]): Promise<ImportReport> {
  return importPaths(paths, (await openHistory(dir)).intake);
}

async function candlesIn(dir: string, fromMs = 0, toMs = Number.MAX_SAFE_INTEGER): Promise<readonly Candle[]> {
  const { store } = await openHistory(dir);
  return collect(store.candles(BTC_MINUTES, { fromMs, toMs }));
}

describe('an import', () => {
  it('puts bars into the files of their months and gives them back, whole and in part', async () => {
    const [data, dir] = [testFolder(), testFolder()];
    const candles = minutesFrom(T0, 240);
    const path = write(data, 'BTCUSDT-1m-x.csv.gz', klineCsv(candles));
    expect(await bring(dir, path)).toMatchObject({
      taken: 1,
      known: 0,
      rows: 240,
      failed: [],
      stored: { added: 240, changed: 0, conflicts: 0, filesWritten: 2 },
    });
    const { store } = await openHistory(dir);
    expect((await store.partitions()).map(({ key }) => key)).toEqual([
      'binance/spot/BTCUSDT/1m/2025-01.parquet',
      'binance/spot/BTCUSDT/1m/2025-02.parquet',
    ]);
    expect(await candlesIn(dir)).toStrictEqual(candles);
    expect(await candlesIn(dir, candles[100]?.openMs, candles[130]?.openMs)).toStrictEqual(candles.slice(100, 130));
    const file = await store.open('bars', 'binance/spot/BTCUSDT/1m/2025-02.parquet');
    expect(file?.about).toEqual({ ...BTC_MINUTES, adjustment: 'raw', sources: 'recorded', created: '1970-01-01T00:00:00.000Z' });
  });

  it('of the same files a second time changes no byte, with receipts and without them', async () => {
    const [data, dir] = [testFolder(), testFolder()];
    write(data, 'BTCUSDT-1m-a.csv', klineCsv(minutesFrom(T0, 100)));
    write(data, 'sub/BTCUSDT-1m-b.csv.gz', klineCsv(minutesFrom(T0 + 50 * 60_000, 100)));
    expect(await bring(dir, data)).toMatchObject({ taken: 2, rows: 200, stored: { added: 150, changed: 0, conflicts: 0 } });
    const before = digests(dir);
    expect(await bring(dir, data)).toMatchObject({ taken: 0, known: 2, stored: { filesWritten: 0 } });
    rmSync(join(dir, 'receipts'), { recursive: true });
    expect(await bring(dir, data)).toMatchObject({ taken: 2, known: 0, stored: { added: 0, filesWritten: 0 } });
    expect(digests(dir)).toEqual(before);
  });

  it('takes a file again that has changed, and one whose bars are gone', async () => {
    const [data, dir] = [testFolder(), testFolder()];
    write(data, 'BTCUSDT-1m-a.csv', klineCsv(minutesFrom(T0, 100)));
    await bring(dir, data);
    write(data, 'BTCUSDT-1m-a.csv', klineCsv(minutesFrom(T0, 110)));
    expect(await bring(dir, data)).toMatchObject({ taken: 1, stored: { added: 10 } });
    rmSync(join(dir, 'binance/spot/BTCUSDT/1m/2025-01.parquet'));
    expect(await bring(dir, data)).toMatchObject({ taken: 1, stored: { added: 110 } });
    expect(await candlesIn(dir)).toStrictEqual(minutesFrom(T0, 110));
  });

  it('that was killed at any write goes on and comes to the same files', async () => {
    const [data, whole] = [testFolder(), testFolder()];
    for (const [name, hours] of [
      ['a', 0],
      ['b', 1],
      ['c', 2],
    ] as const)
      write(data, `BTCUSDT-1m-${name}.csv`, klineCsv(minutesFrom(T0 + hours * 3_600_000, 60)));
    write(data, 'usdinr.csv', 'date,eur_usd,eur_inr,usd_inr_cross\n2009-01-02,1.3866,67.125,48.409779\n');
    await bring(whole, data);
    const writes = Object.keys(digests(whole)).length;
    for (let lived = 0; lived <= writes; lived++) {
      const dir = testFolder();
      await expect(importPaths([data], await dyingIntake(dir, lived))).rejects.toThrow(lived < writes ? 'killed' : 'never');
      await bring(dir, data);
      expect(digests(dir)).toEqual(digests(whole));
    }
    expect.assertions(2 * writes + 2);
  });

  it('verifies a bulk zip by the checksum beside it, and says which is wrong', async () => {
    const [data, dir] = [testFolder(), testFolder()];
    const [good, bad] = [
      zipOf('BTCUSDT-1m-2025-01.csv', klineCsv(minutesFrom(T0, 60), 1000)),
      zipOf('BTCUSDT-1m-2025-02.csv', klineCsv(minutesFrom(T0 + 7_200_000, 60), 1000)),
    ];
    write(data, 'BTCUSDT-1m-2025-01.zip', good);
    write(data, 'BTCUSDT-1m-2025-01.zip.CHECKSUM', checksumOf(good, 'BTCUSDT-1m-2025-01.zip'));
    write(data, 'BTCUSDT-1m-2025-02.zip', bad);
    write(data, 'BTCUSDT-1m-2025-02.zip.CHECKSUM', checksumOf(good, 'BTCUSDT-1m-2025-02.zip'));
    const report = await bring(dir, data);
    expect(report).toMatchObject({ taken: 1, rows: 60 });
    expect(report.failed.map(({ why }) => why)).toEqual([
      expect.stringMatching(/BTCUSDT-1m-2025-02\.zip has the SHA-256 [0-9a-f]{64}, its checksum file tells [0-9a-f]{64}/),
    ]);
    const file = await (await openHistory(dir)).store.open('bars', 'binance/spot/BTCUSDT/1m/2025-01.parquet');
    expect(new Set((file === null ? [] : await allRows(file)).map(({ source }) => source))).toEqual(new Set(['binance-bulk']));
  });

  it('tells what cannot be read or is not known, and takes the rest', async () => {
    const [data, dir] = [testFolder(), testFolder()];
    write(data, 'BTCUSDT-1m-2025-01.zip', zipOf('x.csv', klineCsv(minutesFrom(T0, 60))).slice(0, 300));
    write(data, 'BTCUSDT-1m-a.csv', klineCsv(minutesFrom(T0, 5)));
    write(data, 'other.csv', 'a,b\n1,2\n');
    write(data, 'README.md', 'not a table');
    write(data, '.hidden/BTCUSDT-1m-b.csv', klineCsv(minutesFrom(T0, 50)));
    const report = await bring(dir, data);
    const folder = data.slice(data.lastIndexOf('/') + 1);
    expect(report).toMatchObject({ taken: 1, rows: 5, notRecognised: [`${folder}/other.csv`] });
    expect(report.failed).toMatchObject([{ name: `${folder}/BTCUSDT-1m-2025-01.zip`, why: expect.stringContaining('Cannot unpack') }]);
  });

  it('of a path that is not there says so', async () => {
    await expect(bring(testFolder(), '/no/such/path')).rejects.toMatchObject({ code: 'not_found', message: 'No such file or folder: /no/such/path' });
  });

  it('refuses to go on with a history that it cannot read', async () => {
    const [data, dir] = [testFolder(), testFolder()];
    write(data, 'BTCUSDT-1m-a.csv', klineCsv(minutesFrom(T0, 5)));
    write(dir, 'binance/spot/BTCUSDT/1m/2025-01.parquet', 'PAR1 is not enough');
    await expect(bring(dir, data)).rejects.toMatchObject({
      code: 'bad_file',
      message: expect.stringContaining('binance/spot/BTCUSDT/1m/2025-01.parquet'),
    });
    write(dir, 'receipts/x.json', '{"name": 5}');
    await expect(openHistory(dir)).rejects.toMatchObject({
      code: 'bad_file',
      message: 'receipts/x.json is no receipt: delete it, and its input is taken again',
    });
  });
});

/** The history as a process sees it that dies at a write, before or (every second time) after the file is there. */
async function dyingIntake(dir: string, lives: number) {
  const files = directoryFiles(dir);
  let left = lives;
  const dying: HistoryFiles = {
    ...files,
    async write(key, bytes) {
      if (left-- > 0) return files.write(key, bytes);
      if (lives % 2 === 1) await files.write(key, bytes);
      throw new Error('killed');
    },
  };
  const clock = { now: () => 0 };
  const intake = await createIntake(createHistoryStore(dying, clock), await openReceipts(dying), clock);
  return {
    ...intake,
    async flush() {
      await intake.flush();
      throw new Error('never');
    },
  };
}
