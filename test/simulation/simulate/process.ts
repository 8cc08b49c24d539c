import { createAccounts } from '../../../shared/engine/accounts.ts';
import type { EngineContext } from '../../../shared/engine/context.ts';
import { createFeedService, type FeedService } from '../../../shared/engine/feed-service.ts';
import { createLastScans } from '../../../shared/engine/last-scans.ts';
import { type LedgerStore, type MarketStore, StoreError } from '../../../shared/engine/ports.ts';
import type { Clock } from '../../../shared/kernel/clock.ts';
import { messageOf } from '../../../shared/kernel/errors.ts';
import { type EpochMs, SECOND_MS } from '../../../shared/kernel/time.ts';
import { NO_MODELS } from '../../../shared/ml/no-models.ts';
import { createPathChains } from './path-chains.ts';
import { createPathSource } from './path-source.ts';
import type { PathPrice, PricePath } from './price-path.ts';
import type { Owner, Scheduler } from './scheduler.ts';
import { signalShelf } from './signal-charts.ts';

export const SCOPE = 'simulated:world';
export const LEASE_MS = 15 * SECOND_MS;
const PUBLISH_EVERY_MS = 15 * SECOND_MS;
const READ_ORDERS_EVERY_MS = 5 * SECOND_MS;
const START_AGAIN_MS = 2 * SECOND_MS;

/** A process: its memory and its clock are its own, and end with it. */
export interface Process {
  readonly owner: Owner;
  readonly context: EngineContext;
  /** Null where it has no feed. */
  readonly feed: FeedService | null;
  readonly hear: (prices: readonly PathPrice[]) => void;
  /** Whether its feed has begun. */
  readonly isRunning: () => boolean;
  /** Whether its feed could not begin, or has found out that another has the lease: its host starts another process. */
  readonly isSpent: () => boolean;
  /** Ends as one that is asked to. */
  readonly leave: () => Promise<void>;
}

export interface ProcessParts {
  readonly owner: Owner;
  readonly stores: { readonly ledger: LedgerStore; readonly market: MarketStore };
  readonly scheduler: Scheduler;
  readonly path: PricePath;
  readonly seed: string;
  /** Whether it alone writes to the ledger. */
  readonly isExclusive: boolean;
  /** Name under which its feed holds the lease; null for a process without a feed. */
  readonly holder: string | null;
  /** How the matcher is told of new orders. */
  readonly nudge: (from: Process, sessionId: string) => Promise<void>;
  readonly onError: (error: unknown, during: string) => void;
  readonly trace: ((line: string) => void) | null;
}

export function launch(parts: ProcessParts): Process {
  const { owner, scheduler, stores, path, seed, isExclusive, holder, onError, trace } = parts;
  const clock = clockOf(owner, scheduler, onError);
  const heard = createPathSource(path, scheduler.nowMs, (error) => onError(error, 'tick'));
  let isSpent = false;
  let isRunning = false;
  let isLeaving = false;
  const context: EngineContext = {
    clock,
    sleep: (ms) => new Promise((resolve) => void clock.at(clock.now() + ms, '7-sleep', resolve)),
    ...stores,
    accounts: createAccounts(stores.ledger, { exclusive: isExclusive }),
    lastScans: createLastScans(stores.ledger, { exclusive: isExclusive }),
    charts: signalShelf(stores.market, SCOPE, seed),
    nudge: (sessionId) => parts.nudge(process, sessionId),
    chains: createPathChains(path),
    model: NO_MODELS,
    log: (level, event, facts) => trace?.(`      ${owner.name} logs ${level} ${event} ${facts?.why ?? ''}`),
    world: { scope: SCOPE, evidence: 'simulated', markets: ['CRYPTO', 'NSE'] },
    settings: { marketMode: 'both', seed, version: 'simulated', configVersion: 'simulated', barWaitMs: 0 },
  };
  const feed =
    holder === null
      ? null
      : createFeedService(context, heard.source, {
          holder,
          leaseMs: LEASE_MS,
          publishEveryMs: PUBLISH_EVERY_MS,
          readOrdersEveryMs: READ_ORDERS_EVERY_MS,
          historyDays: 0,
          onFenced: () => {
            isSpent = true;
          },
        });
  // A price is stamped by the clock of who receives it.
  const hear = (prices: readonly PathPrice[]): void => {
    const receivedMs = clock.now();
    heard.hear(prices.map(({ tick, book }) => ({ tick: { ...tick, receivedMs }, book: book === null ? null : { ...book, receivedMs } })));
  };
  const leave = async (): Promise<void> => {
    isLeaving = true;
    await feed?.stop();
  };
  const process: Process = { owner, context, feed, hear, isRunning: () => isRunning, isSpent: () => isSpent, leave };

  /** Waits for the lease, as the deployed feed does. */
  const begin = async (service: FeedService): Promise<void> => {
    try {
      await service.start();
      isRunning = true;
    } catch (error) {
      trace?.(`      ${owner.name} does not feed: ${messageOf(error)}`);
      if (isLeaving) return;
      if (!(error instanceof StoreError) || error.code !== 'fenced') {
        isSpent = true;
        onError(error, 'start of the feed');
        return;
      }
      await context.sleep(START_AGAIN_MS);
      await begin(service);
    }
  };
  if (feed !== null) void begin(feed);
  return process;
}

function clockOf(owner: Owner, scheduler: Scheduler, onError: ProcessParts['onError']): Clock {
  const now = (): EpochMs => scheduler.nowMs() + owner.offsetMs;
  return {
    now,
    at: (ms, label, task) =>
      scheduler.at(owner, ms, label, () => {
        // Nobody waits for a task of the clock: while it goes on, others do.
        void run(task, (error) => onError(error, label));
      }),
  };
}

async function run(task: () => Promise<void> | void, onError: (error: unknown) => void): Promise<void> {
  try {
    await task();
  } catch (error) {
    onError(error);
  }
}
