import { CHARGE_FACTS } from '../../config/charges.ts';
import { DERIBIT } from '../../config/deribit.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { Log } from '../../kernel/log.ts';
import type { Rng } from '../../kernel/rng.ts';
import { SECOND_MS } from '../../kernel/time.ts';
import { createConnectBudget } from '../connection/connect-budget.ts';
import { connectVenue, type VenueFeed, type VenueTiming, venueInWords } from '../connection/venue-socket.ts';
import type { Dial } from '../connection/wire.ts';
import type { ContractSource } from '../contract-source.ts';
import { SourceError } from '../source-error.ts';
import { type CoinBoard, createCoinBoard } from './deribit-board.ts';
import { deribitTalk } from './deribit-talk.ts';

export interface DeribitSourceOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** Draws the back-off of reconnects. */
  readonly random: Rng;
  /** Base URLs in the order of preference. */
  readonly urls: readonly string[];
  readonly timing?: Partial<VenueTiming>;
  readonly dial?: Dial;
}

/** The coins whose options are followed. */
export const DERIBIT_UNDERLYINGS: readonly string[] = Object.keys(DERIBIT.indices);

const SOURCE = 'deribit';
/** Marks and the index come about once a second. */
const TIMING: Partial<VenueTiming> = { suspectMs: 10 * SECOND_MS, silenceMs: 15 * SECOND_MS, starvedMs: 30 * SECOND_MS, rotationMs: null };

/**
 * Options on BTC and ETH at Deribit, live and without keys: the whole surface by its marks, the options near the money with bid and
 * ask, the price index as spot, delivery prices, and the daily volatility index as the history of implied volatility.
 *
 * A feed of contracts: it gives no market and no bars of its own. While it is away, or tells nothing new, there is no chain.
 */
export function deribitSource(options: DeribitSourceOptions): ContractSource {
  const { clock, log, random, urls } = options;
  const boards = new Map<string, CoinBoard>(DERIBIT_UNDERLYINGS.map((coin) => [coin, createCoinBoard(coin, SOURCE)]));
  const budget = createConnectBudget(DERIBIT.connects);
  const refused: Record<string, number> = {};
  const notes = new Map<string, string>();
  const createdMs = clock.now();
  let accepted = 0;
  let feed: VenueFeed | null = null;

  const desk = {
    source: SOURCE,
    boards,
    now: clock.now,
    accepted: (count: number) => {
      accepted += count;
    },
    counted: (what: string, count = 1) => {
      refused[what] = (refused[what] ?? 0) + count;
    },
    noted(what: string, why: string | null) {
      if (why === null) notes.delete(what);
      else if (notes.get(what) !== why) {
        notes.set(what, why);
        log('warn', `${SOURCE}.not_told`, { what, why });
      }
    },
  };

  function detail(open: VenueFeed): string {
    const listed = [...boards].map(([coin, board]) => `${board.listedCount()} options on ${coin}`).join(', ');
    const untold = [...notes].map(([what, why]) => `${what}: ${why}`);
    return [venueInWords(open.state()), listed, ...otherCommissions(boards), ...untold].join('; ');
  }

  return {
    name: SOURCE,
    markets: [],
    evidence: 'live',
    underlyings: DERIBIT_UNDERLYINGS,
    chains(underlying, atMs) {
      const chain = boards.get(underlying)?.chain(atMs) ?? null;
      return chain === null ? [] : [chain];
    },
    settled: (underlying) => ({ fundings: [], deliveries: boards.get(underlying)?.deliveries() ?? [] }),
    ivHistory: (underlying, atMs) => boards.get(underlying)?.history(atMs) ?? [],
    async start() {
      if (feed !== null) throw new SourceError('already_started', `${SOURCE} is connected already; stop it first`, { source: SOURCE });
      feed = connectVenue({
        venue: SOURCE,
        urls,
        converse: deribitTalk(desk),
        clock,
        random,
        log,
        budget,
        sends: DERIBIT.sends,
        timing: { ...TIMING, ...options.timing },
        ...(options.dial === undefined ? {} : { dial: options.dial }),
      });
    },
    async stop() {
      const closing = feed;
      feed = null;
      await closing?.close();
    },
    closeMinute: () => [],
    cursor: () => null,
    states() {
      const common = { source: SOURCE, markets: [], evidence: 'live', accepted, refused: { ...refused } } as const;
      if (feed === null) return [{ ...common, status: 'down', detail: 'not connected', sinceMs: createdMs, reconnects: 0 }];
      const { status, sinceMs, reconnects } = feed.state();
      return [{ ...common, status, detail: detail(feed), sinceMs, reconnects }];
    },
    rates: () => [],
    async *minutes() {},
    quarters: async () => new Map(),
  };
}

/** The share of the underlying that options cost by the shipped schedule, as it is now. */
const SHIPPED_COMMISSION = CHARGE_FACTS.rules
  .filter(({ venue, products, to }) => venue === SOURCE && products.includes('option') && to === null)
  .map((rule) => (rule.basis === 'underlying' ? Number(rule.rate) / Number(rule.per) : null))
  .at(-1);

/** Where the venue charges otherwise than the shipped schedule, by which fills are costed. */
const otherCommissions = (boards: ReadonlyMap<string, CoinBoard>): readonly string[] =>
  [...boards].flatMap(([coin, board]) => {
    const told = board.takerCommission();
    return told === null || told === SHIPPED_COMMISSION
      ? []
      : [`options on ${coin} cost ${told} of the underlying there, ${SHIPPED_COMMISSION} is reckoned with`];
  });
