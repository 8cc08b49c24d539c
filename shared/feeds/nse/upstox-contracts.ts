import { expiryMsOf, NSE_FUTURES_UNDERLYINGS } from '../../config/contracts.ts';
import { NSE_CALENDAR } from '../../config/nse-calendar.ts';
import { UPSTOX } from '../../config/nse-feed.ts';
import type { FeedState } from '../../contracts/market-snapshot.ts';
import type { Cancel, Clock } from '../../kernel/clock.ts';
import type { Log } from '../../kernel/log.ts';
import { DAY_MS, type EpochMs, iso, MINUTE_MS } from '../../kernel/time.ts';
import { type Calendar, marketPhase } from '../../market/calendar.ts';
import { type Delivery, type DerivativeChain, NOTHING_SETTLED } from '../../market/derivative.ts';
import { istDate } from '../../market/ist.ts';
import { createAttempts } from '../connection/attempts.ts';
import type { ContractSource } from '../contract-source.ts';
import { SourceError } from '../source-error.ts';
import type { UpstoxAccess } from './upstox-access.ts';
import { chainOf, type UpstoxBoard, wantedKeys } from './upstox-board.ts';
import { createUpstoxCandles } from './upstox-candles.ts';
import { upstoxClient } from './upstox-client.ts';
import { fetchUpstoxInstruments, type UpstoxListing } from './upstox-instruments.ts';
import { createUpstoxQuotes } from './upstox-quotes.ts';

export interface UpstoxContractsOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly access: UpstoxAccess;
  /** Default: the NSE calendar as shipped. */
  readonly calendar?: Calendar;
  /** Least time between two requests, ms; default: the venue's. */
  readonly requestGapMs?: number;
  /** How often all that is followed is asked for, ms; default: as configured. */
  readonly everyMs?: number;
  readonly fetch?: typeof fetch;
}

const SOURCE = 'upstox-contracts';
const LISTED_WAIT_MS = 5 * MINUTE_MS;
/** Closing values are final some minutes after the last auction. */
const CLOSED_AFTER_MS = 20 * MINUTE_MS;
const SETTLED_DAYS = 4;
const NO_LISTING: UpstoxListing = { contracts: [], underlyings: new Map(), otherLots: [], refused: 0 };

/**
 * Futures and options of NSE at Upstox, live: the list of contracts is read each morning, their last prices and touches are asked
 * for every fifteen seconds while derivatives trade, all in a handful of requests. It asks for nothing but market data, and
 * the token may be a read-only one. No history of implied volatility is told.
 *
 * Contracts whose lot is another there than here are left out and named in the state. What an expiry was settled at is the close of
 * its underlying on that day: the exchange's own closing value.
 */
export function upstoxContracts(options: UpstoxContractsOptions): ContractSource {
  const { clock, log, access, calendar = NSE_CALENDAR, everyMs = UPSTOX.contracts.everyMs } = options;
  const request = options.fetch === undefined ? {} : { fetch: options.fetch };
  const client = upstoxClient({ access, clock, gapMs: options.requestGapMs, ...request });
  const told = createUpstoxQuotes(client, clock.now);
  const candles = createUpstoxCandles(client, clock);
  const deliveries = new Map<string, readonly Delivery[]>();
  const attempts = createAttempts(SOURCE, log);
  const createdMs = clock.now();
  let board: UpstoxBoard = { listing: NO_LISTING, quotes: new Map() };
  /** The chains of the board, made when they are first asked for. */
  let made = new Map<string, DerivativeChain | null>();
  let listedOn: string | null = null;
  let listedTryMs = 0;
  /** The day of India and whether its session was over when closing values were asked for last. */
  let settledAt: string | null = null;
  let accepted = 0;
  let looking: Cancel = () => {};
  let isRunning = false;
  let status: FeedState['status'] = 'down';
  let sinceMs = createdMs;

  const isTrading = (atMs: EpochMs): boolean => marketPhase(calendar, 'NSE', atMs, 'derivatives').phase === 'continuous';

  async function attempt(what: string, ask: () => Promise<void>): Promise<void> {
    await attempts.attempt(what, ask);
    turnTo(statusNow());
  }

  /** The list is new each morning, and is asked for on the first look of a day that trades, or when there is none yet. */
  async function learnListing(nowMs: EpochMs): Promise<void> {
    const today = istDate(nowMs);
    if (listedOn === today || (listedOn !== null && !isTrading(nowMs)) || nowMs - listedTryMs < LISTED_WAIT_MS) return;
    listedTryMs = nowMs;
    await attempt('the list of contracts', async () => {
      const listing = await fetchUpstoxInstruments({ urls: access.instruments, underlyings: new Set(NSE_FUTURES_UNDERLYINGS), nowMs, ...request });
      show({ listing, quotes: board.quotes });
      listedOn = today;
    });
  }

  /** A round of questions replaces the one before: what the venue says nothing of any more has no price. */
  async function learnQuotes(nowMs: EpochMs): Promise<void> {
    if (!isTrading(nowMs) || board.listing.underlyings.size === 0) return;
    await attempt('quotes', async () => {
      const { listing } = board;
      const isSpotKnown = [...listing.underlyings.values()].some((key) => board.quotes.has(key));
      if (!isSpotKnown) show({ listing, quotes: await told.fetch([...listing.underlyings.values()]) });
      const quotes = await told.fetch(wantedKeys(board, clock.now()));
      accepted += quotes.size;
      show({ listing, quotes });
    });
  }

  function show(newer: UpstoxBoard): void {
    board = newer;
    made = new Map();
  }

  function chainAt(underlying: string, atMs: EpochMs): DerivativeChain | null {
    if (!isTrading(atMs)) return null;
    if (!made.has(underlying)) made.set(underlying, chainOf(board, underlying, SOURCE));
    const chain = made.get(underlying) ?? null;
    return chain === null || chain.atMs > atMs || atMs - chain.atMs > UPSTOX.contracts.mostAgeMs ? null : chain;
  }

  /** Closes of the last days, asked for once after each session and at the start. */
  async function learnDeliveries(nowMs: EpochMs): Promise<void> {
    const today = istDate(nowMs);
    const isTodayOver = nowMs >= expiryMsOf('nse', today) + CLOSED_AFTER_MS;
    const learnt = `${today} ${isTodayOver}`;
    if (settledAt === learnt || board.listing.underlyings.size === 0) return;
    await attempt('closing values', async () => {
      for (const [underlying, key] of board.listing.underlyings) {
        const days = await candles.fetchDays({ key, fromMs: nowMs - (SETTLED_DAYS + 1) * DAY_MS, toMs: nowMs, isTodayOver });
        deliveries.set(
          underlying,
          days.map(({ openMs, close }) => ({ expiryMs: expiryMsOf('nse', istDate(openMs)), price: close, source: SOURCE })),
        );
      }
      settledAt = learnt;
    });
  }

  async function look(): Promise<void> {
    await learnListing(clock.now());
    await learnQuotes(clock.now());
    await learnDeliveries(clock.now());
    // What trades may have changed without a question.
    turnTo(statusNow());
  }

  function lookAgain(): void {
    looking = clock.at(clock.now() + everyMs, `${SOURCE}.look`, async () => {
      await look();
      if (isRunning) lookAgain();
    });
  }

  function statusNow(): FeedState['status'] {
    if (!isRunning) return 'down';
    if (attempts.trouble() !== null) return 'down';
    if (listedOn === null) return 'connecting';
    return isTrading(clock.now()) ? 'up' : 'waiting';
  }

  function turnTo(now: FeedState['status']): void {
    if (now !== status) sinceMs = clock.now();
    status = now;
  }

  function detail(): string {
    if (!isRunning) return 'not connected';
    const { nextOpenMs, reason } = marketPhase(calendar, 'NSE', clock.now(), 'derivatives');
    const rest = isTrading(clock.now())
      ? null
      : `derivatives of NSE do not trade now (${reason}), ${nextOpenMs === null ? 'their next session is not known' : `they do from ${iso(nextOpenMs)}`}`;
    const words = [
      `${board.listing.contracts.length} contracts listed, ${board.quotes.size} prices`,
      rest,
      ...board.listing.otherLots,
      attempts.trouble(),
    ];
    return words.filter((each) => each !== null).join('; ');
  }

  return {
    name: SOURCE,
    markets: [],
    evidence: 'live',
    underlyings: NSE_FUTURES_UNDERLYINGS,
    chains(underlying, atMs) {
      const chain = chainAt(underlying, atMs);
      return chain === null ? [] : [chain];
    },
    settled: (underlying, atMs) => ({
      ...NOTHING_SETTLED,
      deliveries: (deliveries.get(underlying) ?? []).filter(({ expiryMs }) => expiryMs <= atMs),
    }),
    async start() {
      if (isRunning) throw new SourceError('already_started', `${SOURCE} is connected already; stop it first`, { source: SOURCE });
      isRunning = true;
      turnTo('connecting');
      // A venue that cannot be reached keeps nobody from trading elsewhere: it is looked for again.
      void look().then(() => {
        if (isRunning) lookAgain();
      });
    },
    async stop() {
      isRunning = false;
      looking();
      turnTo('down');
    },
    closeMinute: () => [],
    cursor: () => null,
    states: () => [
      { source: SOURCE, markets: [], evidence: 'live', status, detail: detail(), sinceMs, reconnects: 0, accepted, refused: refusedSoFar() },
    ],
    rates: () => [],
    async *minutes() {},
    quarters: async () => new Map(),
  };

  function refusedSoFar(): Readonly<Record<string, number>> {
    const { refused } = board.listing;
    return refused === 0 ? told.refused() : { ...told.refused(), bad_instrument: refused };
  }
}
