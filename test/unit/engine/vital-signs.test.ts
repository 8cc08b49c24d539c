import { describe, expect, it } from 'vitest';
import { measuredMonitor, runMonitor } from '../../../functions/monitor/monitor.ts';
import { measuredScan } from '../../../functions/scan/scan.ts';
import { startSession } from '../../../shared/engine/sessions.ts';
import { vitalSigns } from '../../../shared/engine/vital-signs.ts';
import { createVirtualClock } from '../../../shared/kernel/clock-virtual.ts';
import { decimal } from '../../../shared/kernel/decimal.ts';
import { DAY_MS, MINUTE_MS } from '../../../shared/kernel/time.ts';
import type { Market } from '../../../shared/market/instrument.ts';
import { quoteOf, snapshotAt } from '../../support/api-fixture.ts';
import { contextOver, createRows } from '../../support/engine-world.ts';
import { scanRecord } from '../../support/ledger-fixtures.ts';

const LIMITS = { startingCapital: decimal('100000'), strategies: null, riskLimits: {} };

/** A system at an instant, whose feed was heard last so long before. */
async function systemAt(
  iso: string,
  { markets, heardMs = 0, begunMs }: { readonly markets: readonly Market[]; readonly heardMs?: number | null; readonly begunMs?: number },
) {
  const atMs = Date.parse(iso);
  const rows = createRows();
  const world = { scope: 'test', evidence: 'simulated', markets } as const;
  const contextAt = (ms: number) => contextOver(rows, createVirtualClock({ startMs: ms, speed: 1 }), { world });
  if (heardMs !== null) {
    const lease = await rows.market.lease({ scope: 'test', holder: 'h', epoch: null, nowMs: atMs - heardMs, ttlMs: 1 });
    const quotes = markets.map((market) => quoteOf(market === 'NSE' ? 'RELIANCE' : 'BTC', 100, atMs - heardMs));
    await rows.market.publish(lease, { ...snapshotAt(atMs - heardMs), quotes }, null);
  }
  const begun = begunMs === undefined ? null : await startSession(contextAt(atMs - begunMs), LIMITS, null);
  return { context: contextAt(atMs), rows, atMs, sessionId: begun?.account.sessionId ?? null };
}

describe('the silence of prices', () => {
  it.each([
    ['2025-01-06T04:30:00Z', ['CRYPTO', 'NSE'], 12_000, 12_000],
    ['2025-01-06T04:30:00Z', ['NSE'], 130_000, 130_000],
    // NSE is closed: nobody expects a price. Crypto never closes.
    ['2025-01-06T16:00:00Z', ['NSE'], 600_000, 0],
    ['2025-01-05T06:00:00Z', ['NSE'], 600_000, 0],
    ['2025-01-05T06:00:00Z', ['CRYPTO'], 600_000, 600_000],
    // Half a minute after the open the last price is of the day before.
    ['2025-01-06T03:45:30Z', ['NSE'], DAY_MS, 30_000],
    // Muhurat trading of 2025-10-21, 13:45 to 14:45 in India, on a day without another session.
    ['2025-10-21T08:16:00Z', ['NSE'], DAY_MS, 60_000],
  ] as const)('at %s of %j heard %d ms ago is %d ms', async (iso, markets, heardMs, silentMs) => {
    const { context } = await systemAt(iso, { markets, heardMs });
    expect((await vitalSigns(context)).priceSilenceMs).toBe(silentMs);
  });

  it('is no longer than anybody looks back where no price was ever heard', async () => {
    const { context } = await systemAt('2025-01-06T04:30:00Z', { markets: ['CRYPTO'], heardMs: null });
    expect((await vitalSigns(context)).priceSilenceMs).toBe(DAY_MS);
  });
});

describe('the silence of scans', () => {
  it('grows from the last scan of an open market, and from the start where there was none', async () => {
    const { context, rows, sessionId, atMs } = await systemAt('2025-01-06T04:30:00Z', { markets: ['CRYPTO'], begunMs: 10 * MINUTE_MS });
    expect((await vitalSigns(context)).scanSilenceMs).toBe(10 * MINUTE_MS);
    await rows.ledger.keepScan(sessionId ?? '', scanRecord(atMs - 4 * MINUTE_MS, 1));
    expect((await vitalSigns(contextOver(rows, context.clock, { world: context.world }))).scanSilenceMs).toBe(4 * MINUTE_MS);
  });

  it('is none without a session, and while no market is open', async () => {
    const idle = await systemAt('2025-01-06T04:30:00Z', { markets: ['CRYPTO'] });
    expect((await vitalSigns(idle.context)).scanSilenceMs).toBe(0);
    const night = await systemAt('2025-01-06T16:00:00Z', { markets: ['NSE'], begunMs: 60 * MINUTE_MS });
    expect((await vitalSigns(night.context)).scanSilenceMs).toBe(0);
  });

  it('counts from the open where NSE has just opened', async () => {
    const { context } = await systemAt('2025-01-06T03:46:00Z', { markets: ['NSE'], begunMs: 20 * 60 * MINUTE_MS });
    expect((await vitalSigns(context)).scanSilenceMs).toBe(MINUTE_MS);
  });
});

describe('what the monitor measures', () => {
  it('is how the account stands, whatever else it did', async () => {
    const { context, atMs } = await systemAt('2025-01-06T04:30:00Z', { markets: ['CRYPTO'], begunMs: MINUTE_MS });
    const event = { name: 'monitor', market: null, scheduledTime: new Date(atMs).toISOString(), executionId: 'x' } as const;
    expect(measuredMonitor(await runMonitor(context, event))).toEqual({
      PriceSilenceMs: 0,
      ScanSilenceMs: MINUTE_MS,
      EquityUsd: 100_000,
      DrawdownPercent: 0,
      EntriesHalted: 0,
    });
  });

  it('says nothing of an account where there is none', async () => {
    const { context } = await systemAt('2025-01-06T04:30:00Z', { markets: ['CRYPTO'] });
    expect(await vitalSigns(context)).toMatchObject({ equityUsd: null, drawdownPercent: null, isHalted: null });
  });

  it('says that entries are halted, and how deep the fall is, once the day has lost its limit', async () => {
    const { context } = await systemAt('2025-01-06T04:30:00Z', { markets: ['CRYPTO'], begunMs: MINUTE_MS });
    const account = await context.accounts.active();
    if (account === null) throw new Error('no session');
    const lost = { ...account, cash: decimal('94000') };
    const poorer = { ...context, accounts: { ...context.accounts, active: async () => lost } };
    expect(await vitalSigns(poorer)).toMatchObject({ equityUsd: 94_000, drawdownPercent: expect.closeTo(6, 8), isHalted: true });
  });
});

describe('what a scan measures', () => {
  it('is its lag, and its decisions by outcome; nothing of one that had nothing to do', () => {
    const scan = scanRecord(0, 1);
    const of = (outcome: 'taken' | 'refused') => ({ outcome }) as (typeof scan.decisions)[number];
    const outcome = { scanned: true, reason: 'scanned', scan: { ...scan, decisions: [of('taken'), of('refused'), of('refused')] } };
    const run = { scheduledTime: '2025-01-06T04:30:00.000Z' };
    const nowMs = Date.parse(run.scheduledTime) + 4_200;
    expect(measuredScan(outcome, run, nowMs)).toEqual({ ScanLagMs: 4_200, DecisionsTaken: 1, DecisionsRefused: 2 });
    expect(measuredScan({ ...outcome, scanned: false, scan: null }, run, nowMs)).toEqual({});
  });
});
