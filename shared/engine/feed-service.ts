import * as z from 'zod';
import type { FeedState, MarketSnapshot } from '../contracts/market-snapshot.ts';
import { messageOf, NightdeskError } from '../kernel/errors.ts';
import { type EpochMs, HOUR_MS, iso, MINUTE_MS, minuteOf, SECOND_MS } from '../kernel/time.ts';
import { bestRates } from '../market/best-rates.ts';
import type { Bar } from '../market/price.ts';
import { TICK_PACK_MS } from '../market/tick-sample.ts';
import type { EngineContext } from './context.ts';
import { createDesk, type Desk } from './desk.ts';
import { createFeedWriter } from './feed-writer.ts';
import { createHistoryFetch, type HistoryKeeper, owedSchema } from './history-fetch.ts';
import { keepDays, keepPast, packEnded } from './history-packs.ts';
import { createListings } from './listings.ts';
import type { MarketSource } from './market-source.ts';
import { createMatcher, type Matcher } from './matcher.ts';
import type { Lease } from './ports.ts';
import { createTickRecorder } from './tick-recorder.ts';

class FeedError extends NightdeskError<'lost_lease' | 'not_started'> {}

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
  /** Told when this process may no longer write: another feed has taken over. */
  readonly onFenced: (error: unknown) => void;
}

/** The feed: takes in prices, writes bars and snapshots, and is the paper exchange. */
export interface FeedService {
  /** Takes the lease, fills in history, resumes from the stored cursor and begins. */
  readonly start: () => Promise<void>;
  /**
   * Stops. A feed that publishes by the clock does so once more; one that publishes with the minutes only (a replay) goes on
   * from its last minute, so that a run that was stopped repeats what one that was not has done, to the bit.
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
const MINUTE_GRACE_MS = 2 * SECOND_MS;

const cursorSchema = z.object({
  source: z.unknown(),
  extremes: z.record(z.string(), z.number()),
  bookStamps: z.record(z.string(), z.number()).default({}),
  /** End of the last minute whose bars are stored: after a while without the store that may be long before the snapshot. */
  closedToMs: z.number().nullable().default(null),
  /** What of the past could not be fetched yet, by source. */
  owed: z.record(z.string(), owedSchema).default({}),
});

export function createFeedService(context: EngineContext, source: MarketSource, options: FeedOptions): FeedService {
  const { clock, log, market, world } = context;
  const desk = createDesk();
  const recorder = createTickRecorder();
  let recordedToMs: EpochMs | null = null;
  let lease: Lease | null = null;
  let isRunning = false;
  let closedToMs: EpochMs | null = null;
  /** Start of the first minute that this run closes. */
  let firstMinuteMs: EpochMs = 0;
  let historyRevision = 0;
  const history = createHistoryFetch(context, source);
  const listings = createListings(context, source);
  const writer = createFeedWriter(
    context,
    () => isRunning,
    (error) => {
      isRunning = false;
      options.onFenced(error);
    },
  );
  const { write } = writer;

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
        bookStamps: desk.bookStamps(),
        closedToMs: knownToMs,
        owed: history.owed(),
      },
      historyRevision,
      rules: listings.rules(),
    };
  };

  const feeds = (): readonly FeedState[] =>
    source.states().map((state) => {
      const lacking = history.inWords(state.source);
      return lacking === null ? state : { ...state, detail: `${state.detail}; ${lacking}` };
    });

  /** A lease that has not run out is prolonged by what is published next: a write of its own would cost as much again. */
  const renew = async (): Promise<void> => {
    const nowMs = clock.now();
    if (lease !== null && nowMs < lease.untilMs) {
      lease = { ...lease, untilMs: nowMs + options.leaseMs };
      return;
    }
    lease = await market.lease({ scope: world.scope, holder: options.holder, epoch: lease?.epoch ?? null, nowMs, ttlMs: options.leaseMs });
  };

  const closeMinute = async (minuteMs: EpochMs): Promise<void> => {
    const bars = source.closeMinute(minuteMs);
    for (const bar of bars) desk.bar(bar);
    await write('minute', async () => {
      await renew();
      const endMs = minuteMs + MINUTE_MS;
      await market.publish(held(), snapshot(endMs), { minuteMs, bars });
      closedToMs = endMs;
      await packEnded(market, held(), endMs);
    });
    if ((minuteMs + MINUTE_MS) % TICK_PACK_MS === 0) await packTicks(minuteMs + MINUTE_MS);
  };

  /** Packs what was traded before an instant. A pack is named by where the one before it ended, so a restart replaces none. */
  const packTicks = async (beforeMs: EpochMs): Promise<void> => {
    const samples = recorder.take(beforeMs);
    const fromMs = recordedToMs ?? beforeMs - TICK_PACK_MS;
    recordedToMs = beforeMs;
    if (samples.length > 0) await write('ticks', () => market.packTicks(held(), fromMs, samples));
  };

  /** Bars that are known now, after their minutes were closed or missed: the charts of every process are built anew. */
  const repair = (bars: readonly Bar[], replacesReceived: boolean): Promise<void> => {
    for (const bar of bars) desk.bar(bar);
    let isRaised = false;
    return write('repair', async () => {
      await renew();
      await keepPast(market, held(), {
        bars,
        toMs: Math.max(firstMinuteMs, closedToMs ?? 0),
        replacesReceived,
        keepMinute: (minuteMs, ofMinute) => market.publish(held(), snapshot(), { minuteMs, bars: ofMinute }),
      });
      // Last: who sees the new revision finds all of it.
      if (!isRaised) historyRevision += 1;
      isRaised = true;
      await publish();
    });
  };

  const keepLater: HistoryKeeper = {
    days: (quarters) =>
      write('history', async () => {
        await renew();
        await keepDays(market, held(), quarters);
        historyRevision += 1;
        await publish();
      }),
    minutes: (bars) => repair(bars, false),
  };

  /** Before the feed runs the snapshot stays what the run before has left, but for its time. */
  const keepAtStart = (stored: MarketSnapshot | null, toMs: EpochMs): HistoryKeeper => {
    const before = stored ?? { scope: world.scope, atMs: 0, quotes: [], rates: [], feeds: [], cursor: null };
    return {
      days: (quarters) => keepDays(market, held(), quarters),
      minutes: (bars) =>
        keepPast(market, held(), {
          bars,
          toMs,
          replacesReceived: false,
          keepMinute: (minuteMs, ofMinute) =>
            market.publish(held(), { ...before, atMs: Math.max(before.atMs, minuteMs + MINUTE_MS) }, { minuteMs, bars: ofMinute }),
        }),
    };
  };

  const everyMinute = (minuteMs: EpochMs): void => {
    clock.at(minuteMs + MINUTE_MS + MINUTE_GRACE_MS, '1-minute', async () => {
      if (!isRunning) return;
      everyMinute(minuteMs + MINUTE_MS);
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
    reference: desk.reference,
    repaired: (bars: readonly Bar[]) => void repair(bars, true),
  };

  /** Takes up what the run before has left, fills in what was missed since, and gives the source's cursor. */
  const resume = async (nowMs: EpochMs): Promise<{ readonly isResumed: boolean; readonly cursor: unknown }> => {
    const stored = await market.snapshot(world.scope);
    const { success: isResumed, data: cursor } = cursorSchema.safeParse(stored?.cursor);
    closedToMs = stored === null ? null : (cursor?.closedToMs ?? minuteOf(stored.atMs - MINUTE_GRACE_MS));
    // Charts of other processes may have been built without what is fetched now.
    historyRevision = stored === null ? 0 : (stored.historyRevision ?? 0) + 1;
    firstMinuteMs = minuteOf(nowMs - MINUTE_GRACE_MS);
    // The run before may have ended between its last minute and the packing of what that minute completed.
    if (closedToMs !== null) await packEnded(market, held(), closedToMs);
    const range = { knownToMs: closedToMs, nowMs: minuteOf(nowMs), historyDays: options.historyDays, owed: cursor?.owed ?? {} };
    await history.atStart(range, keepAtStart(stored, range.nowMs));
    await listings.restore();
    desk.listed(listings.rules());
    const lastHour = await market.bars(world.scope, nowMs - HOUR_MS, nowMs);
    for (const bar of [...lastHour.values()].flat()) desk.bar(bar);
    if (stored !== null) desk.restore(stored.quotes, cursor?.bookStamps ?? {});
    if (stored !== null && cursor !== undefined) matcher.restore(cursor.extremes, stored.atMs);
    return { isResumed, cursor: cursor?.source ?? null };
  };

  const start = async (): Promise<void> => {
    // A start that was fenced off before it ran takes the lease anew.
    lease = null;
    await renew();
    const nowMs = clock.now();
    const { isResumed, cursor } = await resume(nowMs);
    desk.rates(bestRates(source.rates(), nowMs));
    isRunning = true;
    recordedToMs = nowMs;
    await matcher.refresh();
    // The minute that was under way at the snapshot is closed by this run; a fresh start closes its first minute as far as it saw it.
    everyMinute(firstMinuteMs);
    if (options.publishEveryMs !== null) repeatedly(options.publishEveryMs, '4-publish', publishUnlessBehind);
    repeatedly(options.readOrdersEveryMs, '4-orders', readOrders);
    await source.start(sink, cursor);
    await write('snapshot', publish);
    history.later(keepLater);
    listings.start((rules) => {
      desk.listed(rules);
      return write('listings', () => market.keepListings(held(), rules));
    });
    log('info', 'feed-started', { scope: world.scope, epoch: held().epoch, from: iso(nowMs), resumed: isResumed });
  };

  const publish = async (): Promise<void> => {
    await renew();
    await market.publish(held(), snapshot(), null);
  };

  const publishUnlessBehind = async (): Promise<void> => {
    if (writer.pending() === 0) await write('snapshot', publish);
  };

  const stop = async (): Promise<void> => {
    const wasRunning = isRunning;
    isRunning = false;
    history.stop();
    listings.stop();
    await source.stop();
    if (wasRunning && options.publishEveryMs !== null) {
      await packTicks(clock.now() + MINUTE_MS);
      await write('snapshot', publish);
    }
    await writer.settled();
  };

  return { start, stop, nudge: readOrders, publish: publishUnlessBehind, desk, matcher };
}
