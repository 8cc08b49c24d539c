import type { Action, Attributes, Items } from '../../../shared/store/items.ts';
import { marketKeys } from '../../../shared/store/keys.ts';
import type { Owner } from './scheduler.ts';

/** Who held the feed's lease when, told by what was written: no claim of the writes themselves is believed. */
export interface Leases {
  readonly beforeWrite: () => Promise<void>;
  /** @returns what is wrong, as sentences */
  readonly afterWrite: (owner: Owner, intended: readonly Action[], done: readonly Action[]) => Promise<readonly string[]>;
}

const latest = (scope: string) => marketKeys.latest(scope);

/** A lease is taken or renewed by a write that names its holder. */
const leaseIn = (actions: readonly Action[]): Attributes | null => {
  for (const action of actions) {
    if (action.table === 'market' && 'attributes' in action && action.attributes.holder !== undefined) return action.attributes;
  }
  return null;
};

/** Prices, bars and fills are the feed's alone. */
const isOfTheFeed = (action: Action): boolean =>
  (action.table === 'market' && action.kind !== 'check') ||
  (action.kind === 'put' && action.key.sk.startsWith('J#') && action.attributes.type === 'filled');

export function createLeases(items: Items, scope: string, leaseMs: number): Leases {
  const owners = new Map<number, Owner>();
  let before: Attributes | null = null;

  const taken = (owner: Owner, lease: Attributes): readonly string[] => {
    const [epoch, untilMs] = [Number(lease.epoch), Number(lease.untilMs)];
    const held = owners.get(epoch);
    if (held !== undefined) return held === owner ? [] : [`${owner.name} took epoch ${epoch} of ${held.name}`];
    owners.set(epoch, owner);
    const knownEpoch = Number(before?.epoch ?? 0);
    if (epoch !== knownEpoch + 1) return [`${owner.name} took epoch ${epoch} after ${knownEpoch}`];
    const isRunning = before !== null && before.holder !== lease.holder && Number(before.untilMs) > untilMs - leaseMs;
    return isRunning ? [`${owner.name} took a lease of ${before?.holder} that had not run out`] : [];
  };

  return {
    beforeWrite: async () => {
      before = (await items.get('market', latest(scope)))?.attributes ?? null;
    },
    afterWrite: async (owner, intended, done) => {
      const lease = leaseIn(intended);
      if (lease !== null) return leaseIn(done) === null ? [] : taken(owner, lease);
      if (!done.some(isOfTheFeed)) return [];
      const epoch = Number((await items.get('market', latest(scope)))?.attributes.epoch ?? 0);
      const holder = owners.get(epoch);
      return holder === owner ? [] : [`${owner.name} wrote for the feed while ${holder?.name ?? 'nobody'} held the lease at epoch ${epoch}`];
    },
  };
}
