import { StoreError } from '../../../shared/engine/ports.ts';
import type { Rng } from '../../../shared/kernel/rng.ts';
import type { Action, Item, Items } from '../../../shared/store/items.ts';
import type { Faults } from './faults.ts';
import type { Owner, Scheduler } from './scheduler.ts';
import { stepKind } from './step-kinds.ts';
import { keyOf, type Part, partsOf, type Variant } from './variants.ts';

/** What is done to the rows that all processes share, and who hears of it. */
export interface SharedRows {
  readonly items: Items;
  /** Before a write is done, broken or not. */
  readonly beforeWrite: (intended: readonly Action[]) => Promise<void>;
  /** After one was done: what the process meant to write, and which part of it this was. */
  readonly afterWrite: (owner: Owner, intended: readonly Action[], part: Part) => Promise<void>;
}

export interface SimItemsParts {
  readonly shared: SharedRows;
  readonly owner: Owner;
  readonly scheduler: Scheduler;
  readonly faults: Faults;
  readonly draw: Rng;
  readonly variant: Variant | null;
}

const failure = (code: 'unavailable' | 'unknown', what: string): StoreError => new StoreError(code, `injected: ${what}`);

/**
 * The tables as one process sees them: every call is on its way for a while, is done at an instant of the scheduler's choice
 * and answered at another, later one: so an answer may tell what is no longer true, and may not come at all.
 */
export function createSimItems({ shared, owner, scheduler, faults, draw, variant }: SimItemsParts): Items {
  const { items } = shared;

  const answer = (label: string, tell: () => void): void => {
    if (faults.strikes('slow-answer')) scheduler.soon(owner, `answer ${label}`, tell);
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

  const write = (intended: readonly Action[], part: Part): Promise<readonly number[]> =>
    new Promise((resolve, reject) => {
      const label = part.actions.map(stepKind).join(', ');
      const perform = async (): Promise<readonly number[]> => {
        await shared.beforeWrite(intended);
        const failed = part.actions.length === 0 ? [] : await items.write(part.actions);
        if (failed.length === 0) await shared.afterWrite(owner, intended, part);
        return failed;
      };
      const unanswered = (why: string): void => answer(label, () => reject(failure('unknown', why)));
      scheduler.soon(owner, `write ${label}`, async () => {
        if (faults.strikes('throttled')) return answer(label, () => reject(failure('unavailable', 'a write was throttled')));
        if (faults.strikes('conflict')) return answer(label, () => reject(failure('unavailable', 'TransactionConflict')));
        if (faults.strikes('unanswered-undone')) return unanswered('no answer, not done');
        if (faults.strikes('unanswered-done-later')) {
          scheduler.soon(owner, `late write ${label}`, async () => void (await perform()), { outlives: true });
          return unanswered('no answer yet');
        }
        try {
          const failed = await perform();
          if (faults.strikes('unanswered-done')) return unanswered('no answer, done or refused');
          answer(label, () => resolve(failed.map((index) => part.indices[index] ?? -1)));
        } catch (error) {
          answer(label, () => reject(error));
        }
      });
    });

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
      for (const part of partsOf(variant, actions)) {
        const failed = await write(actions, part);
        if (failed.length > 0) return failed;
      }
      return [];
    },
  };
}
