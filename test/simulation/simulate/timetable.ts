import type { Rng } from '../../../shared/kernel/rng.ts';
import { type EpochMs, SECOND_MS } from '../../../shared/kernel/time.ts';
import type { Bus } from './bus.ts';
import type { Faults } from './faults.ts';
import type { Fleet } from './fleet.ts';
import { SCHEDULED_MOVES, type ScheduledMove } from './moves.ts';
import { type PricePath, TICK_EVERY_MS } from './price-path.ts';
import type { Process } from './process.ts';
import { relayOnce } from './relay.ts';
import type { Owner, Scheduler } from './scheduler.ts';

export interface TimetableParts {
  readonly world: Owner;
  readonly scheduler: Scheduler;
  readonly faults: Faults;
  readonly draw: Rng;
  readonly fleet: Fleet;
  readonly path: PricePath;
  readonly bus: Bus;
  /** Whether strategies are still asked: what is to settle takes no new orders. */
  readonly isScanning: () => boolean;
  readonly onError: (error: unknown, during: string) => void;
  readonly onFault: (fault: string) => void;
}

const RELAY_EVERY_MS = 5 * SECOND_MS;
const ATTEMPTS = 3;

/** Starts what happens by itself: schedules that run somewhere, again when they fail, prices, and the outbox's relay. */
export function startTimetable({ world, scheduler, faults, draw, fleet, path, bus, isScanning, onError, onFault }: TimetableParts): void {
  const anyHost = (): Process | undefined => {
    const able = fleet.hosts();
    return able[Math.floor(draw.next() * able.length)];
  };

  const run = (move: ScheduledMove, atMs: EpochMs, attempt = 1): void => {
    const host = anyHost();
    if (host === undefined) return;
    scheduler.soon(host.owner, `run ${move.name}`, () => {
      void move.run(host.context, atMs).catch((error: unknown) => {
        onError(error, move.name);
        if (attempt < ATTEMPTS) scheduler.at(world, scheduler.nowMs() + SECOND_MS, `again ${move.name}`, () => run(move, atMs, attempt + 1));
      });
    });
  };

  const schedule = (move: ScheduledMove, atMs: EpochMs): void => {
    scheduler.at(world, atMs + move.delayMs, `schedule ${move.name}`, () => {
      schedule(move, atMs + move.everyMs);
      if (move.places && !isScanning()) return;
      run(move, atMs);
      if (faults.strikes('run-doubled')) run(move, atMs);
    });
  };

  const runRelay = (): void => {
    const host = anyHost();
    if (host === undefined) return;
    scheduler.soon(host.owner, 'run relay', () => {
      void relayOnce(host.context.ledger, bus, onFault).catch((error: unknown) => onError(error, 'relay'));
    });
  };

  const relay = (): void => {
    scheduler.at(world, scheduler.nowMs() + RELAY_EVERY_MS, 'relay', relay);
    runRelay();
    if (faults.strikes('run-doubled')) runRelay();
  };

  const tick = (): void => {
    const nowMs = scheduler.nowMs();
    scheduler.at(world, nowMs + TICK_EVERY_MS, 'ticks', tick);
    fleet.hear(path.prices(nowMs));
  };

  for (const move of SCHEDULED_MOVES) schedule(move, scheduler.nowMs() - (scheduler.nowMs() % move.everyMs));
  tick();
  relay();
}
