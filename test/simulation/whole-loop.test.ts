import { beforeAll, describe, expect, it } from 'vitest';
import type { ScanRecord } from '../../shared/contracts/decisions.ts';
import type { JournalRow } from '../../shared/contracts/journal.ts';
import type { LedgerStore } from '../../shared/engine/ports.ts';
import { startSession, stopSession } from '../../shared/engine/sessions.ts';
import { verifyLedger } from '../../shared/engine/verify-ledger.ts';
import { simulatedSource } from '../../shared/feeds/simulated-source.ts';
import { decimal } from '../../shared/kernel/decimal.ts';
import { rng } from '../../shared/kernel/rng.ts';
import { HOUR_MS, iso, MINUTE_MS, SECOND_MS } from '../../shared/kernel/time.ts';
import { brokenBooks, createRows, type EngineWorld, openWorld, type Rows, type WorldSetup } from '../support/engine-world.ts';
import { type Fault, faultyStores, type NextFault } from '../support/faulty-stores.ts';
import { historyFrom, type Script, scriptedSource, scriptOf } from '../support/scripted-source.ts';

/** Tuesday 2025-01-07, 11:30 in India. */
const START_MS = Date.UTC(2025, 0, 7, 6);
const SYMBOLS = ['SOL', 'ETH', 'DOT'];
const REQUEST = { startingCapital: decimal('100000'), strategies: ['scalping' as const], riskLimits: {} };

const script = (seed: number, minutes: number): Script => {
  const fromMs = historyFrom(START_MS);
  return scriptOf(seed, { fromMs, minutes: (START_MS - fromMs) / MINUTE_MS + minutes, symbols: SYMBOLS });
};

async function journalOf(ledger: LedgerStore, sessionId: string): Promise<readonly JournalRow[]> {
  const rows: JournalRow[] = [];
  for await (const row of ledger.rows(sessionId, 0)) rows.push(row);
  return rows;
}

async function scansOf(ledger: LedgerStore, sessionId: string): Promise<readonly ScanRecord[]> {
  const scans: ScanRecord[] = [];
  let cursor: string | null = null;
  do {
    const page: Awaited<ReturnType<LedgerStore['scans']>> = await ledger.scans(sessionId, { limit: 500, cursor });
    scans.push(...page.items);
    cursor = page.next;
  } while (cursor !== null);
  return scans.reverse();
}

/** Everything that happened twice although it may happen once. */
function doubled(rows: readonly JournalRow[]): readonly string[] {
  const seen = new Set<string>();
  return rows
    .flatMap(({ event }) => {
      if (event.type === 'order-placed') return [`placed ${event.order.id}`];
      if (event.type === 'filled') return [`filled ${event.fill.id}`, `${event.fill.purpose} of ${event.fill.positionId}`];
      if (event.type === 'order-ended') return [`ended ${event.orderId}`];
      if (event.type === 'equity-marked') return [`marked ${event.atMs}`];
      return [];
    })
    .filter((what) => seen.size === seen.add(what).size);
}

const exitReasons = (rows: readonly JournalRow[]): readonly string[] =>
  rows.flatMap(({ event }) => (event.type === 'filled' && event.fill.purpose === 'exit' ? [event.fill.exitReason ?? 'none'] : []));

/** Starts a session and lets the world run; the account's books are looked at after every step. */
async function begun(setup: WorldSetup): Promise<{ readonly world: EngineWorld; readonly sessionId: string; readonly faults: string[] }> {
  const faults: string[] = [];
  const world = await openWorld({
    ...setup,
    afterStep: (account, what) => void faults.push(...brokenBooks(account).map((fault) => `${what}: ${fault}`)),
  });
  await world.start();
  const running = await world.context.accounts.active();
  const account = running ?? (await startSession(world.context, REQUEST, null)).account;
  return { world, sessionId: account.sessionId, faults };
}

describe('some hours of the whole loop', () => {
  const HOURS = 4;
  const bars = script(3, HOURS * 60 + 10);
  const run = async (): Promise<{
    readonly rows: Rows;
    readonly world: EngineWorld;
    readonly sessionId: string;
    readonly faults: readonly string[];
  }> => {
    const rows = createRows();
    const { world, sessionId, faults } = await begun({ rows, startMs: START_MS, source: (clock) => scriptedSource(clock, bars) });
    await world.clock.run(START_MS + HOURS * HOUR_MS + 30 * SECOND_MS);
    return { rows, world, sessionId, faults };
  };

  it('scan every minute once, trade, close by stop, target and time, and keep their books', async () => {
    const { rows, world, sessionId, faults } = await run();
    expect(faults).toEqual([]);
    expect(world.failures).toEqual([]);
    expect(world.warnings).toEqual([]);

    const scans = await scansOf(rows.ledger, sessionId);
    expect(scans.map(({ minuteMs }) => minuteMs)).toEqual(Array.from({ length: HOURS * 60 + 1 }, (_, index) => START_MS + index * MINUTE_MS));
    expect(scans.map(({ ordinal }) => ordinal)).toEqual(scans.map((_, index) => index + 1));

    const journal = await journalOf(rows.ledger, sessionId);
    expect(doubled(journal)).toEqual([]);
    expect([...new Set(exitReasons(journal))].sort()).toEqual(['stop', 'target', 'time']);

    const verification = await verifyLedger(rows.ledger, sessionId);
    expect(verification.differences).toEqual([]);
    expect(verification.isSound).toBe(true);
    expect(verification.trades).toBeGreaterThan(10);

    const taken = scans.flatMap(({ decisions }) => decisions.filter(({ outcome }) => outcome === 'taken').map(({ orderId }) => orderId));
    expect(taken).toEqual(journal.flatMap(({ event }) => (event.type === 'order-placed' ? [event.order.id] : [])));
  });

  it('are the same twice, hash for hash', async () => {
    const [one, two] = [await run(), await run()];
    const hashOf = async ({ rows, sessionId }: typeof one): Promise<string | undefined> => (await rows.ledger.load(sessionId))?.hash;
    expect(await hashOf(one)).toBe(await hashOf(two));
  });

  it('respond to the seed: another market is another journal', async () => {
    const rows = createRows();
    const { world, sessionId } = await begun({ rows, startMs: START_MS, source: (clock) => scriptedSource(clock, script(4, HOURS * 60 + 10)) });
    await world.clock.run(START_MS + HOUR_MS);
    const other = await run();
    expect((await rows.ledger.load(sessionId))?.hash).not.toBe((await other.rows.ledger.load(other.sessionId))?.hash);
  });
});

describe('two hours of the simulated market, both markets at once', () => {
  it('balance, and label all that they show as simulated', async () => {
    const rows = createRows();
    const markets = ['CRYPTO', 'NSE'] as const;
    const { world, sessionId, faults } = await begun({
      rows,
      startMs: START_MS,
      markets,
      scope: 'simulated:1',
      historyDays: 10,
      source: (clock) => simulatedSource({ clock, seed: '1', markets }),
    });
    await world.clock.run(START_MS + 2 * HOUR_MS);
    expect([...faults, ...world.failures]).toEqual([]);
    const scans = await scansOf(rows.ledger, sessionId);
    expect(scans.map(({ ordinal }) => ordinal)).toEqual(scans.map((_, index) => index + 1));
    expect(scans).toHaveLength(2 * 2 * 60);
    expect(await verifyLedger(rows.ledger, sessionId)).toMatchObject({ isSound: true, differences: [] });
    const fills = (await journalOf(rows.ledger, sessionId)).flatMap(({ event }) => (event.type === 'filled' ? [event.fill] : []));
    expect(fills.every(({ evidence, provenance }) => evidence === 'simulated' && provenance.quote.evidence === 'simulated')).toBe(true);
    expect(fills.length).toBeGreaterThan(0);
  });
});

describe('a run that is interrupted', () => {
  const MINUTES = 120;
  const bars = script(5, MINUTES + 10);
  const END_MS = START_MS + MINUTES * MINUTE_MS + 30 * SECOND_MS;
  const setup = (rows: Rows): WorldSetup => ({ rows, startMs: START_MS, source: (clock) => scriptedSource(clock, bars) });
  const endOf = async (rows: Rows, sessionId: string): Promise<Ended> => {
    expect(await verifyLedger(rows.ledger, sessionId)).toMatchObject({ isSound: true });
    const scans = await scansOf(rows.ledger, sessionId);
    return { hash: (await rows.ledger.load(sessionId))?.hash, scans: scans.map(({ id, ordinal }) => [id, ordinal]) };
  };
  interface Ended {
    readonly hash: string | undefined;
    readonly scans: readonly unknown[];
  }
  let whole: Ended;
  beforeAll(async () => {
    const rows = createRows();
    const { world, sessionId } = await begun(setup(rows));
    await world.clock.run(END_MS);
    expect((await rows.ledger.load(sessionId))?.totals.trades).toBeGreaterThan(5);
    whole = await endOf(rows, sessionId);
  });

  const interrupted = async (atMs: readonly number[], end: (world: EngineWorld) => Promise<void> | void): Promise<Ended> => {
    const rows = createRows();
    let id = '';
    for (const ms of [...atMs, END_MS]) {
      const { world, sessionId, faults } = await begun(setup(rows));
      id = sessionId;
      await world.clock.run(ms);
      expect([...faults, ...world.failures]).toEqual([]);
      await end(world);
    }
    return endOf(rows, id);
  };

  it.each([0, 1, 2.5, 3, 3.05, 5, 10, 20, 30, 41, 59.999])(
    'by a stop %d s into a minute ends with the journal of the one that was not',
    async (second) => {
      const resumed = await interrupted([START_MS + 37 * MINUTE_MS + second * SECOND_MS], (world) => world.stop());
      expect(resumed).toEqual(whole);
    },
  );

  it.each([1, 2, 3, 4, 5, 6])('by being killed again and again ends with the journal of the one that was not: %d', async (seed) => {
    const random = rng('kill', seed);
    const moments = Array.from({ length: 4 }, () => START_MS + Math.floor(random.next() * MINUTES * MINUTE_MS)).sort((a, b) => a - b);
    const resumed = await interrupted(moments, (world) => world.kill());
    expect(resumed, `killed at ${moments.map(iso).join(', ')}`).toEqual(whole);
  });
});

describe('a run over stores that fail', () => {
  const MINUTES = 16;
  const bars = script(2, MINUTES + 40);
  const FAULTS: readonly Fault[] = ['conflict', 'unknown-before', 'unknown-after', 'unavailable'];
  const SEEDS = 200;

  /** A fault at about one call in eight, by the seed. */
  const failing = (seed: number, isOn: () => boolean): NextFault => {
    const random = rng('faults', seed);
    return () => (isOn() && random.next() < 0.12 ? (FAULTS[Math.floor(random.next() * FAULTS.length)] ?? null) : null);
  };

  const broken = async (seed: number): Promise<{ readonly faults: readonly string[]; readonly trades: number; readonly failed: number }> => {
    const rows = createRows();
    let isOn = false;
    const found: string[] = [];
    const { world, sessionId, faults } = await begun({
      rows,
      startMs: START_MS,
      source: (clock) => scriptedSource(clock, bars),
      between: (same) =>
        faultyStores(
          same,
          failing(seed, () => isOn),
        ),
    });
    isOn = true;
    await world.clock.run(START_MS + MINUTES * MINUTE_MS);
    isOn = false;
    await world.clock.run(START_MS + (MINUTES + 2) * MINUTE_MS);
    if (world.feed.matcher.waiting() > 0) found.push('a fill still waits');
    await stopSession(world.context, { closePositions: true }, null);
    await world.clock.run(START_MS + (MINUTES + 6) * MINUTE_MS);
    const account = await rows.ledger.load(sessionId);
    if (account?.status !== 'stopped') found.push(`the session is ${account?.status}`);
    if (account !== null) found.push(...brokenBooks(account));
    const journal = await journalOf(rows.ledger, sessionId);
    found.push(...doubled(journal).map((what) => `twice: ${what}`));
    if (exitReasons(journal).includes('none')) found.push('an exit has no reason');
    const scans = await scansOf(rows.ledger, sessionId);
    if (new Set(scans.map(({ minuteMs }) => minuteMs)).size !== scans.length) found.push('a minute was scanned twice');
    if (scans.some(({ ordinal }, index) => ordinal !== index + 1)) found.push(`scans are numbered ${scans.map(({ ordinal }) => ordinal).join()}`);
    const { differences, trades } = await verifyLedger(rows.ledger, sessionId);
    found.push(...differences.map(({ what }) => `differs: ${what}`), ...faults);
    return { faults: found, trades, failed: world.failures.length + world.warnings.length };
  };

  it(`keeps its books, doubles nothing and books every fill in the end, for ${SEEDS} seeds`, async () => {
    let [trades, failed] = [0, 0];
    for (let seed = 1; seed <= SEEDS; seed++) {
      const result = await broken(seed);
      expect(result.faults, `seed ${seed}`).toEqual([]);
      trades += result.trades;
      failed += result.failed;
    }
    // The faults were met, and trading went on.
    expect(failed).toBeGreaterThan(5 * SEEDS);
    expect(trades).toBeGreaterThan(SEEDS);
  });
});
