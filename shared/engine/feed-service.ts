import * as z from 'zod';
import type { MarketSnapshot } from '../contracts/market-snapshot.ts';
import { messageOf, NightdeskError } from '../kernel/errors.ts';
import { type EpochMs, HOUR_MS, iso, MINUTE_MS, minuteOf, SECOND_MS } from '../kernel/time.ts';
import type { EngineContext } from './context.ts';
import { createDesk, type Desk } from './desk.ts';
import { backfill, packEnded } from './history-packs.ts';
import type { MarketSource } from './market-source.ts';
import { createMatcher, type Matcher } from './matcher.ts';
import { type Lease, StoreError } from './ports.ts';

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

const RETRY_MS = SECOND_MS;

const cursorSchema = z.object({
  source: z.unknown(),
  extremes: z.record(z.string(), z.number()),
  bookStamps: z.record(z.string(), z.number()).default({}),
  /** End of the last minute whose bars are stored: after a while without the store that may be long before the snapshot. */
  closedToMs: z.number().nullable().default(null),
});

export function createFeedService(context: EngineContext, source: MarketSource, options: FeedOptions): FeedService {
  const { clock, log, market, world } = context;
  const desk = createDesk();
  let lease: Lease | null = null;
  let isRunning = false;
  let writing: Promise<void> = Promise.resolve();
  let pendingWrites = 0;
  let closedToMs: EpochMs | null = null;

  const held = (): Lease => {
    if (lease === null) throw new FeedError('not_started', 'The feed holds no lease: it has not been started');
    return lease;
  };
  const matcher = createMatcher(context, desk, held);

  const snapshot = (knownToMs = closedToMs): MarketSnapshot => {
    const atMs = clock.now();
    desk.rates(source.rates());
    return {
      scope: world.scope,
      atMs,
      quotes: desk.quotes(atMs),
      rates: source.rates(),
      feeds: source.states(),
      cursor: { source: source.cursor(), extremes: matcher.extremes(), bookStamps: desk.bookStamps(), closedToMs: knownToMs },
    };
  };

  const fenced = (error: unknown): boolean => error instanceof StoreError && error.code === 'fenced';

  /**
   * Writes one after the other. A write that the store does not take is tried again until it is taken: prices go on, time
   * in a replay waits. One that is fenced off ends the feed.
   */
  const write = (what: string, task: () => Promise<void>): Promise<void> => {
    writing = writing.then(async () => {
      for (let attempt = 1; ; attempt++) {
        try {
          return await task();
        } catch (error) {
          log('error', 'feed-write-failed', { what, attempt, why: messageOf(error) });
          if (fenced(error)) return giveUp(error);
          if (!isRunning) return;
          await context.sleep(RETRY_MS);
        }
      }
    });
    pendingWrites += 1;
    return writing.finally(() => {
      pendingWrites -= 1;
    });
  };

  const giveUp = (error: unknown): void => {
    isRunning = false;
    options.onFenced(error);
  };

  const renew = async (): Promise<void> => {
    const nowMs = clock.now();
    if (lease !== null && lease.untilMs - nowMs > options.leaseMs / 2) return;
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
      return isRunning ? matcher.tick(tick) : undefined;
    },
    top: desk.top,
  };

  const start = async (): Promise<void> => {
    await renew();
    const stored = await market.snapshot(world.scope);
    const resumed = cursorSchema.safeParse(stored?.cursor);
    const nowMs = clock.now();
    const knownToMs = stored === null ? null : (resumed.data?.closedToMs ?? minuteOf(stored.atMs - MINUTE_GRACE_MS));
    closedToMs = knownToMs;
    await backfill(context, source, held(), { knownToMs, nowMs: minuteOf(nowMs), historyDays: options.historyDays });
    for (const bars of (await market.bars(world.scope, nowMs - HOUR_MS, nowMs)).values()) for (const bar of bars) desk.bar(bar);
    if (stored !== null) desk.restore(stored.quotes, resumed.data?.bookStamps ?? {});
    if (stored !== null && resumed.success) matcher.restore(resumed.data.extremes, stored.atMs);
    desk.rates(source.rates());
    isRunning = true;
    await matcher.refresh();
    // The minute that was under way at the snapshot is closed by this run; a fresh start closes its first minute as far as it saw it.
    everyMinute(minuteOf(nowMs - MINUTE_GRACE_MS));
    if (options.publishEveryMs !== null) repeatedly(options.publishEveryMs, '4-publish', publishUnlessBehind);
    repeatedly(options.readOrdersEveryMs, '4-orders', readOrders);
    await source.start(sink, resumed.success ? resumed.data.source : null);
    await write('snapshot', publish);
    log('info', 'feed-started', { scope: world.scope, epoch: held().epoch, from: iso(nowMs), resumed: resumed.success });
  };

  const publish = async (): Promise<void> => {
    await renew();
    await market.publish(held(), snapshot(), null);
  };

  const publishUnlessBehind = async (): Promise<void> => {
    if (pendingWrites === 0) await write('snapshot', publish);
  };

  const stop = async (): Promise<void> => {
    const wasRunning = isRunning;
    isRunning = false;
    await source.stop();
    if (wasRunning && options.publishEveryMs !== null) await write('snapshot', publish);
    await writing;
  };

  return { start, stop, nudge: readOrders, publish: publishUnlessBehind, desk, matcher };
}
