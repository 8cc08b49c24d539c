import { messageOf } from '../../../shared/kernel/errors.ts';
import type { Action, Items } from '../../../shared/store/items.ts';
import type { Books } from './books.ts';
import type { Leases } from './leases.ts';
import type { Complain } from './problems.ts';
import type { SharedRows } from './sim-items.ts';
import type { SystemRows } from './system-rows.ts';

/** What a caller of a run hears of the writes in it. */
export interface Watching {
  /** Every write as the program meant it. */
  readonly onWrite?: (actions: readonly Action[]) => void;
  /** A write whose conditions did not all hold: the places of those that failed. */
  readonly onRefused?: (items: Items, actions: readonly Action[], failed: readonly number[]) => Promise<void>;
}

export interface Watchers {
  readonly books: Books;
  readonly leases: Leases;
  readonly system: SystemRows;
  readonly watching: Watching;
  readonly complain: Complain;
}

const SESSION = 'S#';

/** The rows that all share; after every write everything that it may have touched is looked at. */
export function watchedRows(items: Items, { books, leases, system, watching, complain }: Watchers): SharedRows {
  return {
    items,
    beforeWrite: async (intended) => {
      watching.onWrite?.(intended);
      await leases.beforeWrite();
    },
    onRefused: async (actions, failed) => watching.onRefused?.(items, actions, failed),
    afterWrite: async (owner, intended, { actions }) => {
      try {
        for (const fault of await leases.afterWrite(owner, intended, actions)) complain('lease', fault);
        const ofLedger = intended.filter(({ table }) => table === 'ledger');
        const partitions = new Set(ofLedger.map(({ key }) => key.pk));
        for (const pk of partitions) {
          if (!pk.startsWith(SESSION)) continue;
          for (const fault of await books.check(pk.slice(SESSION.length))) complain('ledger', fault);
        }
        if ([...partitions].some((pk) => !pk.startsWith(SESSION))) for (const fault of await system.check(books.all())) complain('sessions', fault);
      } catch (error) {
        complain('ledger', `the rows cannot be read: ${messageOf(error)}`);
      }
    },
  };
}
