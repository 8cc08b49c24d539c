import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startSession } from '../../shared/engine/sessions.ts';
import { verifyLedger } from '../../shared/engine/verify-ledger.ts';
import { BINANCE_SYMBOLS } from '../../shared/feeds/binance/binance-symbols.ts';
import { importPaths } from '../../shared/feeds/history/import-files.ts';
import { klineReplayBounds, klineReplaySource, type RecordedKlinesData } from '../../shared/feeds/replay/kline-replay-source.ts';
import { describeData } from '../../shared/feeds/replay/recorded-data.ts';
import { decimal } from '../../shared/kernel/decimal.ts';
import { DAY_MS, HOUR_MS } from '../../shared/kernel/time.ts';
import { createRows, openWorld } from '../support/engine-world.ts';
import { writeGeneratedKlines } from '../support/generated-klines.ts';
import { openHistory, testFolder } from '../support/history-fixtures.ts';

/** At the turn of a month: the bars of the replay lie in two files of the history. */
const START_MS = Date.parse('2023-04-30T23:00:00Z');
const UNTIL_MS = START_MS + 2 * HOUR_MS;

async function klinesAt(path: string): Promise<RecordedKlinesData> {
  const data = await describeData([path], BINANCE_SYMBOLS);
  if (data.kind !== 'klines') throw new Error(`expected klines, received ${data.kind}`);
  return data;
}

/** The journal of a session over the data, row for row. */
async function journalOver(data: RecordedKlinesData): Promise<readonly string[]> {
  const rows = createRows();
  const world = await openWorld({ rows, startMs: START_MS, source: (clock) => klineReplaySource({ clock, data, untilMs: UNTIL_MS }) });
  await world.start();
  await startSession(world.context, { startingCapital: decimal('100000'), strategies: ['scalping', 'swing'], riskLimits: {} }, null);
  await world.clock.run(UNTIL_MS + 30_000);
  await world.stop();
  expect(world.failures).toEqual([]);
  const sessionId = (await rows.ledger.sessions())[0]?.sessionId ?? '';
  const books = await verifyLedger(rows.ledger, sessionId);
  expect(books.isSound).toBe(true);
  expect(books.fills).toBeGreaterThan(3);
  const lines: string[] = [];
  for await (const row of rows.ledger.rows(sessionId, 0)) lines.push(`${row.seq} ${row.commandId} ${row.hash}`);
  return lines;
}

describe('a replay of the history', () => {
  it('comes to the same journal as one of the files that it was imported from', async () => {
    const [data, dir] = [testFolder(), testFolder()];
    writeGeneratedKlines(data, { seed: '2', fromMs: START_MS - 1.5 * DAY_MS, toMs: UNTIL_MS });
    await importPaths([data], (await openHistory(dir)).intake);
    const [texts, history] = [await klinesAt(data), await klinesAt(dir)];

    expect(history.series.map(({ files }) => files.length)).toEqual(texts.series.map(() => 2));
    expect({ ...history, series: [] }).toEqual({ ...texts, series: [] });
    expect(await klineReplayBounds(history)).toEqual(await klineReplayBounds(texts));
    expect(await journalOver(history)).toEqual(await journalOver(texts));

    const month = await klinesAt(join(dir, 'binance/spot/BTCUSDT/1m/2023-05.parquet'));
    expect(month).toMatchObject({ symbols: ['BTC'], firstMs: Date.UTC(2023, 4, 1), lastMs: UNTIL_MS - 60_000 });
  });
});
