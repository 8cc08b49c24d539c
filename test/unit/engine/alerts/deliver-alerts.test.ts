import { describe, expect, it } from 'vitest';
import { channelsOf } from '../../../../functions/alerts/channels/channels.ts';
import { quietHoursOf } from '../../../../shared/alerts/quiet-hours.ts';
import type { AlertKind } from '../../../../shared/contracts/alert.ts';
import { type AlertChannel, type DeliveryContext, deliverAlerts } from '../../../../shared/engine/alerts/deliver-alerts.ts';
import { DAY_MS } from '../../../../shared/kernel/time.ts';
import { createAlerts } from '../../../../shared/store/alerts.ts';
import { createMemoryItems } from '../../../../shared/store/memory-items.ts';
import { alertServer } from '../../../support/alert-server.ts';
import { alertOf, HURRIED, QUICK } from '../../../support/alerts.ts';

const NOON_MS = Date.parse('2026-11-20T12:00:00Z');

/** Deliveries on a clock that only a test moves, to servers that are real. */
function desk(channels: readonly AlertChannel[], { quiet = 'none', muted = [] as readonly AlertKind[], holder = 'one' } = {}) {
  const store = createAlerts(createMemoryItems());
  const logged: { level: string; event: string; facts: Readonly<Record<string, unknown>> }[] = [];
  let nowMs = NOON_MS;
  const context: DeliveryContext = {
    store,
    channels,
    wishes: { quiet: quietHoursOf(quiet), muted: new Set(muted) },
    rules: QUICK,
    now: () => nowMs,
    holder,
    log: (level, event, facts = {}) => void logged.push({ level, event, facts }),
  };
  return {
    store,
    logged,
    context,
    raise: (...ids: readonly string[]) => store.raise(ids.map((id) => alertOf(id))),
    at: async (ms: number): Promise<number> => {
      nowMs = NOON_MS + ms;
      return deliverAlerts(context);
    },
    standing: async (id: string) => (await store.find(id))?.deliveries,
  };
}

const webhookTo = (url: string, delivery = QUICK): readonly AlertChannel[] =>
  channelsOf({ webhook: { url, secret: `whsec_${Buffer.alloc(32).toString('base64')}` } }, { delivery, telegramApi: 'https://t' });
const idsIn = (body: string): readonly string[] => (JSON.parse(body) as { alerts: { id: string }[] }).alerts.map(({ id }) => id);

describe('the delivery of alerts', () => {
  it('tells what is due and never again', async () => {
    const server = await alertServer({ status: 200 });
    const { raise, at, standing } = desk(webhookTo(server.url));
    await raise('a');
    expect(await at(0)).toBe(1);
    expect(await standing('a')).toEqual({ webhook: { state: 'delivered', attempts: 1, atMs: NOON_MS, why: null } });
    for (const ms of [1, 5_000, DAY_MS]) expect(await at(ms)).toBe(0);
    expect(server.received).toHaveLength(1);
  });

  it('tells together what waits together', async () => {
    const server = await alertServer({ status: 200 });
    const { raise, at } = desk(webhookTo(server.url));
    await raise('a', 'b', 'c', 'd');
    await at(0);
    await at(1_000);
    expect(server.received.map(({ body }) => idsIn(body))).toEqual([['a', 'b', 'c'], ['d']]);
  });

  it('tries a service that fails later and later, and gives the alert up with the reason', async () => {
    const server = await alertServer({ status: 503 });
    const { raise, at, standing, logged, store } = desk(webhookTo(server.url));
    await raise('a');
    const triedAt: number[] = [];
    for (let ms = 0; ms <= 60_000; ms += 1_000) if ((await at(ms)) > 0) triedAt.push(ms);
    expect(triedAt).toEqual([0, 5_000, 15_000, 30_000]);
    expect(await standing('a')).toEqual({ webhook: { state: 'dead', attempts: 4, atMs: NOON_MS + 30_000, why: 'status 503' } });
    expect(await store.open(10)).toEqual([]);
    expect(logged.filter(({ event }) => event === 'alert-given-up')).toEqual([
      { level: 'error', event: 'alert-given-up', facts: { id: 'a', channel: 'webhook', attempts: 4, why: 'status 503' } },
    ]);
  });

  it('waits as long as a service asks for, with everything else as well', async () => {
    const server = await alertServer({ status: 429, headers: { 'retry-after': '30' } }, { status: 200 });
    const { raise, at } = desk(webhookTo(server.url));
    await raise('a');
    await at(0);
    await raise('b');
    for (const ms of [5_000, 29_999]) expect(await at(ms)).toBe(0);
    await at(30_000);
    expect(server.received.map(({ body }) => idsIn(body))).toEqual([['a'], ['a', 'b']]);
  });

  it('gives up at once what is refused', async () => {
    const server = await alertServer({ status: 410 });
    const { raise, at, standing } = desk(webhookTo(server.url));
    await raise('a');
    await at(0);
    expect(await standing('a')).toMatchObject({ webhook: { state: 'dead', attempts: 1, why: 'status 410' } });
    expect(await at(DAY_MS)).toBe(0);
  });

  it('survives a timeout and tells afterwards', async () => {
    const server = await alertServer(() => undefined, { status: 200 });
    const { raise, at, standing } = desk(webhookTo(server.url, HURRIED));
    await raise('a');
    await at(0);
    expect(await standing('a')).toMatchObject({ webhook: { state: 'waiting', why: 'no answer within 800 ms' } });
    await at(5_000);
    expect(await standing('a')).toMatchObject({ webhook: { state: 'delivered', attempts: 2 } });
  });

  it('lets no channel wait for another that fails', async () => {
    const [good, bad] = [await alertServer({ status: 200, body: 'ok' }), await alertServer({ status: 500 })];
    const secrets = { slack: `${good.url}/slack`, discord: `${bad.url}/discord` };
    const { raise, at, standing } = desk(channelsOf(secrets, { delivery: QUICK, telegramApi: 'https://t' }));
    await raise('a');
    await at(0);
    expect(await standing('a')).toMatchObject({ slack: { state: 'delivered' }, discord: { state: 'waiting', attempts: 1 } });
    await at(5_000);
    expect([good.received.length, bad.received.length]).toEqual([1, 2]);
  });

  it('keeps the pace, and loses nothing by it', async () => {
    const server = await alertServer({ status: 200 });
    const { raise, at } = desk(webhookTo(server.url));
    let told = 0;
    for (let second = 0; second < 60; second++) {
      await raise(`alert-${second}`);
      told += await at(second * 1_000);
    }
    expect(told).toBe(QUICK.most);
    for (let second = 60; second < 2_000; second++) await at(second * 1_000);
    expect(server.received.flatMap(({ body }) => idsIn(body)).sort()).toEqual(Array.from({ length: 60 }, (_, second) => `alert-${second}`).sort());
  });

  it('lets only what is critical through the quiet hours, and tells the rest in the morning', async () => {
    const server = await alertServer({ status: 200 });
    const { store, at } = desk(webhookTo(server.url), { quiet: '11:00-13:00 UTC' });
    await store.raise([alertOf('fill'), alertOf('halt', { severity: 'critical' })]);
    await at(0);
    await at(3_599_999);
    expect(server.received.map(({ body }) => idsIn(body))).toEqual([['halt']]);
    await at(3_600_000);
    expect(server.received.map(({ body }) => idsIn(body))).toEqual([['halt'], ['fill']]);
  });

  it('keeps what is muted, and what nobody can be told, and tries nothing', async () => {
    const server = await alertServer({ status: 200 });
    for (const { store, raise, at } of [desk(webhookTo(server.url), { muted: ['fill'] }), desk([])]) {
      await raise('a');
      await at(0);
      expect(await store.open(10)).toEqual([]);
      expect((await store.page({ limit: 10, cursor: null })).items).toEqual([{ alert: alertOf('a'), deliveries: {} }]);
    }
    expect(server.received).toEqual([]);
  });

  it('is done by one process at a time', async () => {
    let sends = 0;
    let release = (): void => undefined;
    const slow: AlertChannel = {
      name: 'slack',
      send: () =>
        new Promise((resolve) => {
          sends += 1;
          release = () => resolve({ kind: 'delivered' });
        }),
    };
    const { context, raise } = desk([slow]);
    await raise('a');
    const first = deliverAlerts(context);
    await expect.poll(() => sends).toBe(1);
    expect(await deliverAlerts({ ...context, holder: 'two' })).toBe(0);
    release();
    expect(await first).toBe(1);
    expect(sends).toBe(1);
  });

  it('is taken over from a process that died in the midst of it', async () => {
    const server = await alertServer({ status: 200 });
    const { store, raise, at } = desk(webhookTo(server.url), { holder: 'two' });
    await raise('a');
    await store.claim({ holder: 'one', nowMs: NOON_MS, untilMs: NOON_MS + 900 });
    expect(await at(899)).toBe(0);
    expect(await at(900)).toBe(1);
  });

  it('takes a channel that throws for one that failed', async () => {
    const broken: AlertChannel = { name: 'slack', send: () => Promise.reject(new Error('a fault of ours')) };
    const { raise, at, standing } = desk([broken]);
    await raise('a');
    await at(0);
    expect(await standing('a')).toMatchObject({ slack: { state: 'waiting', why: 'a fault of ours' } });
  });
});
