import { EngineError } from '../../../shared/engine/errors.ts';
import type { FeedService } from '../../../shared/engine/feed-service.ts';
import { StoreError } from '../../../shared/engine/ports.ts';
import { digest } from '../../../shared/kernel/digest.ts';
import { messageOf } from '../../../shared/kernel/errors.ts';
import { type Rng, rng } from '../../../shared/kernel/rng.ts';
import { MINUTE_MS, minuteOf, SECOND_MS } from '../../../shared/kernel/time.ts';
import type { Account } from '../../../shared/ledger/account.ts';
import { createMemoryItems } from '../../../shared/store/memory-items.ts';
import { createAcknowledged } from './acknowledged.ts';
import { createBooks } from './books.ts';
import { createBus } from './bus.ts';
import { createClients } from './clients.ts';
import { createFaults, type FaultCounts } from './faults.ts';
import { createFleet } from './fleet.ts';
import { createLeases } from './leases.ts';
import { MOVES, type Move, start, stop } from './moves.ts';
import { createPricePath } from './price-path.ts';
import type { Complain, Problem } from './problems.ts';
import { LEASE_MS, SCOPE } from './process.ts';
import { createScheduler, type Owner } from './scheduler.ts';
import { closedFaults, settledFaults } from './settled.ts';
import { createSystemRows } from './system-rows.ts';
import { startTimetable } from './timetable.ts';
import type { Variant } from './variants.ts';
import { type Watching, watchedRows } from './watched-rows.ts';

/** Shortly before what happens once a day, so that it happens in every seed that begins there. */
const STARTS_MS = [
  // The end of an hour and of a day: more is written then than at any other time.
  '2025-01-07T23:59:20Z',
  '2025-01-07T23:59:40Z',
  // NSE opens, and the day's books.
  '2025-01-07T03:44:20Z',
  // Intraday positions are squared off; then NSE closes.
  '2025-01-07T09:49:10Z',
  '2025-01-07T09:59:20Z',
  // The closing auction takes orders until the minute ends, and is matched.
  '2026-08-04T09:59:20Z',
].map((text) => Date.parse(text));
/** How long things go wrong, and how long they may then take to settle, and to close. */
const TROUBLED_MS = 75 * SECOND_MS;
const SETTLING_MS = 70 * SECOND_MS;
const CLOSING_MS = 75 * SECOND_MS;
/** Now and then nobody asks for anything for so long: positions are held for as long as a strategy holds them, equity is marked. */
const LEAP_MS = 16 * MINUTE_MS;
/** The path knows a few minutes before the start. */
const PAST_MS = 2 * MINUTE_MS;
const ON_ONE_MACHINE = 0.2;
const SEVERAL_AT_ONCE = 0.2;

export interface RunOptions extends Watching {
  /** How the program is broken; null for the one that there is. */
  readonly variant?: Variant | null;
  /** Hears of every step. */
  readonly trace?: ((line: string) => void) | null;
}

export interface SeedResult {
  readonly seed: number;
  /** What did not hold; the run ends with the first. */
  readonly problems: readonly Problem[];
  readonly steps: number;
  /** Over the journals of all sessions: equal runs, equal digests. */
  readonly journal: string;
  readonly faults: FaultCounts;
  readonly sessions: number;
  readonly rows: number;
  readonly fills: number;
  readonly fundings: number;
  readonly trades: number;
  readonly acknowledged: number;
  readonly answered: number;
}

/** One seed from beginning to end. */
export async function runSeed(seed: number, options: RunOptions = {}): Promise<SeedResult> {
  const world = createWorld(seed, options);
  await world.run();
  return world.result();
}

function createWorld(seed: number, { variant = null, trace = null, ...watching }: RunOptions) {
  const name = String(seed);
  const draw = rng('world', name);
  const startMs = STARTS_MS[Math.floor(draw.next() * STARTS_MS.length)] ?? 0;
  const scheduler = createScheduler(startMs, rng('schedule', name), trace);
  const faults = createFaults(rng('faults', name));
  const problems: Problem[] = [];
  const complain: Complain = (invariant, what) => {
    problems.push({ invariant, what, step: scheduler.steps() });
    trace?.(`      PROBLEM ${what}`);
  };
  const onError = (error: unknown, during: string): void => {
    if (error instanceof StoreError && error.code !== 'corrupt') return;
    if (error instanceof EngineError) return;
    complain('errors', `${during}: ${error instanceof Error ? (error.stack ?? error.message) : messageOf(error)}`);
  };
  const items = createMemoryItems();
  const books = createBooks(items);
  const bus = createBus();
  const rows = watchedRows(items, { books, leases: createLeases(items, SCOPE, LEASE_MS), system: createSystemRows(items, bus), complain, watching });
  const acknowledged = createAcknowledged(items, books.all, (fault) => complain('acknowledged', fault));
  const path = createPricePath(name, minuteOf(startMs) - PAST_MS);
  const world: Owner = { name: 'world', isAlive: true, offsetMs: 0, pausedUntilMs: 0 };
  const isOneMachine = draw.next() < ON_ONE_MACHINE;
  const fleet = createFleet({ world, rows, scheduler, faults, draw, variant, acknowledged, path, seed: name, isOneMachine, onError, trace });
  const clients = createClients({ owner: world, scheduler, faults, draw, hosts: fleet.hosts, books: books.all, complain });
  let isTroubled = true;
  let silentUntilMs = 0;
  let submitted = 0;

  const running = (): Account | null => books.all().find(({ account }) => account.status !== 'stopped')?.account ?? null;

  const submit = (move: Move): void => {
    submitted += 1;
    clients.submit({ key: `${move.name}-${submitted}`, begins: move.begins, send: move.request(draw, running()) });
  };

  /** Every few seconds somebody asks for something, and something may go wrong. */
  const drive = (): void => {
    if (!isTroubled) return;
    scheduler.at(world, Math.max(silentUntilMs, scheduler.nowMs()) + (1 + 4 * draw.next()) * SECOND_MS, 'drive', drive);
    fleet.disturb();
    const isActive = running() !== null;
    for (let left = draw.next() < SEVERAL_AT_ONCE ? 3 : 1; left > 0; left--) submit(isActive || draw.next() < 0.5 ? weighted(MOVES, draw) : start);
  };

  const stepUntil = async (untilMs: number): Promise<void> => {
    while (problems.length === 0 && (await scheduler.step(untilMs))) fleet.replaceSpent();
  };

  const feed = (): FeedService | null => fleet.feed()?.feed ?? null;

  const calm = (): void => {
    isTroubled = false;
    faults.cease();
    scheduler.setHaste(0);
    fleet.calm();
  };

  return {
    run: async () => {
      scheduler.setHaste(0.02 + 0.1 * draw.next());
      startTimetable({
        ...{ world, scheduler, faults, draw, fleet, path, bus, onError },
        isScanning: () => isTroubled,
        onFault: (fault) => complain('outbox', fault),
      });
      submit(start);
      drive();
      await stepUntil(startMs + TROUBLED_MS / 2);
      const leapMs = faults.strikes('leap') ? LEAP_MS : 0;
      silentUntilMs = startMs + TROUBLED_MS / 2 + leapMs;
      const calmMs = startMs + TROUBLED_MS + leapMs;
      await stepUntil(calmMs);
      calm();
      await stepUntil(calmMs + SETTLING_MS);
      if (problems.length === 0) {
        for (const fault of settledFaults({ books, clients, feed: feed(), nowMs: scheduler.nowMs() })) complain('settles', fault);
      }
      submit(stop);
      await stepUntil(calmMs + SETTLING_MS + CLOSING_MS);
      if (problems.length === 0)
        for (const fault of await closedFaults({ items, books, bus, clients, acknowledged, feed: feed(), nowMs: scheduler.nowMs() }))
          complain('settles', fault);
    },
    result: (): SeedResult => ({
      seed,
      problems,
      steps: scheduler.steps(),
      journal: digest(books.all().map(({ sessionId, account }) => [sessionId, account.hash])),
      faults: faults.counts(),
      sessions: books.all().length,
      rows: books.all().reduce((total, { account }) => total + account.seq, 0),
      fundings: books.all().reduce((total, book) => total + book.fundings, 0),
      fills: books.all().reduce((total, { account }) => total + account.totals.fills, 0),
      trades: books.all().reduce((total, { account }) => total + account.totals.trades, 0),
      acknowledged: acknowledged.count(),
      answered: clients.answered(),
    }),
  };
}

function weighted(moves: readonly Move[], draw: Rng): Move {
  let left = draw.next() * moves.reduce((total, { weight }) => total + weight, 0);
  for (const move of moves) {
    left -= move.weight;
    if (left < 0) return move;
  }
  return start;
}
