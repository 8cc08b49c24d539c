import type { ChainSource } from '../engine/ports.ts';

/** Several sources of futures and options as one: an underlying's chains come one after the other, in the order of the sources. */
export function joinedChains(sources: readonly ChainSource[]): ChainSource {
  const of = (underlying: string): readonly ChainSource[] => sources.filter(({ underlyings }) => underlyings.includes(underlying));
  return {
    underlyings: [...new Set(sources.flatMap(({ underlyings }) => underlyings))],
    chains: (underlying, atMs) => of(underlying).flatMap(({ chains }) => chains(underlying, atMs)),
    settled: (underlying, atMs) => {
      const all = of(underlying).map(({ settled }) => settled(underlying, atMs));
      return { fundings: all.flatMap(({ fundings }) => fundings), deliveries: all.flatMap(({ deliveries }) => deliveries) };
    },
    ivHistory: (underlying, atMs) => {
      const histories = of(underlying).map(({ ivHistory }) => ivHistory?.(underlying, atMs) ?? []);
      return histories.find((history) => history.length > 0) ?? [];
    },
  };
}
