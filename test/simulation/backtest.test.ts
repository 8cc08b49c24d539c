import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ScanRecord } from '../../shared/contracts/decisions.ts';
import type { JournalRow } from '../../shared/contracts/journal.ts';
import { openBacktest } from '../../shared/engine/backtest/backtest.ts';
import { historyBefore } from '../../shared/engine/backtest/history-before.ts';
import { startSession } from '../../shared/engine/sessions.ts';
import { verifyLedger } from '../../shared/engine/verify-ledger.ts';
import { BINANCE_SYMBOLS } from '../../shared/feeds/binance/binance-symbols.ts';
import { assumedUsdtRate } from '../../shared/feeds/rates/rates.ts';
import { klineReplaySource, type RecordedKlinesData } from '../../shared/feeds/replay/kline-replay-source.ts';
import { describeData } from '../../shared/feeds/replay/recorded-data.ts';
import { everyRecordedMinute } from '../../shared/feeds/replay/recorded-minutes.ts';
import { createSteppedClock } from '../../shared/kernel/clock-stepped.ts';
import { decimal } from '../../shared/kernel/decimal.ts';
import { digest } from '../../shared/kernel/digest.ts';
import { DAY_MS, type EpochMs, HOUR_MS, MINUTE_MS } from '../../shared/kernel/time.ts';
import { createRows, openWorld } from '../support/engine-world.ts';
import { writeGeneratedKlines } from '../support/generated-klines.ts';
import { testFolder } from '../support/history-fixtures.ts';
import { NO_RECORDED_DATA, recordedFiles } from '../support/recorded-data.ts';

const REQUEST = { startingCapital: decimal('100000'), strategies: ['scalping' as const, 'swing' as const], riskLimits: {} };
const HISTORY_DAYS = 2;

interface Span {
  readonly startMs: EpochMs;
  readonly untilMs: EpochMs;
}

interface Played {
  readonly rows: readonly string[];
  readonly scans: readonly string[];
  readonly trades: number;
}

const told = (rows: readonly JournalRow[], scans: readonly ScanRecord[], trades: number): Played => ({
  rows: rows.map(({ seq, commandId, event, hash }) => `${seq} ${commandId} ${event.type} ${hash}`),
  scans: scans.map((scan) => `${scan.id} ${digest(scan)}`),
  trades,
});

async function klinesAt(paths: readonly string[]): Promise<RecordedKlinesData> {
  const data = await describeData(paths, BINANCE_SYMBOLS);
  if (data.kind !== 'klines') throw new Error(`expected klines, received ${data.kind}`);
  return data;
}

/** A session that is replayed through feed, store, scheduler and matcher as on one machine. */
async function replayed(data: RecordedKlinesData, { startMs, untilMs }: Span): Promise<Played> {
  const rows = createRows();
  const world = await openWorld({ rows, startMs, historyDays: HISTORY_DAYS, source: (clock) => klineReplaySource({ clock, data, untilMs }) });
  await world.start();
  const { account } = await startSession(world.context, REQUEST, null);
  await world.clock.run(untilMs + 30_000);
  await world.stop();
  expect(world.failures).toEqual([]);
  const { isSound, trades } = await verifyLedger(rows.ledger, account.sessionId);
  expect(isSound).toBe(true);
  const journal: JournalRow[] = [];
  for await (const row of rows.ledger.rows(account.sessionId, 0)) journal.push(row);
  return told(
    journal,
    world.scans.flatMap(({ scan }) => scan ?? []),
    trades,
  );
}

async function backtested(data: RecordedKlinesData, { startMs, untilMs }: Span): Promise<Played> {
  const source = klineReplaySource({ clock: createSteppedClock(startMs), data, untilMs });
  const rows: JournalRow[] = [];
  const scans: ScanRecord[] = [];
  let trades = 0;
  const backtest = openBacktest(
    {
      world: { scope: 'test', evidence: 'simulated', markets: source.markets },
      settings: { marketMode: 'both', seed: 'seed', configVersion: 'test' },
      request: REQUEST,
      startMs,
      history: await historyBefore(source, startMs, HISTORY_DAYS),
      source: source.name,
      rates: (nowMs) => [assumedUsdtRate(nowMs)],
      log: () => undefined,
    },
    {
      row: (row) => void rows.push(row),
      scan: (scan) => void scans.push(scan),
      trade: () => {
        trades += 1;
      },
    },
  );
  for await (const minute of everyRecordedMinute(data.series, { fromMs: startMs, toMs: untilMs })) backtest.play(minute);
  backtest.end();
  return told(rows, scans, trades);
}

describe('a backtest', () => {
  it('decides and books what a replay through feed, store and scheduler does, hash for hash, on generated bars', async () => {
    const startMs = Date.parse('2023-04-30T23:00:00Z');
    const span = { startMs, untilMs: startMs + 2 * HOUR_MS };
    const folder = testFolder();
    writeGeneratedKlines(folder, { seed: '2', fromMs: startMs - 1.5 * DAY_MS, toMs: span.untilMs });
    const data = await klinesAt([folder]);
    const backtest = await backtested(data, span);
    expect(backtest).toEqual(await replayed(data, span));
    expect(backtest.trades).toBeGreaterThan(3);
  });

  it('does so across minutes that one series lacks, and across a day that all lack', async () => {
    const startMs = Date.parse('2023-05-01T00:00:00Z');
    const span = { startMs, untilMs: startMs + 25.5 * HOUR_MS };
    const folder = testFolder();
    writeGeneratedKlines(folder, { seed: '3', fromMs: startMs - 1.1 * DAY_MS, toMs: span.untilMs });
    for (const name of readdirSync(folder)) {
      const rows = readFileSync(join(folder, name), 'utf8').split('\n');
      const kept = rows.filter((row) => {
        const minute = (Number(row.split(',')[0]) - startMs) / MINUTE_MS;
        return !(name.startsWith('SOL') && minute >= 20 && minute < 45) && !(minute >= 60 && minute < 60 + 24.1 * 60);
      });
      if (/^(?:SOL|ETH)/.test(name)) writeFileSync(join(folder, name), kept.join('\n'));
      else rmSync(join(folder, name));
    }
    const data = await klinesAt([folder]);
    expect(await backtested(data, span)).toEqual(await replayed(data, span));
  });

  const files = recordedFiles('binance-klines', /^(?:ETH|SOL)USDT-1m-2023\.csv\.gz$/);
  it.skipIf(files.length === 0)(`does so on recorded bars${files.length === 0 ? `: ${NO_RECORDED_DATA}` : ''}`, async () => {
    const startMs = Date.parse('2023-04-18T09:00:00Z');
    const span = { startMs, untilMs: startMs + 9 * HOUR_MS };
    const data = await klinesAt(files);
    const backtest = await backtested(data, span);
    expect(backtest).toEqual(await replayed(data, span));
    expect(backtest.trades).toBeGreaterThan(0);
  });
});
