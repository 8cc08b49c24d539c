import type { Clock } from './clock.ts';
import type { EpochMs } from './time.ts';

// setTimeout takes at most 2^31 - 1 ms, and its own clock is not the wall clock: it may fire a millisecond early. A task that
// is not due yet is waited for again.
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
        const waitMs = Math.min(LONGEST_TIMER_MS, Math.max(0, ms - Date.now()));
        timer = setTimeout(() => (Date.now() < ms ? arm() : void run(label, task)), waitMs);
      };
      arm();
      return () => clearTimeout(timer);
    },
  };
}

/** Waits on the wall clock. */
export const wallSleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
