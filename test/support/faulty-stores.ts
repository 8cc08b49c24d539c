import { type LedgerStore, type MarketStore, StoreError } from '../../shared/engine/ports.ts';
import type { Rows } from './engine-world.ts';

/**
 * What goes wrong with one call: refused because another was quicker, not answered before or after it was done, or not done at all.
 * Only a commit can be in conflict, and only a write can be without an answer: other calls are then unavailable.
 */
export type Fault = 'conflict' | 'unknown-before' | 'unknown-after' | 'unavailable';

/** Asked before every call; null lets it through. */
export type NextFault = (call: string) => Fault | null;

const WRITES: ReadonlySet<string> = new Set(['commit', 'keepScan', 'publish', 'packHour', 'packDay', 'lease', 'relayed']);

const failure = (code: 'conflict' | 'unknown' | 'unavailable', call: string): StoreError => new StoreError(code, `injected into ${call}: ${code}`);

async function withFault<T>(call: string, fault: Fault | null, task: () => Promise<T>): Promise<T> {
  if (fault === null) return task();
  if (fault === 'conflict' && call === 'commit') throw failure('conflict', call);
  if (fault === 'conflict' || fault === 'unavailable' || !WRITES.has(call)) throw failure('unavailable', call);
  if (fault === 'unknown-after') await task();
  throw failure('unknown', call);
}

type Methods = Readonly<Record<string, (...args: never[]) => unknown>>;

function faulty<Store extends object>(store: Store, next: NextFault): Store {
  const wrapped = Object.entries(store as Methods).map(([call, method]) => {
    if (call === 'rows') return [call, (...args: never[]) => rowsWithFault(next(call), method(...args) as AsyncIterable<unknown>)];
    return [call, (...args: never[]) => withFault(call, next(call), () => method(...args) as Promise<unknown>)];
  });
  return Object.fromEntries(wrapped) as Store;
}

async function* rowsWithFault(fault: Fault | null, rows: AsyncIterable<unknown>): AsyncIterable<unknown> {
  if (fault !== null) throw failure('unavailable', 'rows');
  yield* rows;
}

/** The stores with a fault wherever `next` says so. */
export const faultyStores = ({ ledger, market }: Rows, next: NextFault): { readonly ledger: LedgerStore; readonly market: MarketStore } => ({
  ledger: faulty(ledger, next),
  market: faulty(market, next),
});

/** The first calls of a name meet these faults, in turn; all others go through. */
export function faultsFor(name: string, ...faults: readonly Fault[]): NextFault {
  const left = [...faults];
  return (call) => (call === name ? (left.shift() ?? null) : null);
}
