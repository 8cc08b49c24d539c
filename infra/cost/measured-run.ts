import { engineContext } from '../../functions/middleware/engine-context.ts';
import { FEED_PUBLISH_EVERY_MS, FEED_READ_ORDERS_EVERY_MS } from '../../shared/config/feed-pace.ts';
import { SCHEDULES, type ScheduledFunction } from '../../shared/config/schedules.ts';
import { VERSION } from '../../shared/config/version.ts';
import type { EngineContext, World } from '../../shared/engine/context.ts';
import { createFeedService, type FeedService } from '../../shared/engine/feed-service.ts';
import type { MarketSource } from '../../shared/engine/market-source.ts';
import { startSession } from '../../shared/engine/sessions.ts';
import type { Clock } from '../../shared/kernel/clock.ts';
import { createVirtualClock } from '../../shared/kernel/clock-virtual.ts';
import { fromNumber } from '../../shared/kernel/decimal.ts';
import { jsonLog, type Log } from '../../shared/kernel/log.ts';
import { type EpochMs, SECOND_MS } from '../../shared/kernel/time.ts';
import { createMemoryItems } from '../../shared/store/memory-items.ts';
import { createMemoryLedger } from '../../shared/store/memory-ledger.ts';
import { createMemoryMarket } from '../../shared/store/memory-market.ts';
import { meteredItems, type Usage } from '../../shared/store/metered-items.ts';
import { memoryReports } from '../../shared/store/reports/memory-reports.ts';
import type { StrategyName } from '../../shared/strategies/strategy.ts';
import { invoker } from '../local/invoker.ts';
import { startScheduler } from '../local/scheduler.ts';
import { asDeployed } from './as-deployed.ts';

export interface MeasuredRunOptions {
  readonly world: World;
  readonly source: (clock: Clock) => MarketSource;
  readonly startMs: EpochMs;
  readonly endMs: EpochMs;
  readonly strategies: readonly StrategyName[];
  readonly seed: string;
  readonly log: Log;
}

/** What a run would have cost on DynamoDB. */
export interface MeasuredRun {
  /** From the first minute after the start: filling in history is paid once, not each day. */
  readonly usage: ReadonlyMap<string, Usage>;
  readonly total: Usage;
  /** To fill in history at the first start. */
  readonly start: Usage;
  /** Read units of each scan, in order: the first one is cold. */
  readonly scanReadUnits: readonly number[];
  readonly fills: number;
  /** Of the JSON lines that the feed wrote since the first minute; those of the functions are theirs. */
  readonly feedLogBytes: number;
}

const LEASE_MS = 40 * SECOND_MS;
const HISTORY_DAYS = 40;
const TTL_DAYS = 36_500;

/**
 * Runs the system as it is deployed (a feed and functions that share nothing but the tables, at the deployed feed's pace) on a
 * virtual clock over metered rows in memory.
 */
export async function measuredRun(options: MeasuredRunOptions): Promise<MeasuredRun> {
  const { startMs, endMs, log, world } = options;
  const clock = createVirtualClock({ startMs, speed: Number.POSITIVE_INFINITY });
  const { items, meter } = meteredItems(createMemoryItems());
  const ledger = createMemoryLedger(items);
  const market = createMemoryMarket({ ttlDays: TTL_DAYS, now: () => 0 }, items);
  let feed: FeedService | null = null;
  // A process each, as on AWS: what one of them knows the other has to read.
  const process = (to: Log): EngineContext =>
    engineContext({
      clock,
      ledger,
      market,
      nudge: async () => feed?.nudge(),
      log: to,
      world,
      settings: { marketMode: 'both', seed: options.seed, version: VERSION, barWaitMs: 0 },
      exclusive: false,
    });
  const functions: Readonly<Record<ScheduledFunction, EngineContext>> = {
    scan: process(log),
    monitor: process(log),
    session: process(log),
    alerts: process(log),
    nightly: process(log),
  };
  const feedLog = countedLog(log, clock);
  feed = createFeedService(process(feedLog.log), asDeployed(options.source(clock), clock), {
    holder: 'measured',
    leaseMs: LEASE_MS,
    publishEveryMs: FEED_PUBLISH_EVERY_MS,
    readOrdersEveryMs: FEED_READ_ORDERS_EVERY_MS,
    historyDays: HISTORY_DAYS,
    onFenced: (error) => {
      throw error;
    },
  });
  await feed.start();
  await startSession(functions.session, { startingCapital: fromNumber(100_000), strategies: options.strategies, riskLimits: {} }, null);
  const start = meter.total();
  meter.reset();
  feedLog.reset();
  const scanReadUnits: number[] = [];
  const reports = memoryReports();
  const stopScheduler = startScheduler(
    clock,
    SCHEDULES,
    async (schedule, event) => {
      const before = meter.total().readUnits;
      await invoker(functions[schedule.functionName], () => undefined, reports)(schedule, event);
      if (schedule.functionName === 'scan') scanReadUnits.push(meter.total().readUnits - before);
    },
    log,
  );
  await clock.run(endMs);
  stopScheduler();
  const [usage, total] = [meter.usage(), meter.total()];
  const account = await functions.session.accounts.active();
  await feed.stop();
  return { usage, total, start, scanReadUnits, fills: account?.totals.fills ?? 0, feedLogBytes: feedLog.bytes() };
}

/** A log that also counts the bytes of its lines as the deployed feed writes them. */
function countedLog(log: Log, clock: Clock): { readonly log: Log; readonly bytes: () => number; readonly reset: () => void } {
  let bytes = 0;
  const count = jsonLog((line) => {
    bytes += Buffer.byteLength(line) + 1;
  }, clock.now);
  return {
    log: (level, event, facts) => {
      count(level, event, facts);
      log(level, event, facts);
    },
    bytes: () => bytes,
    reset: () => {
      bytes = 0;
    },
  };
}
