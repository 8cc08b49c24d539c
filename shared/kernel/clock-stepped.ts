import type { Clock } from './clock.ts';
import { NightdeskError } from './errors.ts';
import { createTaskHeap } from './task-heap.ts';
import type { EpochMs } from './time.ts';

class SteppedClockError extends NightdeskError<'awaits'> {}

/** A clock that is moved by hand and never awaits: the tasks of a backtest. */
export interface SteppedClock extends Clock {
  /** Works off the tasks of before the instant, in the order of a virtual clock, and stands there. Tasks of the instant itself come later. @throws SteppedClockError `awaits` */
  readonly advance: (toMs: EpochMs) => void;
  /** Whether no task is due before the instant. */
  readonly isIdleUntil: (ms: EpochMs) => boolean;
}

/** Stands at `startMs`. */
export function createSteppedClock(startMs: EpochMs): SteppedClock {
  const tasks = createTaskHeap();
  let nowMs = startMs;
  let ordinal = 0;
  return {
    now: () => nowMs,
    at: (ms, label, run) => {
      const task = { ms, label, ordinal: ordinal++, run, cancelled: false };
      tasks.push(task);
      return () => {
        task.cancelled = true;
      };
    },
    isIdleUntil: (ms) => {
      const next = tasks.peek();
      return next === undefined || next.ms >= ms;
    },
    advance: (toMs) => {
      for (let next = tasks.peek(); next !== undefined && next.ms < toMs; next = tasks.peek()) {
        tasks.pop();
        nowMs = Math.max(nowMs, next.ms);
        if (!next.cancelled && next.run() !== undefined)
          throw new SteppedClockError('awaits', `Task ${next.label} awaits something, which nothing may under a stepped clock`, {
            label: next.label,
          });
      }
      if (toMs > nowMs) nowMs = toMs;
    },
  };
}
