import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { measuredNightly, runNightly } from '../../../functions/nightly/nightly.ts';
import { invoker } from '../../../infra/local/invoker.ts';
import { startScheduler } from '../../../infra/local/scheduler.ts';
import { SCHEDULES } from '../../../shared/config/schedules.ts';
import { nightlyReportSchema } from '../../../shared/contracts/nightly-report.ts';
import type { ReportStore } from '../../../shared/engine/ports.ts';
import { createVirtualClock } from '../../../shared/kernel/clock-virtual.ts';
import { jsonLog } from '../../../shared/kernel/log.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../shared/kernel/time.ts';
import type { Account } from '../../../shared/ledger/account.ts';
import { ledgerKeys } from '../../../shared/store/keys.ts';
import { fileReports } from '../../../shared/store/reports/file-reports.ts';
import { memoryReports } from '../../../shared/store/reports/memory-reports.ts';
import { metricsIn } from '../../support/embedded-metrics.ts';
import { contextOver, createRows, type Rows } from '../../support/engine-world.ts';
import {
  commitOf,
  dayClosed,
  entryFill,
  entryOrder,
  orderPlaced,
  roundTrip,
  START_MS,
  scanRecord,
  sessionStarted,
} from '../../support/ledger-fixtures.ts';

/** START_MS is Monday 2025-01-06, 09:30 in India; NSE sets its last price of the day at 15:40. */
const CLOSE_MS = START_MS + 6 * HOUR_MS;
const MONDAY_NIGHT = '2025-01-06T15:00:00.000Z';
const TUESDAY_NIGHT = '2025-01-07T15:00:00.000Z';

/** Two closed trades, a position held overnight and three scans on Monday; on Tuesday one more trade. */
async function traded(): Promise<Rows> {
  const rows = createRows();
  let account: Account | null = null;
  const commit = async (id: string, events: Parameters<typeof commitOf>[2]): Promise<void> => {
    const made = commitOf(account, id, events);
    await rows.ledger.commit(made);
    account = made.after;
  };
  await commit('start', [sessionStarted('s')]);
  await commit('one', roundTrip({ id: 'E:1' }));
  await commit('two', roundTrip({ id: 'E:2', symbol: 'ETH' }, { entry: '100', exit: '98.5' }));
  const held = entryOrder({ id: 'E:3', symbol: 'SOL' });
  await commit('three', [orderPlaced(held), (before) => entryFill(before, held.id, { price: '100', commission: '0.5' })]);
  const of = (outcome: 'taken' | 'refused', reason: string) => ({ ...scanRecord(START_MS, 1).decisions[0], outcome, reason }) as never;
  await rows.ledger.keepScan('s', scanRecord(START_MS + MINUTE_MS, 1, { decisions: [of('taken', 'taken'), of('refused', 'low_confidence')] }));
  await rows.ledger.keepScan('s', scanRecord(START_MS + 2 * MINUTE_MS, 2, { decisions: [of('refused', 'stale'), of('refused', 'low_confidence')] }));
  await commit('roll', [(before) => dayClosed(before, CLOSE_MS, '2025-01-07')]);
  await rows.ledger.keepScan('s', scanRecord(CLOSE_MS + MINUTE_MS, 3, { decisions: [] }));
  await commit('tuesday', roundTrip({ id: 'E:4', atMs: CLOSE_MS + DAY_MS / 2 }, { entry: '100', exit: '101' }));
  return rows;
}

function night(rows: Rows, scheduledTime: string, reports: ReportStore = memoryReports()) {
  const lines: string[] = [];
  const clock = createVirtualClock({ startMs: Date.parse(scheduledTime), speed: 1 });
  const context = contextOver(rows, clock, { exclusive: false, log: (_level, event) => void lines.push(event) });
  const alerts = async () => (await rows.ledger.alerts.page({ limit: 10, cursor: null })).items.map(({ alert }) => [alert.id, alert.severity]);
  return { reports, lines, alerts, run: () => runNightly(context, reports, { scheduledTime }) };
}

describe('the report of a trading day', () => {
  it('adds up its trades, results, costs and decisions, to the close and no further', async () => {
    const { run, reports } = night(await traded(), MONDAY_NIGHT);
    expect(await run()).toMatchObject({ date: '2025-01-06', isSound: true, sessions: 1, unsound: [] });
    const kept = await reports.read('2025-01-06');
    expect(nightlyReportSchema.parse(kept?.report)).toEqual(kept?.report);
    expect(kept?.report.sessions).toMatchObject([
      {
        sessionId: 's',
        evidence: 'simulated',
        fillsByEvidence: { simulated: 5 },
        isDayClosed: true,
        startEquity: '100000',
        // 2 BTC from 100 to 103 and 2 ETH from 100 to 98.5, at 0.2 a fill.
        result: { price: '3', currency: '0', charges: '0.8', net: '2.2' },
        costs: [{ line: 'commission', currency: 'USDT', amount: '1.3', usd: '1.3' }],
        openPositions: 1,
        decisions: { taken: 1, exitRequested: 0, refused: 3, refusedBy: { low_confidence: 2, stale: 1 } },
        counts: { orders: 3, fills: 5, scans: 2, decisions: 4 },
      },
    ]);
    expect(kept?.report.sessions[0]?.trades.map(({ symbol, net }) => [symbol, net])).toEqual([
      ['BTC', '5.6'],
      ['ETH', '-3.4'],
    ]);
  });

  it('is readable: its figures, its evidence and its verdict', async () => {
    const { run, reports } = night(await traded(), MONDAY_NIGHT);
    await run();
    const page = (await reports.read('latest'))?.page ?? '';
    for (const part of [
      'trading day 2025-01-06',
      'books are sound',
      'Evidence **simulated**',
      '**$2.20**',
      '| commission | 1.3 USDT | $1.30 |',
      '2 low_confidence, 1 stale',
    ]) {
      expect(page).toContain(part);
    }
    expect(page).toContain('long 2 BTC | 100 → 103 USDT');
  });

  it('of the next day begins where that one ended, and says that its book is still open', async () => {
    const { run, reports } = night(await traded(), TUESDAY_NIGHT);
    await run();
    const [session] = (await reports.read('2025-01-07'))?.report.sessions ?? [];
    expect(session).toMatchObject({ isDayClosed: false, startEquity: null, result: { net: '1.6' }, counts: { orders: 1, fills: 2, scans: 1 } });
    expect(session?.trades).toHaveLength(1);
  });

  it('is of no session where none was active', async () => {
    const { run, reports } = night(createRows(), MONDAY_NIGHT);
    expect(await run()).toMatchObject({ sessions: 0, isSound: true });
    expect((await reports.read('latest'))?.page).toContain('No session was active');
  });

  it('writes nothing to the ledger', async () => {
    const rows = await traded();
    const kinds = ['P#', 'O#', 'A#', 'T#', 'J#', 'C#', 'D#', 'HEAD'];
    const range = (kind: string) => ({ pk: 'S#s', from: kind, to: `${kind}~` });
    const all = async () => (await Promise.all(kinds.map((kind) => rows.items.query('ledger', range(kind))))).flat();
    const before = await all();
    await night(rows, MONDAY_NIGHT).run();
    expect(await all()).toEqual(before);
    expect(before.length).toBeGreaterThan(20);
  });
});

describe('books that are not sound', () => {
  const unsound = async (change: (rows: Rows) => Promise<unknown>) => {
    const rows = await traded();
    await change(rows);
    const made = night(rows, MONDAY_NIGHT);
    const outcome = await made.run();
    const report = (await made.reports.read('latest'))?.report;
    return { ...made, outcome, report };
  };
  const remove = (sk: string) => (rows: Rows) => rows.items.write([{ kind: 'delete', table: 'ledger', key: { pk: 'S#s', sk } }]);
  const garble = (sk: string) => (rows: Rows) =>
    rows.items.write([
      { kind: 'put', table: 'ledger', key: { pk: 'S#s', sk }, attributes: { seq: 2, type: 'filled', commandId: 'c', hash: 'h', body: '{}' } },
    ]);
  const journalRow = ledgerKeys.journal('s', 3).sk;

  it.each([
    ['a journal row is gone', remove(journalRow)],
    ['a journal row cannot be read', garble(journalRow)],
    ['a scan cannot be read', garble(ledgerKeys.scan('s', START_MS + MINUTE_MS, 1, `scan:${START_MS + MINUTE_MS}`).sk)],
    ['a trade is gone', remove(ledgerKeys.trade('s', 4).sk)],
    ['a position that the head counts is gone', remove(ledgerKeys.position('s', 'P:E:3').sk)],
  ])('are reported, counted and told where %s', async (_what, change) => {
    const { outcome, report, alerts, lines } = await unsound(change);
    expect(outcome).toMatchObject({ isSound: false, unsound: ['s'] });
    expect(measuredNightly(outcome)).toEqual({ UnsoundSessions: 1 });
    expect(report?.isSound).toBe(false);
    expect(report?.sessions[0]?.books).toMatchObject({ isSound: false });
    expect(report?.sessions[0]?.books.differences.length).toBeGreaterThan(0);
    expect(await alerts()).toEqual([['nightly:2025-01-06:s', 'critical']]);
    expect(lines).toContain('ledger-not-sound');
  });

  it('are not made out of sound ones: the metric is 0 then, and nobody is told', async () => {
    const { run, alerts } = night(await traded(), MONDAY_NIGHT);
    expect(measuredNightly(await run())).toEqual({ UnsoundSessions: 0 });
    expect(await alerts()).toEqual([]);
  });
});

describe('a report that cannot be kept', () => {
  it('fails the run, so that it is tried again, and is told once', async () => {
    const away: ReportStore = { keep: () => Promise.reject(new Error('the bucket is away')), read: async () => null };
    const { run, alerts } = night(await traded(), MONDAY_NIGHT, away);
    await expect(run()).rejects.toThrow('the bucket is away');
    await expect(run()).rejects.toThrow('the bucket is away');
    expect(await alerts()).toEqual([['nightly:2025-01-06:report', 'warning']]);
  });
});

describe('the night’s work on one machine', () => {
  it('is run by the schedule that the stack has, into the state folder, and measured by the same line', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'nightdesk-night-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const lines: string[] = [];
    const clock = createVirtualClock({ startMs: Date.parse(MONDAY_NIGHT) - MINUTE_MS, speed: Number.POSITIVE_INFINITY });
    const context = contextOver(await traded(), clock, { exclusive: false, log: jsonLog((line) => void lines.push(line), clock.now) });
    const nightly = SCHEDULES.filter(({ functionName }) => functionName === 'nightly');
    const stop = startScheduler(
      clock,
      nightly,
      invoker(context, () => undefined, fileReports(folder)),
      context.log,
    );
    await clock.run(Date.parse(MONDAY_NIGHT) + MINUTE_MS);
    stop();
    expect(readdirSync(folder).sort()).toEqual(['2025-01-06.json', '2025-01-06.md', 'latest.json', 'latest.md']);
    expect(lines.map((line) => metricsIn(line)?.values)).toEqual([{ UnsoundSessions: 0 }]);
  });
});
