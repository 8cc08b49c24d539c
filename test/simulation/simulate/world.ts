import { EngineError } from '../../../shared/engine/errors.ts';
import { type LedgerStore, StoreError } from '../../../shared/engine/ports.ts';
import { messageOf } from '../../../shared/kernel/errors.ts';
import { type Rng, rng } from '../../../shared/kernel/rng.ts';
import { MINUTE_MS, SECOND_MS } from '../../../shared/kernel/time.ts';
import type { Action } from '../../../shared/store/items.ts';
import { createLedger } from '../../../shared/store/ledger.ts';
import { createMarket } from '../../../shared/store/market.ts';
import { createMemoryItems } from '../../../shared/store/memory-items.ts';
import { createAcknowledged } from './acknowledged.ts';
import { createBooks } from './books.ts';
import { createBus } from './bus.ts';
import { createClients } from './clients.ts';
import type { ConditionsAlone } from './conditions-alone.ts';
import { createFaults, type FaultCounts } from './faults.ts';
import { guessing } from './guesses.ts';
import { createLeases } from './leases.ts';
import { type Move, MOVES, SCHEDULED_MOVES, type ScheduledMove, start, stop } from './moves.ts';
import { createPricePath, TICK_EVERY_MS } from './price-path.ts';
import { LEASE_MS, launch, type Process, SCOPE } from './process.ts';
import { createScheduler, type Owner } from './scheduler.ts';
import { closedFaults, settledFaults } from './settled.ts';
import { relayOnce } from './relay.ts';
import { createSimItems } from './sim-items.ts';
import { createSystemRows } from './system-rows.ts';
import type { Variant } from './variants.ts';
import { watchedRows } from './watched-rows.ts';

/** Shortly before an hour, a day, the NSE's open and its close: what happens then happens in every seed that begins there. */
const STARTS_MS = [Date.UTC(2025, 0, 7, 23, 58), Date.UTC(2025, 0, 7, 3, 44), Date.UTC(2025, 0, 7, 9, 58), Date.UTC(2025, 0, 7, 12, 58)] as const;
/** How long things go wrong, and how long they may then take to settle. */
const TROUBLED_MS = 140 * SECOND_MS;
const SETTLING_MS = 120 * SECOND_MS;
const CLOSING_MS = 70 * SECOND_MS;
const LEAP_MS = 16 * MINUTE_MS;

export interface RunOptions {
  readonly variant?: Variant | null;
  readonly trace?: ((line: string) => void) | null;
  /** Sees every write as the program meant it. */
  readonly onWrite?: (actions: readonly Action[]) => void;
  readonly alone?: ConditionsAlone | null;
}

export interface SeedResult {
  readonly seed: number;
  /** What did not hold, as sentences; the run ends with the first. */
  readonly problems: readonly string[];
  readonly steps: number;
  readonly faults: FaultCounts;
  readonly fills: number;
  readonly rows: number;
  readonly acknowledged: number;
  readonly answered: number;
}

/** One seed from beginning to end. */
export async function runSeed(seed: number, options: RunOptions = {}): Promise<SeedResult> {
  const world = createWorld(seed, options);
  await world.run();
  return world.result();
}

function createWorld(seed: number, { variant = null, trace = null, onWrite, alone = null }: RunOptions) {
  const name = String(seed);
  const draw = rng('world', name);
  const startMs = STARTS_MS[Math.floor(draw.next() * STARTS_MS.length)] ?? STARTS_MS[0];
  const scheduler = createScheduler(startMs, rng('schedule', name), trace);
  const faults = createFaults(rng('faults', name));
  const problems: string[] = [];
  const complain = (fault: string): void => {
    problems.push(fault);
    trace?.(`      PROBLEM ${fault}`);
  };
  const items = createMemoryItems();
  const books = createBooks(items);
  const bus = createBus();
  const rows = watchedRows(items, {
    books,
    leases: createLeases(items, SCOPE, LEASE_MS),
    system: createSystemRows(items, bus),
    alone,
    onWrite,
    complain,
  });
  const acknowledged = createAcknowledged(items, books.all, complain);
  const path = createPricePath(name, startMs - 2 * MINUTE_MS);
  const world: Owner = { name: 'world', isAlive: true, offsetMs: 0 };
  /** One machine, on which one process does everything and knows that it is alone; else functions and a feed, or two. */
  const isOneMachine = draw.next() < 0.2;
  const places = new Map<string, Process>();
  let launched = 0;
  let isTroubled = true;

  const onError = (error: unknown, during: string): void => {
    if (error instanceof StoreError && error.code !== 'corrupt') return;
    if (error instanceof EngineError) return;
    complain(`${during}: ${error instanceof Error ? (error.stack ?? error.message) : messageOf(error)}`);
  };

  const launchAt = (place: string): void => {
    launched += 1;
    const owner: Owner = { name: `${place}#${launched}`, isAlive: true, offsetMs: 0 };
    const simItems = createSimItems({ shared: rows, owner, scheduler, faults, draw, variant });
    const ledger: LedgerStore = guessing(variant, createLedger(simItems));
    const hasFeed = place !== 'functions-a' && place !== 'functions-b';
    const process = launch({
      owner,
      stores: acknowledged.watch({ ledger, market: createMarket(simItems, { ttlDays: 36_500, now: () => 0 }) }),
      scheduler,
      path,
      seed: name,
      isExclusive: isOneMachine,
      holder: hasFeed ? (isOneMachine ? place : owner.name) : null,
      nudge,
      onError,
      trace,
    });
    places.set(place, process);
  };

  const nudge = async (from: Process): Promise<void> => {
    if (isOneMachine) return from.isRunning() ? from.feed?.nudge() : undefined;
    if (faults.strikes('nudge-lost')) return;
    for (const process of places.values()) {
      if (process.feed === null) continue;
      const message = (): void => void (process.isRunning() ? process.feed?.nudge() : undefined)?.catch((error: unknown) => onError(error, 'nudge'));
      scheduler.soon(process.owner, 'nudge', message);
      if (faults.strikes('nudge-doubled')) scheduler.soon(process.owner, 'nudge once more', message);
    }
  };

  const hosts = (): readonly Process[] => [...places.values()].filter(({ feed }) => isOneMachine || feed === null);
  const clients = createClients({
    owner: world,
    scheduler,
    faults,
    draw,
    hosts: () => hosts().map(({ context }) => context),
    books: books.all,
    complain,
  });

  const launchAgain = (place: string, afterMs: number): void => {
    scheduler.at(world, scheduler.nowMs() + afterMs, `launch ${place}`, () => {
      if (!places.has(place)) launchAt(place);
    });
  };

  const crash = (place: string): void => {
    const process = places.get(place);
    if (process === undefined) return;
    places.delete(place);
    scheduler.kill(process.owner, (label) => label.startsWith('write') && faults.strikes('crash-mid-write'));
    if (place !== 'feed-b') launchAgain(place, (1 + 14 * draw.next()) * SECOND_MS);
  };

  const runScheduled = ({ name: what, run }: ScheduledMove, atMs: number, attempt = 1): void => {
    const able = hosts();
    const host = able[Math.floor(draw.next() * able.length)];
    if (host === undefined) return;
    scheduler.soon(host.owner, `run ${what}`, () => {
      void run(host.context, atMs).catch((error: unknown) => {
        onError(error, what);
        if (attempt < 3) scheduler.at(world, scheduler.nowMs() + SECOND_MS, `again ${what}`, () => runScheduled({ name: what, everyMs: 0, delayMs: 0, run }, atMs, attempt + 1));
      });
    });
  };

  const schedule = (move: ScheduledMove, atMs: number): void => {
    scheduler.at(world, atMs + move.delayMs, `schedule ${move.name}`, () => {
      schedule(move, atMs + move.everyMs);
      if (isTroubled || move !== SCHEDULED_MOVES[0]) runScheduled(move, atMs);
      if (faults.strikes('run-doubled')) runScheduled(move, atMs);
    });
  };

  const relay = (): void => {
    const able = hosts();
    const host = able[Math.floor(draw.next() * able.length)];
    scheduler.at(world, scheduler.nowMs() + 5 * SECOND_MS, 'relay', relay);
    if (host === undefined) return;
    scheduler.soon(host.owner, 'run relay', () => {
      void relayOnce(host.context.ledger, bus, complain).catch((error: unknown) => onError(error, 'relay'));
    });
  };

  const ticks = (): void => {
    const nowMs = scheduler.nowMs();
    scheduler.at(world, nowMs + TICK_EVERY_MS, 'ticks', ticks);
    for (const process of places.values()) if (process.feed !== null) process.hear(path.ticks(nowMs));
  };

  const submit = (move: Move): void => {
    clients.submit({ key: `${move.name}-${clients.answered()}-${scheduler.steps()}-${Math.floor(draw.next() * 1e6)}`, begins: move.begins, send: move.request(draw) });
  };

  const disturb = (): void => {
    for (const [place, process] of places) {
      if (faults.strikes('crash')) crash(place);
      else if (faults.strikes('clock-jump')) process.owner.offsetMs = Math.round((draw.next() - 0.5) * (draw.next() < 0.2 ? 90 : 20) * SECOND_MS);
    }
    if (!isOneMachine && !places.has('feed-b') && faults.strikes('second-feed')) launchAt('feed-b');
    else if (draw.next() < 0.1) leave('feed-b');
  };

  /** A rolling update: the one that is asked to stop stops, whatever it has under way. */
  const leave = (place: string): void => {
    const process = places.get(place);
    if (process === undefined) return;
    places.delete(place);
    void process.leave().catch((error: unknown) => onError(error, 'stop'));
  };

  /** A feed that lost its lease ends, and its host starts another one. */
  const replaceSpent = (): void => {
    for (const [place, process] of places) {
      if (!process.isSpent()) continue;
      places.delete(place);
      scheduler.kill(process.owner, () => false);
      if (place !== 'feed-b') launchAgain(place, 2 * SECOND_MS);
    }
  };

  const drive = (): void => {
    if (!isTroubled) return;
    scheduler.at(world, scheduler.nowMs() + (1 + 4 * draw.next()) * SECOND_MS, 'drive', drive);
    disturb();
    const isActive = books.all().some(({ account }) => account.status !== 'stopped');
    const moves = isActive ? MOVES : [start, start, start, ...MOVES];
    // Now and then several at once.
    for (let left = draw.next() < 0.2 ? 3 : 1; left > 0; left--) submit(weighted(moves, draw));
  };

  const step = async (untilMs: number): Promise<void> => {
    while (problems.length === 0 && (await scheduler.step(untilMs))) replaceSpent();
  };

  const calm = (): void => {
    isTroubled = false;
    faults.cease();
    scheduler.setHaste(0);
    for (const process of places.values()) process.owner.offsetMs = 0;
    leave('feed-b');
  };

  return {
    run: async () => {
      scheduler.setHaste(0.02 + 0.1 * draw.next());
      for (const place of isOneMachine ? ['machine'] : ['functions-a', 'functions-b', 'feed-a']) launchAt(place);
      for (const move of SCHEDULED_MOVES) schedule(move, startMs - (startMs % move.everyMs));
      ticks();
      relay();
      submit(start);
      drive();
      await step(startMs + TROUBLED_MS / 2);
      const leapMs = faults.strikes('leap') ? LEAP_MS : 0;
      await step(startMs + TROUBLED_MS + leapMs);
      calm();
      await step(startMs + TROUBLED_MS + leapMs + SETTLING_MS);
      const feed = [...places.values()].find((process) => process.feed !== null)?.feed ?? null;
      if (problems.length === 0) for (const fault of settledFaults({ books, clients, feed, nowMs: scheduler.nowMs() })) complain(fault);
      submit(stop);
      await step(startMs + TROUBLED_MS + leapMs + SETTLING_MS + CLOSING_MS);
      if (problems.length === 0) for (const fault of await closedFaults({ items, books, bus, clients, acknowledged })) complain(fault);
    },
    result: (): SeedResult => ({
      seed,
      problems,
      steps: scheduler.steps(),
      faults: faults.counts(),
      fills: books.all().reduce((total, { account }) => total + account.totals.fills, 0),
      rows: books.all().reduce((total, { account }) => total + account.seq, 0),
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
