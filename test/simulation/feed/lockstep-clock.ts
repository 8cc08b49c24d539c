import type { Clock } from '../../../shared/kernel/clock.ts';
import { createVirtualClock } from '../../../shared/kernel/clock-virtual.ts';

/**
 * A virtual clock under which real sockets on this machine work: time stands still until the sockets are quiet, then jumps to
 * the next task. What a task sends has arrived, and was answered, before a later task begins, so the same seed gives the same
 * run, and a day takes minutes.
 */
export interface LockstepClock extends Clock {
  /** Something happened on a socket: they are not quiet yet. */
  readonly touch: () => void;
  run(untilMs: number): Promise<void>;
  /** Loop turns spent waiting for the sockets, a measure of what the lock-step costs. */
  readonly turns: () => number;
}

export interface LockstepOptions {
  readonly startMs: number;
  /** Whether something is on its way that must arrive before time goes on. */
  readonly isBusy: () => boolean;
  readonly onError: (error: unknown, label: string) => void;
}

/**
 * On the loopback a write is readable on the other side when it returns, so that the next turn of the event loop brings it; a
 * handshake or a closing takes a few turns, each of which touches.
 */
const QUIET_TURNS = 4;
const PATIENCE_MS = 20_000;

export function lockstepClock({ startMs, isBusy, onError }: LockstepOptions): LockstepClock {
  const virtual = createVirtualClock({ startMs, speed: Number.POSITIVE_INFINITY });
  let touches = 0;
  let turns = 0;

  async function settle(): Promise<void> {
    const began = performance.now();
    let seen = touches;
    for (let quiet = 0; quiet < QUIET_TURNS; quiet++) {
      await new Promise((resolve) => setImmediate(resolve));
      turns++;
      if (touches === seen && !isBusy()) continue;
      if (performance.now() - began > PATIENCE_MS) throw new Error(`The sockets are not quiet after ${PATIENCE_MS} ms of wall time`);
      seen = touches;
      quiet = -1;
    }
  }

  return {
    now: virtual.now,
    // A task is begun, not awaited: one that waits for a later instant would stop the time it waits for.
    at: (ms, label, task) =>
      virtual.at(ms, label, async () => {
        const failed = (error: unknown): void => onError(error, label);
        try {
          Promise.resolve(task()).catch(failed);
        } catch (error) {
          failed(error);
        }
        await settle();
      }),
    touch: () => {
      touches++;
    },
    run: virtual.run,
    turns: () => turns,
  };
}
