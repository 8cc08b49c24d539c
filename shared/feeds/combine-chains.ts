import type { ChainSource } from '../engine/ports.ts';
import type { Settled } from '../market/derivative.ts';

/**
 * Several sources of futures and options as one: an underlying has the chains of every source that knows it, in their order.
 * What is listed may change while they run.
 */
export function combineChains(sources: readonly ChainSource[]): ChainSource {
  const knowing = (underlying: string): readonly ChainSource[] => sources.filter(({ underlyings }) => underlyings.includes(underlying));
  return {
    get underlyings() {
      return [...new Set(sources.flatMap(({ underlyings }) => underlyings))];
    },
    chains: (underlying, atMs) => knowing(underlying).flatMap((source) => source.chains(underlying, atMs)),
    settled(underlying, atMs): Settled {
      const all = knowing(underlying).map((source) => source.settled(underlying, atMs));
      return {
        fundings: all.flatMap(({ fundings }) => fundings).toSorted((a, b) => a.atMs - b.atMs),
        deliveries: all.flatMap(({ deliveries }) => deliveries).toSorted((a, b) => a.expiryMs - b.expiryMs),
      };
    },
  };
}
