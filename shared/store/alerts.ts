import { randomUUID } from 'node:crypto';
import * as z from 'zod';
import type { OpenAlert } from '../alerts/delivery-plan.ts';
import { type Alert, alertSchema, channelPacesSchema, deliveriesSchema, watchStateSchema } from '../contracts/alert.ts';
import type { AlertStore, DeliveryClaim, Watch } from '../engine/ports.ts';
import { parseJson, plainBody, readAttributes, readBody } from './body.ts';
import { type Action, type Attributes, absent, equals, type Item, type Items } from './items.ts';
import { alertKeys, type Key } from './keys.ts';
import { mapPage, newestFirst } from './pages.ts';

/** The alerts over tables of rows: in the ledger's table, under keys of their own. */
export function createAlerts(items: Items): AlertStore {
  return {
    raise: async (alerts) => {
      const ids = [...new Set(alerts.map(({ id }) => id))];
      // A condition that lasts is seen every minute: reading that it is known costs less than a write that is refused.
      const known = new Set((await items.getMany('ledger', ids.map(alertKeys.known))).map(({ sk }) => sk));
      const raised: Alert[] = [];
      for (const id of ids.filter((each) => !known.has(alertKeys.known(each).sk))) {
        const alert = alerts.find((each) => each.id === id);
        if (alert !== undefined && (await raise(items, alert))) raised.push(alert);
      }
      return raised;
    },
    find: async (id) => {
      const known = await items.get('ledger', alertKeys.known(id));
      const item = known === null ? null : await items.get('ledger', alertKeys.alert(readAttributes(known, knownSchema).atMs, id));
      return item === null ? null : readAlert(item);
    },
    page: async (page) => mapPage(await newestFirst(items, alertKeys.alerts, page), readAlert),
    open: async (limit) => {
      const places = await items.query('ledger', alertKeys.allOpen, { limit });
      const found = await items.getMany('ledger', places.map(alertKeys.ofOpen));
      return [...found].sort((a, b) => (a.sk < b.sk ? -1 : 1)).map(readAlert);
    },
    record: async ({ alert: { atMs, id }, deliveries }, isSettled) => {
      const key = alertKeys.alert(atMs, id);
      const update: Action = { kind: 'update', table: 'ledger', key, attributes: { deliveries: plainBody(deliveries) }, when: equals({ id }) };
      const settle: Action = { kind: 'delete', table: 'ledger', key: alertKeys.open(atMs, id) };
      await items.write(isSettled ? [update, settle] : [update]);
    },
    paces: async () => {
      const item = await items.get('ledger', alertKeys.paces);
      return item === null ? {} : readBody(item, channelPacesSchema);
    },
    claim: (request) => claim(items, request),
    keepPaces: async (held, paces, untilMs) => {
      const attributes = claimAttributes({ ...held, version: held.version + 1, paces }, untilMs);
      const failed = await items.write([{ kind: 'put', table: 'ledger', key: alertKeys.paces, attributes, when: equals({ version: held.version }) }]);
      return failed.length > 0 ? null : { ...held, version: held.version + 1, paces };
    },
    watch: async (sessionId) => {
      const item = await items.get('ledger', alertKeys.watch(sessionId));
      if (item === null) return { version: 0, state: { feeds: {}, moves: {} } };
      return { version: readAttributes(item, versionSchema).version, state: readBody(item, watchStateSchema) };
    },
    keepWatch: (sessionId, watch) => keepWatch(items, alertKeys.watch(sessionId), watch),
  };
}

const knownSchema = z.object({ atMs: z.number() });
const versionSchema = z.object({ version: z.number().int().nonnegative() });
const claimSchema = versionSchema.extend({ holder: z.string(), untilMs: z.number() });

/** @returns whether nobody had raised it before */
async function raise(items: Items, alert: Alert): Promise<boolean> {
  const { id, kind, atMs } = alert;
  const failed = await items.write([
    // DynamoDB takes two equal transactions for one and tells both that they were written: each try is another one.
    { kind: 'put', table: 'ledger', key: alertKeys.known(id), attributes: { atMs, raisedBy: randomUUID() }, when: absent },
    { kind: 'put', table: 'ledger', key: alertKeys.alert(atMs, id), attributes: { id, kind, deliveries: '{}', body: plainBody(alert) } },
    { kind: 'put', table: 'ledger', key: alertKeys.open(atMs, id), attributes: { kind } },
  ]);
  return failed.length === 0;
}

const readAlert = (item: Item): OpenAlert => ({
  alert: readBody(item, alertSchema),
  deliveries: deliveriesSchema.parse(parseJson(item.attributes.deliveries)),
});

async function claim(items: Items, { holder, nowMs, untilMs }: Parameters<AlertStore['claim']>[0]): Promise<DeliveryClaim | null> {
  const item = await items.get('ledger', alertKeys.paces);
  const known = item === null ? null : readAttributes(item, claimSchema);
  if (known !== null && known.holder !== holder && known.untilMs > nowMs) return null;
  const paces = item === null ? {} : readBody(item, channelPacesSchema);
  const taken: DeliveryClaim = { holder, version: (known?.version ?? 0) + 1, paces };
  const when = known === null ? absent : equals({ version: known.version });
  const failed = await items.write([{ kind: 'put', table: 'ledger', key: alertKeys.paces, attributes: claimAttributes(taken, untilMs), when }]);
  return failed.length > 0 ? null : taken;
}

const claimAttributes = ({ holder, version, paces }: DeliveryClaim, untilMs: number): Attributes => ({
  holder,
  version,
  untilMs,
  body: plainBody(paces),
});

async function keepWatch(items: Items, key: Key, { version, state }: Watch): Promise<void> {
  const attributes = { version: version + 1, body: plainBody(state) };
  await items.write([{ kind: 'put', table: 'ledger', key, attributes, when: version === 0 ? absent : equals({ version }) }]);
}
