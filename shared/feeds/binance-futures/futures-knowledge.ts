import type { Clock } from '../../kernel/clock.ts';
import type { Log } from '../../kernel/log.ts';
import { DAY_MS, type EpochMs, HOUR_MS, SECOND_MS } from '../../kernel/time.ts';
import type { Delivery, Funding, Settled } from '../../market/derivative.ts';
import { createAttempts } from '../connection/attempts.ts';
import type { FundingTerms, FuturesRest, TradedContract } from './futures-rest.ts';
import type { MarkPrice } from './mark-frame.ts';

/** What the venue tells when it is asked, beside what it streams. */
export interface FuturesKnowledge {
  /** Asks for what is old or due. What fails is told by `trouble`, and asked for again the next time. */
  refresh(): Promise<void>;
  contracts(): readonly TradedContract[];
  /** Marks of the first answer, until the streams bring newer ones. */
  firstMarks(): readonly MarkPrice[];
  terms(venueSymbol: string): FundingTerms | undefined;
  /** Time between two fundings by the venue's symbol: as the venue states it, else as its last payments were apart. */
  intervals(): ReadonlyMap<string, number>;
  settled(underlying: string, atMs: EpochMs): Settled;
  /** What could not be learned, in words; null when nothing is wrong. */
  trouble(): string | null;
}

const CONTRACTS_AGE_MS = HOUR_MS;
/** The venue books a funding some milliseconds to seconds after its time. */
const BOOKED_AFTER_MS = 5 * SECOND_MS;
/** A payment that was just missed is asked for again after this; the venue's own interval is the pace. */
const SETTLED_KEPT_MS = 4 * DAY_MS;

export function createFuturesKnowledge(rest: FuturesRest, clock: Clock, log: Log): FuturesKnowledge {
  const fundings = new Map<string, readonly Funding[]>();
  const deliveries = new Map<string, readonly Delivery[]>();
  const { attempt, trouble } = createAttempts('binance-futures', log);
  let contracts: readonly TradedContract[] = [];
  let terms: ReadonlyMap<string, FundingTerms> = new Map();
  let firstMarks: readonly MarkPrice[] = [];
  let learnedMs: EpochMs | null = null;

  async function learnContracts(): Promise<void> {
    const nowMs = clock.now();
    if (learnedMs !== null && nowMs - learnedMs < CONTRACTS_AGE_MS) return;
    const isLearned = await attempt('contracts', async () => {
      contracts = await rest.contracts();
    });
    if (!isLearned) return;
    await attempt('funding terms', async () => {
      terms = await rest.fundingTerms();
    });
    await attempt('mark prices', async () => {
      firstMarks = await rest.marks();
    });
    for (const pair of new Set(contracts.flatMap((contract) => pairOfDated(contract) ?? []))) {
      await attempt(`delivery prices of ${pair}`, async () => {
        deliveries.set(pair, await rest.deliveries(pair));
      });
    }
    learnedMs = nowMs;
  }

  const perpetuals = (): readonly TradedContract[] => contracts.filter(({ instrument }) => instrument.contract.kind === 'perpetual');

  function intervalOf(venueSymbol: string): number | null {
    const told = terms.get(venueSymbol)?.intervalMs;
    const [before, last] = (fundings.get(venueSymbol) ?? []).slice(-2);
    if (told !== undefined) return told;
    // Stamps jitter by some milliseconds.
    return before === undefined || last === undefined ? null : Math.round((last.atMs - before.atMs) / HOUR_MS) * HOUR_MS;
  }

  async function learnFundings(): Promise<void> {
    for (const { venueSymbol } of perpetuals()) {
      const last = fundings.get(venueSymbol)?.at(-1);
      const intervalMs = intervalOf(venueSymbol);
      if (last !== undefined && intervalMs !== null && clock.now() < last.atMs + intervalMs + BOOKED_AFTER_MS) continue;
      await attempt(`fundings of ${venueSymbol}`, async () => {
        fundings.set(venueSymbol, await rest.fundings(venueSymbol));
      });
    }
  }

  return {
    async refresh() {
      await learnContracts();
      await learnFundings();
    },
    contracts: () => contracts,
    firstMarks: () => firstMarks.filter(({ venueSymbol }) => contracts.some((contract) => contract.venueSymbol === venueSymbol)),
    terms: (venueSymbol) => terms.get(venueSymbol),
    intervals: () =>
      new Map(
        perpetuals().flatMap(({ venueSymbol }) => {
          const intervalMs = intervalOf(venueSymbol);
          return intervalMs === null || intervalMs <= 0 ? [] : [[venueSymbol, intervalMs] as const];
        }),
      ),
    settled(underlying, atMs) {
      const isLately = (ms: EpochMs): boolean => ms <= atMs && ms > atMs - SETTLED_KEPT_MS;
      const ours = contracts.filter(({ instrument }) => instrument.contract.underlying === underlying);
      return {
        fundings: ours.flatMap(({ venueSymbol }) => fundings.get(venueSymbol) ?? []).filter((funding) => isLately(funding.atMs)),
        deliveries: [...new Set(ours.flatMap((contract) => pairOfDated(contract) ?? []))]
          .flatMap((pair) => deliveries.get(pair) ?? [])
          .filter(({ expiryMs }) => isLately(expiryMs)),
      };
    },
    trouble,
  };
}

/** BTCUSDT of BTCUSDT_261225; null for a perpetual. */
const pairOfDated = ({ venueSymbol, instrument }: TradedContract): string | null =>
  instrument.contract.kind === 'future' ? (venueSymbol.split('_')[0] ?? null) : null;
