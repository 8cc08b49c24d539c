import type { Stored } from '../history-store.ts';

export interface FetchReport {
  /** Files fetched and verified. */
  readonly fetched: number;
  /** Files that were in the history already. */
  readonly known: number;
  /** What the archive does not have, and why that is no failure: a holiday, not published yet, not listed then. */
  readonly absent: readonly string[];
  /** What should be there and could not be had. */
  readonly failed: readonly string[];
  readonly bytes: number;
  readonly rows: number;
  readonly stored: Stored;
}

/** Called before each file, and once at the end. */
export type OnFile = (done: number, of: number, name: string) => void;

/** Does tasks one after the other, in the order in which they are given, whoever gives them. */
export function oneAtATime(): <Result>(task: () => Promise<Result>) => Promise<Result> {
  let last: Promise<unknown> = Promise.resolve();
  return (task) => {
    const mine = last.then(task, task);
    last = mine.catch(() => undefined);
    return mine;
  };
}
