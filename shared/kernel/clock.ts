import type { EpochMs } from './time.ts';

/** Stops a task that has not begun. */
export type Cancel = () => void;

/**
 * Time as the engine sees it. The wall clock and the virtual clock of replays implement the same port, so nothing
 * in the engine knows which of them it runs under.
 */
export interface Clock {
  now(): EpochMs;
  /**
   * Runs the task at the instant, or as soon as possible when it has passed. Tasks of one instant run in the order of
   * their labels, so that a restarted run meets them in the same order.
   */
  at(ms: EpochMs, label: string, task: () => Promise<void> | void): Cancel;
}
