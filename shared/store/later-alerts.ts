import type { AlertStore } from '../engine/ports.ts';
import type { Items } from './items.ts';

/** The alerts, loaded when they are first asked for: most functions start without, and a scan has no kilobyte to spare. */
export function laterAlerts(items: Items): AlertStore {
  let loading: Promise<AlertStore> | null = null;
  const alerts = (): Promise<AlertStore> => {
    loading ??= import('./alerts.ts').then(({ createAlerts }) => createAlerts(items));
    return loading;
  };
  return {
    raise: async (raised) => (await alerts()).raise(raised),
    find: async (id) => (await alerts()).find(id),
    page: async (page) => (await alerts()).page(page),
    open: async (limit) => (await alerts()).open(limit),
    record: async (told, isSettled) => (await alerts()).record(told, isSettled),
    paces: async () => (await alerts()).paces(),
    claim: async (request) => (await alerts()).claim(request),
    keepPaces: async (claim, paces, untilMs) => (await alerts()).keepPaces(claim, paces, untilMs),
    watch: async (sessionId) => (await alerts()).watch(sessionId),
    keepWatch: async (sessionId, watch) => (await alerts()).keepWatch(sessionId, watch),
  };
}
