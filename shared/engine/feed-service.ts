import * as z from 'zod';
import { STORED_CHAINS } from '../config/stored-chains.ts';
import type { FeedState, MarketSnapshot } from '../contracts/market-snapshot.ts';
import { evidenceSchema, type Rate } from '../contracts/terms.ts';
import { messageOf, NightdeskError } from '../kernel/errors.ts';
import { type EpochMs, HOUR_MS, iso, MINUTE_MS, minuteOf, SECOND_MS } from '../kernel/time.ts';
import type { Account } from '../ledger/account.ts';
import { bestRates } from '../market/best-rates.ts';
import type { Bar } from '../market/price.ts';
import { TICK_PACK_MS, type TickSample } from '../market/tick-sample.ts';
import type { EngineContext } from './context.ts';
import { perpetualsOf } from './contracts/contract-prices.ts';
import { chainsToKeep } from './contracts/stored-chains.ts';
import { CONTRACTS_EVERY_MS, createContractTeller } from './contracts/told-contracts.ts';
import { createDailyCloses } from './daily-closes.ts';
import { createDesk, type DayCloses, type Desk } from './desk.ts';
import { createFeedWriter } from './feed-writer.ts';
import { createHistoryFetch, type HistoryKeeper, owedSchema } from './history-fetch.ts';
import { keepDays, keepPast, packEnded, packLeft } from './history-packs.ts';
import { createHistoryRevisions } from './history-revisions.ts';
import { createListings } from './listings.ts';
import type { MarketSource } from './market-source.ts';
import { createMatcher, type Matcher } from './matcher.ts';
import { lateTicks, missedTicks } from './missed-bars.ts';
import type { Lease, MarketStore } from './ports.ts';
import { storedCloses } from './stored-closes.ts';
import { createTickRecorder } from './tick-recorder.ts';

class FeedError extends NightdeskError<'already_started' | 'lost_lease' | 'not_started' | 'stopped'> {}

/** How a host runs its feed. */
export interface FeedOptions {
  /** Names the process that holds the lease; one that starts again under the same name takes it at once. */
  readonly holder: string;
  readonly leaseMs: number;
  /** Time between two snapshots, ms; null for those that come with the minutes' bars only. */
  readonly publishEveryMs: number | null;
  /** Time between two strong reads of the open orders, ms, beside the nudges. */
  readonly readOrdersEveryMs: number;
  /** Days of history that are there when the feed starts. */
  readonly historyDays: number;
  /** Whether functions elsewhere scan: they read the chains from the store, and perpetuals, which a short of coin goes to, with the prices. */
  readonly keepsChains?: boolean;
  /** Told when this process may no longer write: another feed has taken over. */
  readonly onFenced: (error: unknown) => void;
}

/** The feed: takes in prices, writes bars and snapshots, and is the paper exchange. */
export interface FeedService {
  /**
   * Takes the lease, fills in history, resumes from the stored cursor and begins. One that did not come so far may be tried again;
   * a feed that has run, or was stopped, does not begin again: what takes its place is another one.
   * @throws FeedError `already_started`; `stopped` when it was stopped meanwhile @throws StoreError `fenced` while another feed holds the lease
   */
  readonly start: () => Promise<void>;
  /**
   * Stops, after a start that is under way has come to its end: what it writes is written, and it does not run. A feed that publishes by the clock does so once more, and gives up its lease with that; one that publishes with the minutes only (a replay) goes on
   * from where it published last, so that a run that was stopped repeats what one that was not has done, to the bit. Of its ticks
   * those before that are packed: the others come again.
   */
  readonly stop: () => Promise<void>;
  /** Looks at the open orders now. */
  readonly nudge: () => Promise<void>;
  /** Publishes the prices as they stand now, for somebody who is about to read them. */
  readonly publish: () => Promise<void>;
  readonly desk: Desk;
  readonly matcher: Matcher;
}

/** A finished minute is asked for this long after its end: late closes arrive, and the scan's delay is not used up. */
export const MINUTE_GRACE_MS = 2 * SECOND_MS;
/**
 * Bars of minutes past are kept together, once a minute, so long after the minute's own: what its venue tells at once, though too
 * late for the minute, still comes before the scan.
 */
const LATE_GRACE_MS = 0.8 * SECOND_MS;
/** A first start that died is taken to have fetched nothing of so long before it: venues tell their newest minutes late. */
const UNSETTLED_MS = HOUR_MS;

const dayCloseSchema = z.object({ price: z.number(), atMs: z.number(), evidence: evidenceSchema });

const cursorSchema = z.object({
  source: z.unknown(),
  extremes: z.record(z.string(), z.number()),
  queues: z.record(z.string(), z.number()).default({}),
  arriving: z.array(z.string()).default([]),
  bookStamps: z.record(z.string(), z.number()).default({}),
  /** What symbols ended their last days at. */
  closes: z.record(z.string(), z.array(dayCloseSchema)).default({}),
  /** When this was written: a start that fills in history publishes it again, with a newer snapshot. */
  heardToMs: z.number().nullable().default(null),
  /** End of the last minute whose bars are stored: after a while without the store that may be long before the snapshot. */
  closedToMs: z.number().nullable().default(null),
  /** What of the past could not be fetched yet, by source. */
  owed: z.record(z.string(), owedSchema).default({}),
});

export function createFeedService(context: EngineContext, source: MarketSource, options: FeedOptions): FeedService {
  const { clock, log, market, world } = context;
  const desk = createDesk();
  const recorder = createTickRecorder();
  /** End of what is packed of ticks: the name of the next pack. */
  let recordedToMs: EpochMs = 0;
  let lease: Lease | null = null;
  let isRunning = false;
  let isSpent = false;
  let starting: Promise<void> | null = null;
  let closedToMs: EpochMs | null = null;
  /** Start of the first minute that this run closes. */
  let firstMinuteMs: EpochMs = 0;
  /** End of the last minute that was asked for at the start. */
  let fetchedToMs: EpochMs = 0;
  /** Since when nobody heard prices until this run began; null when it goes on where the one before stood, and before the first. */
  let unheardFromMs: EpochMs | null = null;
  const contractsToTell = createContractTeller(context.chains, desk);
  /** Bars of minutes past that the source has told of and that are not kept yet. */
  let late: Bar[] = [];
  /** Of a replay: the ticks that were not packed when it published last, which is where it is taken up again. */
  let ticksToPublished: readonly TickSample[] = [];
  const revisions = createHistoryRevisions();
  const history = createHistoryFetch(context, source);
  const listings = createListings(context, source);
  const dailies = createDailyCloses(context, source);
  const writer = createFeedWriter(
    context,
    () => isRunning,
    (error) => {
      isRunning = false;
      options.onFenced(error);
    },
  );
  const { write, mustWrite } = writer;

  const held = (): Lease => {
    if (lease === null) throw new FeedError('not_started', 'The feed holds no lease: it has not been started');
    return lease;
  };
  const matcher = createMatcher(context, desk, held, writer.fencedOff);

  const snapshot = (knownToMs = closedToMs): MarketSnapshot => {
    const atMs = clock.now();
    const rates = bestRates(source.rates(), atMs);
    desk.rates(rates);
    return {
      scope: world.scope,
      atMs,
      quotes: desk.quotes(atMs),
      rates,
      feeds: feeds(),
      cursor: {
        source: source.cursor(),
        extremes: matcher.extremes(),
        queues: matcher.queues(),
        arriving: matcher.arriving(),
        bookStamps: desk.bookStamps(),
        closes: desk.closes(),
        heardToMs: atMs,
        closedToMs: knownToMs,
        owed: history.owed(),
      },
      ...revisions.told(),
      rules: listings.rules(),
    };
  };

  const feeds = (): readonly FeedState[] =>
    source.states().map((state) => {
      const lacking = history.inWords(state.source);
      return lacking === null ? state : { ...state, detail: `${state.detail}; ${lacking}` };
    });

  const takeLease = async (): Promise<void> => {
    const epoch = lease?.epoch ?? null;
    lease = await market.lease({ scope: world.scope, holder: options.holder, epoch, nowMs: clock.now(), ttlMs: options.leaseMs });
  };

  /** A lease that has not run out is prolonged by what is published next: a write of its own would cost as much again. */
  const renew = async (): Promise<void> => {
    const nowMs = clock.now();
    if (lease === null || nowMs >= lease.untilMs) await takeLease();
    else lease = { ...lease, untilMs: nowMs + options.leaseMs };
  };

  /** Packs prolong no lease: while history is filled in, which may take longer than it lasts, it is renewed by itself. */
  const renewAtStart = async (): Promise<void> => {
    if (held().untilMs - clock.now() < options.leaseMs / 2) await takeLease();
  };

  const closeMinute = async (minuteMs: EpochMs): Promise<void> => {
    const bars = source.closeMinute(minuteMs);
    for (const bar of bars) desk.bar(bar);
    const endMs = minuteMs + MINUTE_MS;
    // Before it is published: who dies in between has the next start do it again.
    if (minuteMs === fetchedToMs) await meetLate(bars);
    await write('minute', async () => {
      await renew();
      if (minuteMs < fetchedToMs) await joinFetched(bars);
      await publishNow(minuteMs < fetchedToMs ? null : { minuteMs, bars }, endMs);
      closedToMs = endMs;
      await packEnded(market, held(), endMs);
    });
    await keepChains(endMs);
    tellMinute(minuteMs, bars);
    // Not at the very start: a pack of it and the next one would have the same name.
    if (endMs % TICK_PACK_MS === 0 && endMs > recordedToMs) await packTicks(endMs, recorder.take(endMs));
  };

  /** What came in during a minute, and how the lines stood at its end. */
  const tellMinute = (minuteMs: EpochMs, bars: readonly Bar[]): void => {
    const { trades, samples } = recorder.heard();
    const sources = source.states().map(({ source: name, status, reconnects, accepted }) => ({ source: name, status, reconnects, accepted }));
    const reconnects = sources.reduce((total, each) => total + each.reconnects, 0);
    const missingBars = bars.filter(({ origin }) => origin === 'missing').map(({ symbol }) => symbol);
    const waiting = { missingBars, fillsWaiting: matcher.waiting() };
    log('info', 'feed-minute', { minute: iso(minuteMs), trades, conflated: trades - samples, reconnects, ...waiting, sources });
  };

  /**
   * A minute that ended just before the start was fetched, and is closed as well: a bar that was not heard does not go over one
   * that was fetched. It is the newest one yet, which charts read with the snapshot whatever its revision.
   */
  const joinFetched = (bars: readonly Bar[]): Promise<void> =>
    keepPast(market, held(), {
      bars,
      toMs: fetchedToMs,
      replacesReceived: false,
      keepMinute: (minuteMs, ofMinute) => publishNow({ minuteMs, bars: ofMinute }),
    });

  const publishNow = async (minute: Parameters<MarketStore['publish']>[2], knownToMs = closedToMs): Promise<void> => {
    const waiting = options.publishEveryMs === null ? recorder.waiting() : [];
    await market.publish(held(), snapshot(knownToMs), minute);
    ticksToPublished = waiting;
  };

  /** A pack of ticks is named by where the one before it ended, so a restart replaces none. */
  const packTicks = async (beforeMs: EpochMs, samples: readonly TickSample[]): Promise<void> => {
    const fromMs = recordedToMs;
    recordedToMs = beforeMs;
    ticksToPublished = ticksToPublished.filter(({ secondMs }) => secondMs >= beforeMs);
    if (samples.length > 0) await write('ticks', () => market.packTicks(held(), fromMs, samples));
  };

  /** Bars that are known now, after their minutes were closed or missed: the charts of every process are put right. */
  const repair = (bars: readonly Bar[], replacesReceived: boolean, by = write): Promise<void> => {
    let isRaised = false;
    return by('repair', async () => {
      const toMs = Math.max(firstMinuteMs, closedToMs ?? 0);
      const past = bars.filter(({ openMs }) => openMs < toMs);
      if (past.length === 0) return;
      await renew();
      await keepPast(market, held(), {
        bars: past,
        toMs,
        replacesReceived,
        keepMinute: (minuteMs, ofMinute) => publishNow({ minuteMs, bars: ofMinute }),
      });
      // Last: who sees the new revision finds all of it.
      if (!isRaised) revisions.raise(past.reduce((firstMs, { openMs }) => Math.min(firstMs, openMs), toMs));
      isRaised = true;
      await publish();
    });
  };

  /** Keeps in one go what has come late: a venue that tells its minutes one symbol after the other would cost a revision each. */
  const keepLate = async (): Promise<void> => {
    const bars = late;
    late = [];
    if (bars.length === 0) return;
    await repair(bars, true);
    await meetLate(bars);
  };

  // What is not kept, as by a feed that stops, stays owed: the next start asks for it again.
  const keepLater: HistoryKeeper = {
    days: (quarters) =>
      mustWrite('history', async () => {
        await renew();
        await keepDays(market, held(), quarters);
        revisions.raise(null);
        await publish();
      }),
    minutes: async (bars) => {
      for (const bar of bars) desk.bar(bar);
      await repair(bars, false, mustWrite);
      await meetLate(bars);
    },
  };

  /**
   * Before the feed runs the snapshot stays what the run before has left, but for its time. A first start tells what it still owes:
   * when it dies, the next one would take for fetched all that is older than the minutes that are stored.
   */
  const keepAtStart = (stored: MarketSnapshot | null, toMs: EpochMs): HistoryKeeper => {
    const { atMs: storedMs, ...before } = stored ?? { scope: world.scope, atMs: 0, quotes: [], rates: [], feeds: [], cursor: null };
    const cursor = (): unknown =>
      before.cursor ?? { source: null, extremes: {}, bookStamps: {}, closes: {}, closedToMs: toMs - UNSETTLED_MS, owed: history.owed() };
    return {
      days: async (quarters) => {
        await renewAtStart();
        await keepDays(market, held(), quarters);
      },
      minutes: async (bars) => {
        await renewAtStart();
        await keepPast(market, held(), {
          bars,
          toMs,
          replacesReceived: false,
          keepMinute: (minuteMs, ofMinute) =>
            market.publish(held(), { ...before, atMs: Math.max(storedMs, minuteMs + MINUTE_MS), cursor: cursor() }, { minuteMs, bars: ofMinute }),
        });
      },
    };
  };

  const everyMinute = (minuteMs: EpochMs): void => {
    clock.at(minuteMs + MINUTE_MS + MINUTE_GRACE_MS, '1-minute', async () => {
      if (!isRunning) return;
      everyMinute(minuteMs + MINUTE_MS);
      clock.at(minuteMs + MINUTE_MS + MINUTE_GRACE_MS + LATE_GRACE_MS, '1-late', () => (isRunning ? keepLate() : undefined));
      await closeMinute(minuteMs);
    });
  };

  const repeatedly = (everyMs: number, label: string, task: () => Promise<void>): void => {
    clock.at(clock.now() + everyMs, label, async () => {
      if (!isRunning) return;
      repeatedly(everyMs, label, task);
      await task();
    });
  };

  const tellContracts = async (): Promise<void> => {
    const wanted = new Set([...matcher.contracts(), ...(options.keepsChains === true ? perpetualsOf(context.chains) : [])]);
    for (const { quote, tick } of contractsToTell(wanted, clock.now())) {
      desk.contract(quote);
      await matcher.tick(tick);
    }
  };

  /** Rows cost by their size: chains are kept for the minutes on which somebody looks at them. */
  const keepChains = async (endMs: EpochMs): Promise<void> => {
    const { chains } = context;
    if (chains === null || options.keepsChains !== true || endMs % (STORED_CHAINS.everyMinutes * MINUTE_MS) !== 0) return;
    await write('chains', () => market.keepChains(held(), chainsToKeep(chains, clock.now(), matcher.contracts())));
  };

  const readOrders = async (): Promise<void> => {
    try {
      await matcher.refresh();
    } catch (error) {
      log('error', 'orders-not-read', { why: messageOf(error) });
    }
  };

  const sink = {
    tick: (tick: Parameters<Desk['tick']>[0]) => {
      desk.tick(tick);
      recorder.add(tick);
      return isRunning ? matcher.tick(tick) : undefined;
    },
    top: desk.top,
    depth: desk.depth,
    reference: desk.reference,
    repaired: (bars: readonly Bar[]) => {
      for (const bar of bars) desk.bar(bar);
      late.push(...bars);
    },
  };

  /** What days ended at: as this feed has seen it, and where it has not, as history has it. */
  const restoreCloses = async (seen: DayCloses, nowMs: EpochMs): Promise<void> => {
    const nse = (source.parts ?? [source]).find(({ markets }) => markets.includes('NSE'));
    const stored = nse === undefined ? [] : await storedCloses(market, world.scope, nowMs, nse.evidence);
    for (const [symbol, close] of stored) desk.closed(symbol, close);
    for (const [symbol, closes] of Object.entries(seen)) for (const close of closes) desk.closed(symbol, close);
  };

  /** Takes up what the run before has left, fills in what was missed since, and gives the source's cursor. */
  const resume = async (
    nowMs: EpochMs,
  ): Promise<{ readonly isResumed: boolean; readonly cursor: unknown; readonly stored: MarketSnapshot | null }> => {
    const stored = await market.snapshot(world.scope);
    const { success: isResumed, data: cursor } = cursorSchema.safeParse(stored?.cursor);
    closedToMs = stored === null ? null : (cursor?.closedToMs ?? minuteOf(stored.atMs - MINUTE_GRACE_MS));
    // Charts of other processes may have been built without what is fetched now.
    revisions.resume(stored);
    firstMinuteMs = minuteOf(nowMs - MINUTE_GRACE_MS);
    fetchedToMs = minuteOf(nowMs);
    if (closedToMs !== null) await packLeft(market, held(), closedToMs, nowMs);
    const range = { knownToMs: closedToMs, nowMs: fetchedToMs, historyDays: options.historyDays, owed: cursor?.owed ?? {} };
    await history.atStart(range, keepAtStart(stored, fetchedToMs));
    await listings.restore();
    desk.listed(listings.rules());
    const lastHour = await market.bars(world.scope, nowMs - HOUR_MS, nowMs);
    for (const bar of [...lastHour.values()].flat()) desk.bar(bar);
    await restoreCloses(cursor?.closes ?? {}, nowMs);
    if (stored !== null) desk.restore(stored.quotes, cursor?.bookStamps ?? {});
    const heardToMs = cursor?.heardToMs ?? stored?.atMs ?? nowMs;
    if (cursor !== undefined) matcher.restore(cursor, heardToMs);
    unheardFromMs = heardToMs < nowMs ? heardToMs : null;
    return { isResumed, cursor: cursor?.source ?? null, stored };
  };

  const accountHere = async (): Promise<Account | null> => {
    const account = await context.accounts.active();
    return account?.scope === world.scope ? account : null;
  };

  /** Resting orders meet what was traded since the run before spoke last. */
  const meetMissed = async (rates: readonly Rate[]): Promise<void> => {
    const account = unheardFromMs === null ? null : await accountHere();
    if (account === null || unheardFromMs === null) return;
    const known = { rates, rules: listings.rules() };
    await matcher.missed(await missedTicks(market, account, { sinceMs: unheardFromMs, toMs: fetchedToMs }, known));
  };

  /** The same of bars that were told later: of the minute in which this run began, and of what could not be fetched before it. */
  const meetLate = async (bars: readonly Bar[]): Promise<void> => {
    const fromMs = unheardFromMs === null ? Number.POSITIVE_INFINITY : minuteOf(unheardFromMs);
    const late = bars.filter(({ openMs }) => openMs >= fromMs && openMs <= fetchedToMs);
    const account = late.length === 0 ? null : await accountHere();
    if (account === null) return;
    await matcher.missed(await lateTicks(market, account, late, { rates: bestRates(source.rates(), clock.now()), rules: listings.rules() }));
  };

  const start = (): Promise<void> => {
    starting = begin();
    return starting;
  };

  const begin = async (): Promise<void> => {
    if (isSpent) throw new FeedError('already_started', `The feed of ${world.scope} has run or was stopped: it does not begin again`);
    // A start that was fenced off before it ran takes the lease anew.
    lease = null;
    await renew();
    const nowMs = clock.now();
    const { isResumed, cursor, stored } = await resume(nowMs);
    if (isSpent) throw new FeedError('stopped', `The feed of ${world.scope} was stopped while it started`);
    desk.rates(bestRates(source.rates(), nowMs));
    isRunning = true;
    isSpent = true;
    recordedToMs = nowMs;
    await matcher.refresh();
    // The source has told no rates yet: those that the run before knew are the ones of then.
    if (stored !== null) await meetMissed(stored.rates);
    // The minute that was under way at the snapshot is closed by this run; a fresh start closes its first minute as far as it saw it.
    everyMinute(firstMinuteMs);
    if (options.publishEveryMs !== null) repeatedly(options.publishEveryMs, '4-publish', publishUnlessBehind);
    repeatedly(options.readOrdersEveryMs, '4-orders', readOrders);
    if (context.chains !== null) repeatedly(CONTRACTS_EVERY_MS, '2-contracts', tellContracts);
    await source.start(sink, cursor);
    await write('snapshot', publish);
    history.later(keepLater);
    listings.start((rules) => {
      desk.listed(rules);
      return write('listings', () => market.keepListings(held(), rules));
    });
    dailies.start((closes) => write('dailies', () => market.keepDailies(held(), closes)));
    log('info', 'feed-started', { scope: world.scope, epoch: held().epoch, from: iso(nowMs), resumed: isResumed });
  };

  const publish = async (): Promise<void> => {
    await renew();
    await publishNow(null);
  };

  /** The last snapshot says that the lease ends with it: who waits for it need not wait until it has run out. */
  const giveUp = async (): Promise<void> => {
    lease = { ...held(), untilMs: clock.now() };
    await publishNow(null);
  };

  const publishUnlessBehind = async (): Promise<void> => {
    if (writer.pending() === 0) await write('snapshot', publish);
  };

  const stop = async (): Promise<void> => {
    isSpent = true;
    history.stop();
    // How it ended is told to who began it.
    await starting?.catch(() => undefined);
    const wasRunning = isRunning;
    isRunning = false;
    listings.stop();
    dailies.stop();
    await source.stop();
    if (wasRunning) {
      await keepLate();
      if (options.publishEveryMs === null) await packTicks(clock.now(), ticksToPublished);
      else await packTicks(clock.now() + MINUTE_MS, recorder.take(clock.now() + MINUTE_MS));
    }
    if (wasRunning && options.publishEveryMs !== null) await write('snapshot', giveUp);
    await writer.settled();
  };

  return { start, stop, nudge: readOrders, publish: publishUnlessBehind, desk, matcher };
}
