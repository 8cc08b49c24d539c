import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { BINANCE_SYMBOLS } from '../../shared/feeds/binance/binance-symbols.ts';
import type { RecordedKlinesData } from '../../shared/feeds/replay/kline-replay-source.ts';
import { describeData } from '../../shared/feeds/replay/recorded-data.ts';
import { decimal } from '../../shared/kernel/decimal.ts';
import { DAY_MS, type EpochMs, HOUR_MS, MINUTE_MS } from '../../shared/kernel/time.ts';
import { writeGeneratedKlines } from '../support/generated-klines.ts';
import { testFolder } from '../support/history-fixtures.ts';
import { backtested, type Run, replayed } from '../support/played-both-ways.ts';
import { NO_RECORDED_DATA, recordedFiles } from '../support/recorded-data.ts';

const REQUEST = { startingCapital: decimal('100000'), strategies: ['scalping' as const, 'swing' as const], riskLimits: {} };
const HISTORY_DAYS = 2;

interface Span {
  readonly startMs: EpochMs;
  readonly untilMs: EpochMs;
}

async function klinesAt(paths: readonly string[]): Promise<RecordedKlinesData> {
  const data = await describeData(paths, BINANCE_SYMBOLS);
  if (data.kind !== 'klines') throw new Error(`expected klines, received ${data.kind}`);
  return data;
}

/** What a replay says of the run, and a backtest, which must say the same. */
async function bothWays(data: RecordedKlinesData, span: Span) {
  const run: Run = { ...span, data, historyDays: HISTORY_DAYS, request: REQUEST };
  const { told, trades } = await backtested(run);
  return { backtest: { told, trades }, replay: await replayed(run) };
}

describe('a backtest', () => {
  it('decides and books what a replay through feed, store and scheduler does, hash for hash, on generated bars', async () => {
    const startMs = Date.parse('2023-04-30T23:00:00Z');
    const span = { startMs, untilMs: startMs + 2 * HOUR_MS };
    const folder = testFolder();
    writeGeneratedKlines(folder, { seed: '2', fromMs: startMs - 1.5 * DAY_MS, toMs: span.untilMs });
    const data = await klinesAt([folder]);
    const { backtest, replay } = await bothWays(data, span);
    expect(backtest).toEqual(replay);
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
    const { backtest, replay } = await bothWays(data, span);
    expect(backtest).toEqual(replay);
  });

  const files = recordedFiles('binance-klines', /^(?:ETH|SOL)USDT-1m-2023\.csv\.gz$/);
  it.skipIf(files.length === 0)(`does so on recorded bars${files.length === 0 ? `: ${NO_RECORDED_DATA}` : ''}`, async () => {
    const startMs = Date.parse('2023-04-18T09:00:00Z');
    const span = { startMs, untilMs: startMs + 9 * HOUR_MS };
    const data = await klinesAt(files);
    const { backtest, replay } = await bothWays(data, span);
    expect(backtest).toEqual(replay);
    expect(backtest.trades).toBeGreaterThan(0);
  });
});
