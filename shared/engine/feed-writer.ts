import { messageOf } from '../kernel/errors.ts';
import { SECOND_MS } from '../kernel/time.ts';
import type { EngineContext } from './context.ts';
import { StoreError } from './ports.ts';

/** The feed's writes to the store, in the order in which they were asked for. */
export interface FeedWriter {
  /** Resolves when the task is done, or will not be done any more. */
  readonly write: (what: string, task: () => Promise<void>) => Promise<void>;
  readonly pending: () => number;
  /** Resolves when what was asked for so far is done. */
  readonly settled: () => Promise<void>;
  /** Another feed has taken over, however that was found out: nothing is written any more. The first time it is told on. */
  readonly fencedOff: (error: unknown) => void;
}

const RETRY_MS = SECOND_MS;

/**
 * Writes one after the other. A write that the store does not take is tried again until it is taken, as long as `isRunning`:
 * prices go on, time in a replay waits. One that is fenced off ends the feed.
 */
export function createFeedWriter(
  { log, sleep }: Pick<EngineContext, 'log' | 'sleep'>,
  isRunning: () => boolean,
  onFenced: (error: unknown) => void,
): FeedWriter {
  let writing: Promise<void> = Promise.resolve();
  let pending = 0;
  let isFenced = false;

  const fencedOff = (error: unknown): void => {
    if (isFenced) return;
    isFenced = true;
    onFenced(error);
  };

  const untilTaken = async (what: string, task: () => Promise<void>): Promise<void> => {
    for (let attempt = 1; !isFenced; attempt++) {
      try {
        return await task();
      } catch (error) {
        log('error', 'feed-write-failed', { what, attempt, why: messageOf(error) });
        if (error instanceof StoreError && error.code === 'fenced') return fencedOff(error);
        if (!isRunning()) return;
        await sleep(RETRY_MS);
      }
    }
  };

  return {
    write: (what, task) => {
      pending += 1;
      writing = writing.then(() => untilTaken(what, task));
      return writing.finally(() => {
        pending -= 1;
      });
    },
    pending: () => pending,
    settled: () => writing,
    fencedOff,
  };
}
