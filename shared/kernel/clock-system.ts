import type { Clock } from './clock.ts';
import type { EpochMs } from './time.ts';

// setTimeout takes at most 2^31 - 1 ms; a later task is looked at again when that has passed.
const LONGEST_TIMER_MS = 2_000_000_000;

/** The wall clock. `onError` hears of a task that failed: a timer has no caller to tell. */
export function systemClock(onError: (error: unknown, label: string) => void): Clock {
  const run = async (label: string, task: () => Promise<void> | void): Promise<void> => {
    try {
      await task();
    } catch (error) {
      onError(error, label);
    }
  };
  return {
    now: () => Date.now(),
    at: (ms: EpochMs, label, task) => {
      let timer: NodeJS.Timeout;
      const arm = (): void => {
        const waitMs = ms - Date.now();
        timer = waitMs > LONGEST_TIMER_MS ? setTimeout(arm, LONGEST_TIMER_MS) : setTimeout(() => void run(label, task), Math.max(0, waitMs));
      };
      arm();
      return () => clearTimeout(timer);
    },
  };
}

/** Waits on the wall clock. */
export const wallSleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
