import type { Clock } from './clock.ts';
import { createTaskHeap, type Task } from './task-heap.ts';
import type { EpochMs } from './time.ts';

/** A clock that moves from task to task: each is awaited before time goes on, so a run is the same at any speed. */
export interface VirtualClock extends Clock {
  /** Works off the tasks until `untilMs` is reached or `stop` is called. @throws what a task throws */
  run(untilMs: EpochMs): Promise<void>;
  /** Holds time where it is; tasks wait. */
  pause(): void;
  resume(): void;
  stop(): void;
  readonly isPaused: () => boolean;
}

export interface VirtualClockOptions {
  readonly startMs: EpochMs;
  /** Virtual milliseconds a wall millisecond; Infinity for as fast as possible. */
  readonly speed: number;
  /** Monotonic wall time, ms. */
  readonly wallMs?: () => number;
}

// At full speed the loop lets the process breathe (sockets, signals) this often.
const BREATHE_EVERY_MS = 10;

export function createVirtualClock({ startMs, speed, wallMs = () => performance.now() }: VirtualClockOptions): VirtualClock {
  const tasks = createTaskHeap();
  let nowMs = startMs;
  let ordinal = 0;
  let anchor = { virtualMs: startMs, wallMs: wallMs() };
  let isPaused = false;
  let isStopped = false;
  let isWorking = false;
  let isRunning = false;
  let wake: () => void = () => undefined;
  let breathedMs = wallMs();

  const paced = (): EpochMs => anchor.virtualMs + (wallMs() - anchor.wallMs) * speed;

  const anchorHere = (): void => {
    anchor = { virtualMs: nowMs, wallMs: wallMs() };
  };

  const pauseUntilWoken = (ms: number | null): Promise<void> =>
    new Promise((resolve) => {
      const timer = ms === null ? null : setTimeout(resolve, ms);
      wake = () => {
        if (timer !== null) clearTimeout(timer);
        resolve();
      };
    });

  /** Between tasks time flows at its speed, but never past the next task; before a run and after it, it stands. */
  const now = (): EpochMs => {
    if (!isRunning || isWorking || isPaused || isStopped || !Number.isFinite(speed)) return nowMs;
    const nextMs = tasks.peek()?.ms ?? nowMs;
    return Math.floor(Math.max(nowMs, Math.min(paced(), nextMs)));
  };

  const work = async (task: Task): Promise<void> => {
    nowMs = Math.max(nowMs, task.ms);
    isWorking = true;
    try {
      await task.run();
    } finally {
      isWorking = false;
    }
  };

  /** What must be waited for before the next task: its pace, a resume, or any task at all. Null when it is due. */
  const hold = (next: Task | undefined): Promise<void> | null => {
    if (isPaused || next === undefined) return pauseUntilWoken(null);
    const aheadMs = Number.isFinite(speed) ? (next.ms - paced()) / speed : 0;
    return aheadMs >= 1 ? pauseUntilWoken(aheadMs) : null;
  };

  const isOver = (next: Task | undefined, untilMs: EpochMs): boolean => (next === undefined ? nowMs >= untilMs : next.ms > untilMs);

  const breathe = async (): Promise<void> => {
    if (wallMs() - breathedMs <= BREATHE_EVERY_MS) return;
    await new Promise((resolve) => setImmediate(resolve));
    breathedMs = wallMs();
  };

  const run = async (untilMs: EpochMs): Promise<void> => {
    isRunning = true;
    anchorHere();
    breathedMs = wallMs();
    while (!isStopped) {
      const next = tasks.peek();
      if (!isPaused && isOver(next, untilMs)) break;
      const held = hold(next);
      if (held !== null || next === undefined) {
        await held;
        continue;
      }
      tasks.pop();
      if (!next.cancelled) await work(next);
      await breathe();
    }
    isRunning = false;
    if (!isStopped) nowMs = Math.max(nowMs, untilMs);
  };

  return {
    now,
    at: (ms, label, task) => {
      // What has been told as now stays the past, also when the task is for an instant before it.
      nowMs = now();
      const entry: Task = { ms, label, ordinal: ordinal++, run: task, cancelled: false };
      tasks.push(entry);
      wake();
      return () => {
        entry.cancelled = true;
      };
    },
    run,
    pause: () => {
      nowMs = now();
      isPaused = true;
    },
    resume: () => {
      if (!isPaused) return;
      isPaused = false;
      anchorHere();
      wake();
    },
    stop: () => {
      isStopped = true;
      wake();
    },
    isPaused: () => isPaused,
  };
}
