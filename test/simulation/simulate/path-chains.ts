import { instrumentBySymbol } from '../../../shared/config/instruments.ts';
import type { ChainSource } from '../../../shared/engine/ports.ts';
import { type EpochMs, SECOND_MS } from '../../../shared/kernel/time.ts';
import type { DerivativeChain, Funding, PerpetualQuote } from '../../../shared/market/derivative.ts';
import { type PricePath, TICK_EVERY_MS } from './price-path.ts';

/** Coins whose perpetuals the seeds trade. */
export const PERPETUALS = ['SOL', 'ETH'] as const;
/** Far more often than at any venue, so that it happens within a seed. */
const FUNDING_EVERY_MS = 30 * SECOND_MS;
const KEPT_FUNDINGS = 40;

/** Perpetuals at the price of their coin, with a book around it: a pure function of the seed's path and the instant. */
export function createPathChains(path: PricePath): ChainSource {
  const priceAt = (symbol: string, atMs: EpochMs): number | null =>
    path.prices(atMs - (atMs % TICK_EVERY_MS)).find(({ tick }) => tick.symbol === symbol)?.tick.price ?? null;

  const perpetual = (symbol: string, spot: number, atMs: EpochMs): PerpetualQuote => ({
    instrument: instrumentBySymbol(`${symbol}-PERP`, atMs) as PerpetualQuote['instrument'],
    bid: Number((spot - 0.02).toFixed(2)),
    ask: Number((spot + 0.02).toFixed(2)),
    last: spot,
    mark: spot,
    bidSize: 200,
    askSize: 200,
    receivedMs: atMs,
    index: spot,
    fundingRate: rateAt(nextFunding(atMs)),
    nextFundingMs: nextFunding(atMs),
    fundingIntervalMs: FUNDING_EVERY_MS,
  });

  const chains = (underlying: string, atMs: EpochMs): readonly DerivativeChain[] => {
    const spot = priceAt(underlying, atMs);
    if (spot === null) return [];
    const common = { underlying, venue: 'binance-futures', currency: 'USDT', atMs, spot, source: 'path', evidence: 'simulated' } as const;
    return [{ ...common, lotSize: 0.01, perpetual: perpetual(underlying, spot, atMs), futures: [], options: [] }];
  };

  const fundings = (underlying: string, atMs: EpochMs): readonly Funding[] =>
    Array.from({ length: KEPT_FUNDINGS }, (_, index) => nextFunding(atMs) - (KEPT_FUNDINGS - index) * FUNDING_EVERY_MS).flatMap((fundingMs) => {
      const mark = priceAt(underlying, fundingMs);
      return mark === null ? [] : [{ atMs: fundingMs, rate: rateAt(fundingMs), mark }];
    });

  return {
    underlyings: PERPETUALS,
    chains,
    settled: (underlying, atMs) => ({ fundings: fundings(underlying, atMs), deliveries: [] }),
  };
}

const nextFunding = (atMs: EpochMs): EpochMs => (Math.floor(atMs / FUNDING_EVERY_MS) + 1) * FUNDING_EVERY_MS;

/** Now positive, now negative. */
const rateAt = (fundingMs: EpochMs): number => Number((0.0004 * Math.sin(fundingMs / 7_777)).toFixed(8));
