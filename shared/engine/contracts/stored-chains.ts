import { STORED_CHAINS } from '../../config/stored-chains.ts';
import { DAY_MS, type EpochMs } from '../../kernel/time.ts';
import type { DerivativeChain, OptionQuote } from '../../market/derivative.ts';
import { NOTHING_SETTLED } from '../../market/derivative.ts';
import type { ChainSource, KeptChains, MarketStore } from '../ports.ts';

/** The chains that a feed has published, as a source; null where none has published any. */
export async function storedChains(market: Pick<MarketStore, 'chains'>, scope: string): Promise<ChainSource | null> {
  const kept = new Map((await market.chains(scope)).map((each) => [each.underlying, each]));
  if (kept.size === 0) return null;
  return {
    underlyings: [...kept.keys()],
    chains: (underlying) => kept.get(underlying)?.chains ?? [],
    settled: (underlying) => kept.get(underlying)?.settled ?? NOTHING_SETTLED,
    ivHistory: (underlying) => kept.get(underlying)?.ivHistory ?? [],
  };
}

/**
 * What of a source's chains is published: perpetuals, futures, and the options that strategies choose among, near the money and
 * near in time, with those that an account holds. Every row written costs by its size.
 */
export function chainsToKeep(source: ChainSource, nowMs: EpochMs, wanted: ReadonlySet<string>): readonly KeptChains[] {
  return source.underlyings.flatMap((underlying): readonly KeptChains[] => {
    const [chains, settled] = [source.chains(underlying, nowMs), source.settled(underlying, nowMs)];
    const isEmpty = chains.length === 0 && settled.fundings.length === 0 && settled.deliveries.length === 0;
    return isEmpty
      ? []
      : [
          {
            underlying,
            chains: chains.map((chain) => narrowed(chain, nowMs, wanted)),
            settled,
            ivHistory: source.ivHistory?.(underlying, nowMs) ?? [],
          },
        ];
  });
}

function narrowed(chain: DerivativeChain, nowMs: EpochMs, wanted: ReadonlySet<string>): DerivativeChain {
  const { strikesWithinShare, daysWithin, expiriesAtMost } = STORED_CHAINS;
  const isNear = ({ instrument: { contract } }: OptionQuote): boolean =>
    Math.abs(contract.strike / chain.spot - 1) <= strikesWithinShare && contract.expiryMs - nowMs <= daysWithin * DAY_MS;
  const near = chain.options.filter(isNear);
  const expiries = new Set([...new Set(near.map(({ instrument }) => instrument.contract.expiryMs))].sort((a, b) => a - b).slice(0, expiriesAtMost));
  const isKept = (option: OptionQuote): boolean =>
    wanted.has(option.instrument.symbol) || (isNear(option) && expiries.has(option.instrument.contract.expiryMs));
  return { ...chain, options: chain.options.filter(isKept) };
}
