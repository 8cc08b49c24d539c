import { expect } from 'vitest';
import type { ScanRecord } from '../../shared/contracts/decisions.ts';
import type { JournalRow } from '../../shared/contracts/journal.ts';
import { openBacktest } from '../../shared/engine/backtest/backtest.ts';
import { historyBefore } from '../../shared/engine/backtest/history-before.ts';
import { type StartRequest, startSession } from '../../shared/engine/sessions.ts';
import { verifyLedger } from '../../shared/engine/verify-ledger.ts';
import { assumedUsdtRate } from '../../shared/feeds/rates/rates.ts';
import { klineReplaySource, type RecordedKlinesData } from '../../shared/feeds/replay/kline-replay-source.ts';
import { playedWith } from '../../shared/feeds/replay/recorded-contracts.ts';
import { openDayBook } from '../../shared/feeds/replay/recorded-days.ts';
import { asPlayed, everyRecordedMinute } from '../../shared/feeds/replay/recorded-minutes.ts';
import type { RecordedContracts } from '../../shared/feeds/replay/recorded-perpetuals.ts';
import { recordedRates } from '../../shared/feeds/replay/recorded-rates.ts';
import { createSteppedClock } from '../../shared/kernel/clock-stepped.ts';
import { digest } from '../../shared/kernel/digest.ts';
import { type EpochMs, SECOND_MS } from '../../shared/kernel/time.ts';
import type { Strategy, StrategyName } from '../../shared/strategies/strategy.ts';
import { createRows, openWorld } from './engine-world.ts';

/** A session over recorded bars. */
export interface Run {
  readonly data: RecordedKlinesData;
  readonly startMs: EpochMs;
  readonly untilMs: EpochMs;
  readonly historyDays: number;
  readonly request: StartRequest;
  /** Opens the contracts that lie beside the bars, anew for each way. */
  readonly contracts?: () => Promise<RecordedContracts>;
  readonly strategyOf?: (name: StrategyName) => Strategy;
}

/** Every journal row and scan of a run, by name and hash. */
export interface Told {
  readonly rows: readonly string[];
  readonly scans: readonly string[];
}

const told = (rows: readonly JournalRow[], scans: readonly ScanRecord[]): Told => ({
  rows: rows.map(({ seq, commandId, event, hash }) => `${seq} ${commandId} ${event.type} ${hash}`),
  scans: scans.map((scan) => `${scan.id} ${digest(scan)}`),
});

/** The run as a replay through feed, store, scheduler and matcher, as on one machine; its books are verified. */
export async function replayed({
  data,
  startMs,
  untilMs,
  historyDays,
  request,
  contracts,
  strategyOf,
}: Run): Promise<Pick<Backtested, 'told' | 'trades'>> {
  const rows = createRows();
  const chains = await contracts?.();
  const world = await openWorld({
    rows,
    startMs,
    historyDays,
    markets: klineReplaySource({ clock: createSteppedClock(startMs), data, untilMs }).markets,
    source: (clock) => {
      const bars = klineReplaySource({ clock, data, untilMs });
      return chains === undefined ? bars : playedWith(bars, chains, clock);
    },
    ...(chains === undefined ? {} : { chains }),
    ...(strategyOf === undefined ? {} : { strategyOf }),
  });
  await world.start();
  const { account } = await startSession(world.context, request, null);
  await world.clock.run(untilMs + 30 * SECOND_MS);
  await world.stop();
  expect(world.failures).toEqual([]);
  const { isSound, trades } = await verifyLedger(rows.ledger, account.sessionId);
  expect(isSound).toBe(true);
  const journal: JournalRow[] = [];
  for await (const row of rows.ledger.rows(account.sessionId, 0)) journal.push(row);
  const scans = world.scans.flatMap(({ scan }) => scan ?? []);
  return { told: told(journal, scans), trades };
}

export interface Backtested {
  readonly rows: readonly JournalRow[];
  readonly scans: readonly ScanRecord[];
  readonly trades: number;
  readonly told: Told;
}

/** The run as a backtest. */
export async function backtested({ data, startMs, untilMs, historyDays, request, contracts, strategyOf }: Run): Promise<Backtested> {
  const source = klineReplaySource({ clock: createSteppedClock(startMs), data, untilMs });
  const chains = await contracts?.();
  const days = await openDayBook(data.series, startMs);
  const rows: JournalRow[] = [];
  const scans: ScanRecord[] = [];
  let trades = 0;
  const hear = (scan: ScanRecord): void => void scans.push(scan);
  const backtest = openBacktest(
    {
      world: { scope: 'test', evidence: 'simulated', markets: source.markets },
      settings: { marketMode: 'both', seed: 'seed', configVersion: 'test' },
      request,
      startMs,
      history: await historyBefore(source, startMs, historyDays),
      source: source.name,
      rates: source.markets.includes('NSE') ? await recordedRates(data.series) : (nowMs) => [assumedUsdtRate(nowMs)],
      dailies: days.closes,
      log: () => undefined,
      ...(chains === undefined ? {} : { chains }),
      ...(strategyOf === undefined ? {} : { strategyOf }),
    },
    {
      row: (row) => void rows.push(row),
      scan: hear,
      quietScan: hear,
      trade: () => {
        trades += 1;
      },
    },
  );
  for await (const run of asPlayed(data.series, everyRecordedMinute(data.series, { fromMs: startMs, toMs: untilMs }))) {
    for (const minute of run) {
      await chains?.advance(minute.openMs);
      backtest.play(minute);
      days.note(minute.bars);
    }
  }
  await chains?.advance(untilMs);
  backtest.end();
  await chains?.close();
  return { rows, scans, trades, told: told(rows, scans) };
}
