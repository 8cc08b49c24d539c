import type { Action, Items } from '../../../shared/store/items.ts';
import type { Books } from './books.ts';
import type { ConditionsAlone } from './conditions-alone.ts';
import type { Leases } from './leases.ts';
import type { SharedRows } from './sim-items.ts';
import type { SystemRows } from './system-rows.ts';

export interface Watchers {
  readonly books: Books;
  readonly leases: Leases;
  readonly system: SystemRows;
  readonly alone: ConditionsAlone | null;
  readonly onWrite: ((actions: readonly Action[]) => void) | undefined;
  readonly complain: (fault: string) => void;
}

const SESSION = 'S#';

/** The rows that all share; after every write everything that it may have touched is looked at. */
export function watchedRows(items: Items, { books, leases, system, alone, onWrite, complain }: Watchers): SharedRows {
  return {
    items,
    beforeWrite: async (intended) => {
      onWrite?.(intended);
      await alone?.look(items, intended);
      await leases.beforeWrite();
    },
    afterWrite: async (owner, intended, { actions }) => {
      try {
        const faults = [...(await leases.afterWrite(owner, intended, actions))];
        const ofLedger = intended.filter(({ table }) => table === 'ledger');
        const partitions = new Set(ofLedger.map(({ key }) => key.pk));
        for (const pk of partitions) if (pk.startsWith(SESSION)) faults.push(...(await books.check(pk.slice(SESSION.length))));
        if ([...partitions].some((pk) => !pk.startsWith(SESSION))) faults.push(...(await system.check(books.all())));
        for (const fault of faults) complain(fault);
      } catch (error) {
        complain(`the rows cannot be read: ${error instanceof Error ? error.message : String(error)}`);
      }
    },
  };
}
