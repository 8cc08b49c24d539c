import { messageOf } from '../kernel/errors.ts';
import { SECOND_MS } from '../kernel/time.ts';
import type { EngineContext } from './context.ts';
import { StoreError } from './ports.ts';

/** The feed's writes to the store, in the order in which they were asked for. */
export interface FeedWriter {
  /** Resolves when the task is done, or will not be done any more. */
  readonly write: (what: string, task: () => Promise<void>) => Promise<void>;
  /** The same for somebody who must know: rejects with what the store said last when the task will not be done any more. */
  readonly mustWrite: (what: string, task: () => Promise<void>) => Promise<void>;
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

  /** Null when the task is done, else why it is not. */
  const untilTaken = async (what: string, task: () => Promise<void>): Promise<Error | null> => {
    for (let attempt = 1; !isFenced; attempt++) {
      try {
        await task();
        return null;
      } catch (error) {
        log('error', 'feed-write-failed', { what, attempt, why: messageOf(error) });
        const failure = error instanceof Error ? error : new Error(messageOf(error));
        if (error instanceof StoreError && error.code === 'fenced') {
          fencedOff(error);
          return failure;
        }
        if (!isRunning()) return failure;
        await sleep(RETRY_MS);
      }
    }
    return new StoreError('fenced', `Another feed has taken over: ${what} is not written`, { what });
  };

  const inTurn = async (what: string, task: () => Promise<void>): Promise<Error | null> => {
    pending += 1;
    const outcome = writing.then(() => untilTaken(what, task));
    writing = outcome.then(() => undefined);
    try {
      return await outcome;
    } finally {
      pending -= 1;
    }
  };

  return {
    write: async (what, task) => {
      await inTurn(what, task);
    },
    mustWrite: async (what, task) => {
      const failure = await inTurn(what, task);
      if (failure !== null) throw failure;
    },
    pending: () => pending,
    settled: () => writing,
    fencedOff,
  };
}
