import { describe, expect, it } from 'vitest';
import { instrumentsOf } from '../../shared/config/instruments.ts';
import type { ScanRecord } from '../../shared/contracts/decisions.ts';
import type { JournalRow } from '../../shared/contracts/journal.ts';
import { openBacktest } from '../../shared/engine/backtest/backtest.ts';
import { historyBefore } from '../../shared/engine/backtest/history-before.ts';
import { startSession } from '../../shared/engine/sessions.ts';
import { verifyLedger } from '../../shared/engine/verify-ledger.ts';
import { klineReplaySource, type RecordedKlinesData } from '../../shared/feeds/replay/kline-replay-source.ts';
import { describeData } from '../../shared/feeds/replay/recorded-data.ts';
import { openDayBook } from '../../shared/feeds/replay/recorded-days.ts';
import { asPlayed, everyRecordedMinute } from '../../shared/feeds/replay/recorded-minutes.ts';
import { recordedRates } from '../../shared/feeds/replay/recorded-rates.ts';
import { createSteppedClock } from '../../shared/kernel/clock-stepped.ts';
import { decimal } from '../../shared/kernel/decimal.ts';
import { digest } from '../../shared/kernel/digest.ts';
import { createRows, openWorld } from '../support/engine-world.ts';
import { writeGeneratedShares } from '../support/generated-shares.ts';
import { testFolder } from '../support/history-fixtures.ts';

const SYMBOLS = ['HDFCBANK', 'SBIN'];
const NAMES = new Map(instrumentsOf('NSE').map(({ symbol }) => [symbol, symbol]));
const REQUEST = { startingCapital: decimal('100000'), strategies: ['scalping', 'swing', 'btst'] as const, riskLimits: {} };
const HISTORY_DAYS = 40;
/** From the afternoon of one session into the next: over a night, and ten past midnight in UTC. */
const SPAN = { startMs: Date.parse('2024-04-03T06:00:00Z'), untilMs: Date.parse('2024-04-04T06:00:00Z') };

async function sharesIn(folder: string): Promise<RecordedKlinesData> {
  const data = await describeData([folder], NAMES);
  if (data.kind !== 'klines') throw new Error(data.kind);
  return data;
}

const told = (rows: readonly JournalRow[], scans: readonly ScanRecord[]) => ({
  rows: rows.map(({ seq, commandId, event, hash }) => `${seq} ${commandId} ${event.type} ${hash}`),
  scans: scans.map((scan) => `${scan.id} ${digest(scan)}`),
});

async function replayed(data: RecordedKlinesData) {
  const rows = createRows();
  const source = (clock: Parameters<typeof klineReplaySource>[0]['clock']) => klineReplaySource({ clock, data, untilMs: SPAN.untilMs });
  const world = await openWorld({ rows, startMs: SPAN.startMs, historyDays: HISTORY_DAYS, markets: ['NSE'], source });
  await world.start();
  const { account } = await startSession(world.context, REQUEST, null);
  await world.clock.run(SPAN.untilMs + 30_000);
  await world.stop();
  expect(world.failures).toEqual([]);
  expect((await verifyLedger(rows.ledger, account.sessionId)).isSound).toBe(true);
  const journal: JournalRow[] = [];
  for await (const row of rows.ledger.rows(account.sessionId, 0)) journal.push(row);
  return told(
    journal,
    world.scans.flatMap(({ scan }) => scan ?? []),
  );
}

async function backtested(data: RecordedKlinesData) {
  const { startMs, untilMs } = SPAN;
  const source = klineReplaySource({ clock: createSteppedClock(startMs), data, untilMs });
  const days = await openDayBook(data.series, startMs);
  const rows: JournalRow[] = [];
  const scans: ScanRecord[] = [];
  const backtest = openBacktest(
    {
      world: { scope: 'test', evidence: 'simulated', markets: source.markets },
      settings: { marketMode: 'both', seed: 'seed', configVersion: 'test' },
      request: REQUEST,
      startMs,
      history: await historyBefore(source, startMs, HISTORY_DAYS),
      source: source.name,
      rates: await recordedRates(data.series),
      dailies: days.closes,
      log: () => undefined,
    },
    { row: (row) => void rows.push(row), scan: (scan) => void scans.push(scan), quietScan: (scan) => void scans.push(scan), trade: () => {} },
  );
  for await (const minute of asPlayed(data.series, everyRecordedMinute(data.series, { fromMs: startMs, toMs: untilMs }))) {
    backtest.play(minute);
    days.note(minute.bars);
  }
  backtest.end();
  return { rows, scans, told: told(rows, scans) };
}

describe('shares of NSE in bars of five minutes', { timeout: 60_000 }, () => {
  it('are traded in a backtest as in a replay through feed, store and scheduler, hash for hash, over a night', async () => {
    const folder = writeGeneratedShares(testFolder(), { seed: '4', symbols: SYMBOLS, from: '2024-03-20', to: '2024-04-04', days: 80 });
    const data = await sharesIn(folder);
    expect(data.series.map(({ symbol, files }) => [symbol, files[0]?.spanMinutes])).toEqual(SYMBOLS.map((symbol) => [symbol, 5]));
    const { rows, scans, told: hashes } = await backtested(data);
    expect(hashes).toEqual(await replayed(data));
    const taken = scans.flatMap(({ decisions }) => decisions).filter(({ outcome }) => outcome === 'taken');
    expect(new Set(taken.map(({ strategy, timeframe }) => `${strategy} ${timeframe}`))).toEqual(new Set(['scalping 5m', 'swing 15m', 'btst 1h']));
    const fills = rows.flatMap(({ event }) => (event.type === 'filled' ? [event.fill] : []));
    expect(fills.every(({ rate }) => rate.source === 'ecb')).toBe(true);
    // With eighty days before it the value at risk of a night is known, and no move has to be assumed.
    const risks = rows.flatMap(({ event }) => (event.type === 'day-closed' ? [event.report.nextValueAtRisk] : []));
    expect(risks.length).toBeGreaterThan(0);
    expect(risks.every((risk) => risk !== undefined && risk > 0n)).toBe(true);
  });
});
