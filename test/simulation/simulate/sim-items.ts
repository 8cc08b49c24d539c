import { StoreError } from '../../../shared/engine/ports.ts';
import type { Rng } from '../../../shared/kernel/rng.ts';
import { SECOND_MS } from '../../../shared/kernel/time.ts';
import type { Action, Item, Items } from '../../../shared/store/items.ts';
import type { Faults } from './faults.ts';
import type { Owner, Scheduler } from './scheduler.ts';
import { stepKind } from './step-kinds.ts';
import { isLate, keyOf, type Part, partsOf, type Variant } from './variants.ts';

/** What is done to the rows that all processes share, and who hears of it. */
export interface SharedRows {
  readonly items: Items;
  /** Before a write is done, broken or not. */
  readonly beforeWrite: (intended: readonly Action[]) => Promise<void>;
  /** After one was done: what the process meant to write, and which part of it this was. */
  readonly afterWrite: (owner: Owner, intended: readonly Action[], part: Part) => Promise<void>;
  /** After one was refused, with the places of the steps whose conditions failed. */
  readonly onRefused: (actions: readonly Action[], failed: readonly number[]) => Promise<void>;
}

export interface SimItemsParts {
  readonly rows: SharedRows;
  readonly owner: Owner;
  readonly scheduler: Scheduler;
  readonly faults: Faults;
  readonly draw: Rng;
  readonly variant: Variant | null;
  /** Hears that the process was stopped for a while. */
  readonly onPause: () => void;
}

const failure = (code: 'unavailable' | 'unknown', what: string): StoreError => new StoreError(code, `injected: ${what}`);

/**
 * The tables as one process sees them: every call is on its way for a while, is done at an instant of the scheduler's choice
 * and answered at another, later one: so an answer may tell what is no longer true, and may not come at all.
 */
export function createSimItems({ rows, owner, scheduler, faults, draw, variant, onPause }: SimItemsParts): Items {
  const { items } = rows;

  const answer = (label: string, tell: () => void): void => {
    // The machine stops the process for about as long as a lease lasts, and it does not know when it goes on.
    if (faults.strikes('pause')) {
      owner.pausedUntilMs = scheduler.nowMs() + Math.round((10 + 15 * draw.next()) * SECOND_MS);
      onPause();
    }
    const isPaused = owner.pausedUntilMs > scheduler.nowMs();
    if (isPaused || faults.strikes('slow-answer')) scheduler.soon(owner, `answer ${label}`, tell);
    else tell();
  };

  const read = <T>(label: string, run: () => Promise<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      scheduler.soon(owner, `read ${label}`, async () => {
        if (faults.strikes('throttled')) return answer(label, () => reject(failure('unavailable', 'a read was throttled')));
        const found = await run();
        answer(label, () => resolve(found));
      });
    });

  /** Does the write, whatever becomes of the answer. @returns the places, within the whole, of the conditions that failed */
  const perform = async (intended: readonly Action[], part: Part): Promise<readonly number[]> => {
    await rows.beforeWrite(intended);
    const failed = part.actions.length === 0 ? [] : await items.write(part.actions);
    if (failed.length === 0) await rows.afterWrite(owner, intended, part);
    else await rows.onRefused(part.actions, failed);
    return failed.map((index) => part.indices[index] ?? -1);
  };

  /** What keeps a write from being done now; null when it is done. */
  const hindrance = (intended: readonly Action[], part: Part, label: string): StoreError | null => {
    if (faults.strikes('throttled')) return failure('unavailable', 'a write was throttled');
    if (faults.strikes('conflict')) return failure('unavailable', 'TransactionConflict');
    if (faults.strikes('unanswered-undone')) return failure('unknown', 'no answer, not done');
    if (!faults.strikes('unanswered-done-later')) return null;
    scheduler.soon(owner, `late write ${label}`, async () => void (await perform(intended, part)), { outlives: true });
    return failure('unknown', 'no answer yet');
  };

  /** What is answered when the write was done, or was refused by its conditions. */
  const answerOf = (failed: readonly number[], part: Part): readonly number[] => {
    if (faults.strikes('unanswered-done')) throw failure('unknown', 'no answer, done or refused');
    // A single step carries no token: sent again for want of an answer, it is refused by what it has done itself.
    const isRefusedByItself = failed.length === 0 && part.actions.length === 1 && faults.strikes('done-and-refused');
    return isRefusedByItself ? part.indices : failed;
  };

  const write = (intended: readonly Action[], part: Part): Promise<readonly number[]> =>
    new Promise((resolve, reject) => {
      const label = part.actions.map(stepKind).join(', ');
      scheduler.soon(owner, `write ${label}`, async () => {
        const hindered = hindrance(intended, part, label);
        if (hindered !== null) return answer(label, () => reject(hindered));
        try {
          const told = answerOf(await perform(intended, part), part);
          answer(label, () => resolve(told));
        } catch (error) {
          answer(label, () => reject(error));
        }
      });
    });

  const writeParts = async (actions: readonly Action[]): Promise<readonly number[]> => {
    for (const part of partsOf(variant, actions)) {
      const failed = await write(actions, part);
      if (failed.length > 0) return failed;
    }
    return [];
  };
  /** What a broken program has said it has written. */
  const held: (readonly Action[])[] = [];

  /** Many rows are not read at one instant. */
  const getMany: Items['getMany'] = async (table, keys) => {
    const wanted = keys.map((key) => keyOf(variant, table, key));
    const label = `${table} ${keys.map(({ sk }) => sk).join(' ')}`;
    if (keys.length < 2 || !faults.strikes('torn-read')) return read(label, () => items.getMany(table, wanted));
    const at = 1 + Math.floor(draw.next() * (keys.length - 1));
    const found: readonly (readonly Item[])[] = await Promise.all([
      read(`${label} (first part)`, () => items.getMany(table, wanted.slice(0, at))),
      read(`${label} (second part)`, () => items.getMany(table, wanted.slice(at))),
    ]);
    return found.flat();
  };

  return {
    get: (table, key) => read(`${table} ${key.pk} ${key.sk}`, () => items.get(table, keyOf(variant, table, key))),
    getMany,
    query: (table, range, options) => read(`${table} ${range.pk} ${range.from}..`, () => items.query(table, range, options)),
    write: async (actions) => {
      if (isLate(variant, actions)) {
        held.push(actions);
        return [];
      }
      const failed = await writeParts(actions);
      for (const late of held.splice(0)) await writeParts(late);
      return failed;
    },
  };
}
