import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Delivery, WatchState } from '../../shared/contracts/alert.ts';
import type { AlertStore } from '../../shared/engine/ports.ts';
import type { Items } from '../../shared/store/items.ts';
import { alertOf } from '../support/alerts.ts';
import { commitOf, sessionStarted } from '../support/ledger-fixtures.ts';
import type { MarketHarness } from './market-store.contract.ts';

/** What every store of alerts does. Ids are each test's own: the tests share one table. */
export function alertStoreContract(name: string, open: () => Promise<MarketHarness>): void {
  describe(`the alert store ${name}`, () => {
    let harness: MarketHarness;
    let store: AlertStore;
    let items: Items;
    let atMs = Date.UTC(2026, 0, 1);
    beforeAll(async () => {
      harness = await open();
      items = harness.items;
      store = harness.ledger.alerts;
    });
    afterAll(() => harness.close());

    /** Alerts of an instant that no other test has. */
    const fresh = (...ids: readonly string[]) => {
      atMs += 60_000;
      return ids.map((id, index) => alertOf(id, { atMs: atMs + index }));
    };
    const drain = async (): Promise<void> => {
      for (const each of await store.open(1_000)) await store.record(each, true);
    };
    const DELIVERED: Delivery = { state: 'delivered', attempts: 2, atMs: 9, why: null };

    it('keeps an alert once, whoever raises it again, at whatever time and with whatever words', async () => {
      const [alert] = fresh('once');
      if (alert === undefined) throw new Error('no alert');
      expect(await store.raise([alert])).toEqual([alert]);
      expect(await store.raise([alert, { ...alert, atMs: alert.atMs + 60_000, text: 'again' }])).toEqual([]);
      expect(await store.find('once')).toEqual({ alert, deliveries: {} });
      expect((await store.page({ limit: 200, cursor: null })).items.filter(({ alert: { id } }) => id === 'once')).toHaveLength(1);
      expect(await store.find('never')).toBeNull();
    });

    it('keeps it once when two raise it at the same time', async () => {
      const [alert] = fresh('race');
      if (alert === undefined) throw new Error('no alert');
      const raised = await Promise.all(Array.from({ length: 8 }, () => store.raise([alert])));
      expect(raised.flat()).toEqual([alert]);
      expect((await store.open(1_000)).filter(({ alert: { id } }) => id === 'race')).toHaveLength(1);
    });

    it('gives them newest first, page by page, each once', async () => {
      const alerts = fresh('page-1', 'page-2', 'page-3', 'page-4', 'page-5');
      await store.raise(alerts);
      const seen: string[] = [];
      let cursor: string | null = null;
      do {
        const page: Awaited<ReturnType<AlertStore['page']>> = await store.page({ limit: 2, cursor });
        expect(page.items.length).toBeLessThanOrEqual(2);
        seen.push(...page.items.map(({ alert }) => alert.id));
        cursor = page.next;
      } while (cursor !== null);
      expect(new Set(seen).size).toBe(seen.length);
      expect(seen.filter((id) => id.startsWith('page-'))).toEqual(['page-5', 'page-4', 'page-3', 'page-2', 'page-1']);
      await expect(store.page({ limit: 2, cursor: 'nonsense' })).rejects.toMatchObject({ code: 'bad_cursor' });
    });

    it('has those open that are not settled, oldest first, with how they were told', async () => {
      await drain();
      const [first, second, third] = fresh('open-1', 'open-2', 'open-3');
      if (first === undefined || second === undefined || third === undefined) throw new Error('no alerts');
      await store.raise([third, first, second]);
      await store.record({ alert: second, deliveries: { slack: DELIVERED } }, false);
      expect(await store.open(10)).toEqual([
        { alert: first, deliveries: {} },
        { alert: second, deliveries: { slack: DELIVERED } },
        { alert: third, deliveries: {} },
      ]);
      expect((await store.open(2)).map(({ alert }) => alert.id)).toEqual(['open-1', 'open-2']);
      await store.record({ alert: second, deliveries: { slack: DELIVERED, discord: { ...DELIVERED, state: 'dead', why: 'status 404' } } }, true);
      expect((await store.open(10)).map(({ alert }) => alert.id)).toEqual(['open-1', 'open-3']);
      expect((await store.find('open-2'))?.deliveries).toEqual({ slack: DELIVERED, discord: { ...DELIVERED, state: 'dead', why: 'status 404' } });
      expect(await store.raise([second])).toEqual([]);
      expect((await store.open(10)).map(({ alert }) => alert.id)).not.toContain('open-2');
    });

    it('lets one at a time deliver, until it gives up or its time is over', async () => {
      const one = await store.claim({ holder: 'one', nowMs: 1_000, untilMs: 2_000 });
      expect(one).toMatchObject({ holder: 'one', paces: {} });
      expect(await store.claim({ holder: 'two', nowMs: 1_999, untilMs: 3_000 })).toBeNull();
      if (one === null) throw new Error('no claim');
      const paces = { slack: { sentMs: [1_500], blockedUntilMs: 0 } };
      const kept = await store.keepPaces(one, paces, 4_000);
      expect(kept).toMatchObject({ holder: 'one', paces });
      expect(await store.paces()).toEqual(paces);
      expect(await store.claim({ holder: 'two', nowMs: 3_999, untilMs: 5_000 })).toBeNull();
      const two = await store.claim({ holder: 'two', nowMs: 4_000, untilMs: 5_000 });
      expect(two).toMatchObject({ holder: 'two', paces });
      // What the first one still says is too late.
      expect(await store.keepPaces(kept ?? one, {}, 9_000)).toBeNull();
      expect(await store.paces()).toEqual(paces);
      if (two === null) throw new Error('no claim');
      await store.keepPaces(two, paces, 0);
      expect(await store.claim({ holder: 'one', nowMs: 4_001, untilMs: 5_000 })).toMatchObject({ holder: 'one' });
    });

    it('remembers for a watch what it was told, and of two looks at once the first', async () => {
      expect(await store.watch('s')).toEqual({ version: 0, state: { feeds: {}, moves: {} } });
      const state = (told: number): WatchState => ({ feeds: {}, moves: { BTC: { told, lastPrice: 64_000.5 } } });
      await store.keepWatch('s', { version: 0, state: state(1) });
      await store.keepWatch('s', { version: 0, state: state(2) });
      const known = await store.watch('s');
      expect(known.state).toEqual(state(1));
      await store.keepWatch('s', { version: known.version, state: state(3) });
      await store.keepWatch('s', { version: known.version, state: state(4) });
      expect((await store.watch('s')).state).toEqual(state(3));
      expect((await store.watch('another')).version).toBe(0);
    });

    it('touches no row of an account, and no commit touches its rows', async () => {
      await harness.ledger.commit(commitOf(null, 'start', [sessionStarted('beside')]));
      const before = await harness.ledger.load('beside');
      const alerts = fresh('beside');
      await store.raise(alerts);
      expect(await harness.ledger.load('beside')).toEqual(before);
      expect(await harness.ledger.outbox(10)).toHaveLength(1);
      expect((await items.query('ledger', { pk: 'ALERTS', from: 'I#beside', to: 'I#beside' })).length).toBe(1);
    });
  });
}
