import type { Commit, LedgerStore, MarketStore } from '../../../shared/engine/ports.ts';
import { DAY_MS, MINUTE_MS, SECOND_MS } from '../../../shared/kernel/time.ts';
import { createAlerts } from '../../../shared/store/alerts.ts';
import type { Items } from '../../../shared/store/items.ts';
import { marketKeys } from '../../../shared/store/keys.ts';
import { createLedger } from '../../../shared/store/ledger.ts';
import { createMarket } from '../../../shared/store/market.ts';
import type { Book } from './books.ts';

/** What processes have been told is done: it must be there when they are told, and at the end. */
export interface Acknowledged {
  readonly watch: (stores: { readonly ledger: LedgerStore; readonly market: MarketStore }) => {
    readonly ledger: LedgerStore;
    readonly market: MarketStore;
  };
  /** Looks for everything once more. @returns what is not there, as sentences */
  readonly lost: () => Promise<readonly string[]>;
  readonly count: () => number;
}

interface Promised {
  readonly what: string;
  readonly isThere: () => Promise<boolean>;
}

/** Minutes are kept for a week: a reader after that has only the packs. */
const AFTER_MINUTES_MS = 8 * DAY_MS;

/** @param complain hears of what was told done and is not there */
export function createAcknowledged(items: Items, books: () => readonly Book[], complain: (fault: string) => void): Acknowledged {
  const market = createMarket(items, { ttlDays: 36_500, now: () => 0 });
  const later = createMarket(items, { ttlDays: 36_500, now: () => AFTER_MINUTES_MS });
  const ledger = createLedger(items, createAlerts(items));
  const lasting: Promised[] = [];
  /** Stamps of snapshots whose writing got no answer: it may be done yet, over one that was written since, until the next is. */
  const unanswered = new Set<number>();
  let count = 0;

  const told = async (what: string, isThere: () => Promise<boolean>): Promise<void> => {
    count += 1;
    if (!(await isThere())) complain(`${what} was acknowledged and is not there`);
  };
  const toldForGood = (what: string, isThere: () => Promise<boolean>): Promise<void> => {
    lasting.push({ what, isThere });
    return told(what, isThere);
  };

  const isCommitted = async ({ after, rows, receipt }: Commit): Promise<boolean> => {
    const book = books().find(({ sessionId }) => sessionId === after.sessionId);
    const found = await ledger.receipt(after.sessionId, receipt.id);
    return book !== undefined && found?.seq === receipt.seq && rows.every(({ seq, hash }) => book.hashes[seq - 1] === hash);
  };

  const watchLedger = (store: LedgerStore): LedgerStore => ({
    ...store,
    commit: async (commit) => {
      await store.commit(commit);
      await toldForGood(`commit ${commit.receipt.id} at ${commit.after.seq}`, () => isCommitted(commit));
    },
    keepScan: async (sessionId, scan) => {
      await store.keepScan(sessionId, scan);
      await toldForGood(`scan ${scan.id}`, async () => (await ledger.receipt(sessionId, scan.id)) !== null);
    },
  });

  const watchMarket = (store: MarketStore): MarketStore => ({
    ...store,
    lease: async (request) => {
      const lease = await store.lease(request);
      await told(`the lease at epoch ${lease.epoch}`, async () => {
        const item = await items.get('market', marketKeys.latest(lease.scope));
        return Number(item?.attributes.epoch ?? 0) >= lease.epoch;
      });
      return lease;
    },
    publish: async (lease, snapshot, minute) => {
      try {
        await store.publish(lease, snapshot, minute);
      } catch (error) {
        unanswered.add(snapshot.atMs);
        throw error;
      }
      await told('a snapshot', async () => {
        const { epoch, atMs } = (await items.get('market', marketKeys.latest(lease.scope)))?.attributes ?? {};
        return Number(epoch) > lease.epoch || atMs === snapshot.atMs || unanswered.has(Number(atMs));
      });
      const first = minute?.bars[0];
      if (minute === null || first === undefined) return;
      const { minuteMs } = minute;
      const what = `the minute ${minuteMs}`;
      await told(what, async () => (await items.get('market', marketKeys.minute(lease.scope, minuteMs))) !== null);
      // Of an hour that is packed already it is read when the hour has been packed again.
      lasting.push({ what, isThere: async () => (await market.bars(lease.scope, minuteMs, minuteMs + MINUTE_MS)).has(first.symbol) });
    },
    packHour: async (lease, hourMs, bars) => {
      await store.packHour(lease, hourMs, bars);
      const last = [...bars.values()].flat().at(-1);
      await toldForGood(
        `the hour ${hourMs}`,
        async () => last === undefined || (await later.bars(lease.scope, last.openMs, last.openMs + MINUTE_MS)).has(last.symbol),
      );
    },
    packDay: async (lease, dayMs, candles) => {
      await store.packDay(lease, dayMs, candles);
      await toldForGood(`the day ${dayMs}`, async () => {
        const found = await later.dayCandles(lease.scope, dayMs, dayMs + DAY_MS);
        return [...candles.keys()].every((symbol) => found.has(symbol));
      });
    },
    packTicks: async (lease, fromMs, samples) => {
      await store.packTicks(lease, fromMs, samples);
      const [first] = samples;
      if (first === undefined) return;
      await toldForGood(`ticks from ${fromMs}`, async () => {
        // A pack is named by the clock of its feed, which may have been set back since.
        const [from, to] = [Math.min(fromMs, first.secondMs), Math.max(fromMs, first.secondMs) + SECOND_MS];
        return (await market.ticks(lease.scope, first.symbol, from, to)).some(({ secondMs }) => secondMs === first.secondMs);
      });
    },
  });

  return {
    watch: (stores) => ({ ledger: watchLedger(stores.ledger), market: watchMarket(stores.market) }),
    lost: async () => {
      const faults: string[] = [];
      for (const { what, isThere } of lasting) if (!(await isThere())) faults.push(`${what} was acknowledged and is gone`);
      return faults;
    },
    count: () => count,
  };
}
