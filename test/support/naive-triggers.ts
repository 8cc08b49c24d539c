import { trailLevel } from '../../shared/execution/trailing-levels.ts';
import type { TriggerIndex, Watch } from '../../shared/execution/trigger-index.ts';

/** What a trigger index is, said by looking at every order at every price: the specification of the index, and what it is measured against. */
export function createNaiveTriggers(): TriggerIndex {
  const orders = new Map<string, { readonly watch: Watch; extreme: number | null }>();
  return {
    put: (id, watch) => {
      orders.set(id, { watch, extreme: watch.trail?.extreme ?? null });
    },
    remove: (id) => {
      orders.delete(id);
    },
    has: (id) => orders.has(id),
    reached: (price, ahead) => {
      const range = { low: Math.min(price, ahead?.low ?? price), high: Math.max(price, ahead?.high ?? price) };
      const found: string[] = [];
      for (const [id, { watch, extreme }] of orders) if (isReached(watch, extreme, range)) found.push(id);
      return found;
    },
    isTouched: (low, high) =>
      [...orders.values()].some(({ watch, extreme }) => {
        const isMoved = watch.trail !== null && extreme !== null && (watch.trail.side === 'below' ? high > extreme : low < extreme);
        return isMoved || isReached(watch, extreme, { low, high });
      }),
    advance: (price) => {
      for (const order of orders.values()) {
        const { trail } = order.watch;
        if (trail === null || order.extreme === null) continue;
        order.extreme = trail.side === 'below' ? Math.max(order.extreme, price) : Math.min(order.extreme, price);
      }
    },
    extreme: (id) => orders.get(id)?.extreme ?? null,
    get size() {
      return orders.size;
    },
  };
}

function isReached({ below, above, trail }: Watch, extreme: number | null, { low, high }: { readonly low: number; readonly high: number }): boolean {
  if (below !== null && low <= below) return true;
  if (above !== null && high >= above) return true;
  if (trail === null || extreme === null) return false;
  const level = trailLevel({ side: trail.side, kind: trail.by.kind }, extreme, trail.by.value);
  return trail.side === 'below' ? low <= level : high >= level;
}
