import { createAccounts } from '../../shared/engine/accounts.ts';
import { createChartShelf } from '../../shared/engine/chart-shelf.ts';
import type { EngineContext } from '../../shared/engine/context.ts';
import { createFeedService, type FeedService } from '../../shared/engine/feed-service.ts';
import { createLastScans } from '../../shared/engine/last-scans.ts';
import type { MarketSource } from '../../shared/engine/market-source.ts';
import { monitorPositions } from '../../shared/engine/monitor-positions.ts';
import type { ChainSource, LedgerStore, MarketStore } from '../../shared/engine/ports.ts';
import { rollTradingDay } from '../../shared/engine/roll-trading-day.ts';
import { type ScanOutcome, scanMarket } from '../../shared/engine/scan-market.ts';
import type { Clock } from '../../shared/kernel/clock.ts';
import { createVirtualClock, type VirtualClock } from '../../shared/kernel/clock-virtual.ts';
import { add, type Decimal, multiply, ONE, subtract } from '../../shared/kernel/decimal.ts';
import { messageOf } from '../../shared/kernel/errors.ts';
import { iso, MINUTE_MS, SECOND_MS } from '../../shared/kernel/time.ts';
import { type Account, equity, isMargined } from '../../shared/ledger/account.ts';
import type { Market } from '../../shared/market/instrument.ts';
import { NO_MODELS } from '../../shared/ml/no-models.ts';
import type { Items } from '../../shared/store/items.ts';
import { createMemoryItems } from '../../shared/store/memory-items.ts';
import { createMemoryLedger } from '../../shared/store/memory-ledger.ts';
import { createMemoryMarket } from '../../shared/store/memory-market.ts';

/** The rows of a run: what is left when the process is gone. */
export interface Rows {
  readonly items: Items;
  readonly ledger: LedgerStore;
  readonly market: MarketStore;
}

export function createRows(): Rows {
  const items = createMemoryItems();
  // Rows expire by the wall clock, of which these tests know nothing: none expires.
  return { items, ledger: createMemoryLedger(items), market: createMemoryMarket({ ttlDays: 36_500, now: () => 0 }, items) };
}

export interface WorldSetup {
  readonly rows: Rows;
  readonly startMs: number;
  readonly source: (clock: Clock) => MarketSource;
  /** Futures and options; none unless given. */
  readonly chains?: ChainSource;
  readonly strategyOf?: NonNullable<EngineContext['strategyOf']>;
  readonly markets?: readonly Market[];
  readonly scope?: string;
  readonly seed?: string;
  readonly historyDays?: number;
  readonly publishEveryMs?: number | null;
  /** Stands between the engine and its stores. */
  readonly between?: (rows: Rows) => Pick<Rows, 'ledger' | 'market'>;
  /** Called after every scheduled run, with the account. */
  readonly afterStep?: (account: Account, what: string) => void;
}

/** The whole engine on one virtual clock, its schedules included. */
export interface EngineWorld {
  readonly context: EngineContext;
  readonly clock: VirtualClock;
  readonly feed: FeedService;
  readonly scans: ScanOutcome[];
  readonly failures: string[];
  readonly warnings: string[];
  /** Begins, or goes on where the stored snapshot stands. */
  readonly start: () => Promise<void>;
  /** Ends as a program does that is asked to. */
  readonly stop: () => Promise<void>;
  /** Ends as a program does that is killed: nothing more is done. */
  readonly kill: () => void;
}

/** A context over rows with one clock, for use cases without a feed. */
export function contextOver(
  { ledger, market }: Pick<Rows, 'ledger' | 'market'>,
  clock: Clock,
  more: Partial<EngineContext> & { readonly exclusive?: boolean } = {},
): EngineContext {
  const { exclusive = true, ...parts } = more;
  const world = parts.world ?? { scope: 'test', evidence: 'simulated', markets: ['CRYPTO'] };
  const sleep = async (): Promise<void> => undefined;
  return {
    clock,
    sleep,
    ledger,
    market,
    accounts: createAccounts(ledger, { exclusive }),
    lastScans: createLastScans(ledger, { exclusive }),
    charts: createChartShelf({ market, scope: world.scope, markets: world.markets, sleep }),
    nudge: async () => undefined,
    chains: null,
    model: NO_MODELS,
    log: () => undefined,
    settings: { marketMode: 'both', seed: 'seed', version: 'test', configVersion: 'test', barWaitMs: 0 },
    ...parts,
    world,
  };
}

export async function openWorld(setup: WorldSetup): Promise<EngineWorld> {
  const {
    rows,
    startMs,
    markets = ['CRYPTO'],
    scope = 'test',
    seed = 'seed',
    historyDays = 2,
    publishEveryMs = null,
    between = (same: Rows) => same,
  } = setup;
  const stored = await rows.market.snapshot(scope);
  const clock = createVirtualClock({ startMs: Math.max(startMs, stored?.atMs ?? 0), speed: Number.POSITIVE_INFINITY });
  const failures: string[] = [];
  const warnings: string[] = [];
  const scans: ScanOutcome[] = [];
  let isAlive = true;
  let feed: FeedService | null = null;
  const context = contextOver(between(rows), clock, {
    world: { scope, evidence: 'simulated', markets },
    settings: { marketMode: 'both', seed, version: 'test', configVersion: 'test', barWaitMs: 0 },
    nudge: async () => feed?.nudge(),
    chains: setup.chains ?? null,
    ...(setup.strategyOf === undefined ? {} : { strategyOf: setup.strategyOf }),
    log: (level, event, facts) => void (level === 'warn' || level === 'error' ? warnings.push(`${event} ${JSON.stringify(facts)}`) : undefined),
  });
  feed = createFeedService(context, setup.source(clock), {
    holder: 'one',
    leaseMs: 36 * 3_600_000,
    publishEveryMs,
    readOrdersEveryMs: MINUTE_MS,
    historyDays,
    onFenced: (error) => failures.push(messageOf(error)),
  });

  const every = (
    everyMs: number,
    delayMs: number,
    label: string,
    task: (atMs: number) => Promise<void>,
    afterMs = clock.now() - delayMs - 1,
  ): void => {
    const atMs = (Math.floor(afterMs / everyMs) + 1) * everyMs;
    clock.at(atMs + delayMs, `3-schedule-${label}`, async () => {
      if (!isAlive) return;
      every(everyMs, delayMs, label, task, atMs);
      try {
        await task(atMs);
        const account = setup.afterStep === undefined ? null : await context.accounts.active();
        if (account !== null) setup.afterStep?.(account, `${label} of ${iso(atMs)}`);
      } catch (error) {
        failures.push(`${label} of ${iso(atMs)}: ${messageOf(error)}`);
      }
    });
  };

  const running = feed;
  return {
    context,
    clock,
    feed: running,
    scans,
    failures,
    warnings,
    start: async () => {
      await running.start();
      for (const market of markets) {
        every(
          MINUTE_MS,
          3 * SECOND_MS,
          `scan-${market.toLowerCase()}`,
          async (minuteMs) => void scans.push(await scanMarket(context, { minuteMs, market })),
        );
      }
      every(MINUTE_MS, 10 * SECOND_MS, 'monitor', async (minuteMs) => void (await monitorPositions(context, { minuteMs })));
      every(5 * MINUTE_MS, 15 * SECOND_MS, 'session', async (atMs) => void (await rollTradingDay(context, { atMs })));
    },
    stop: async () => {
      isAlive = false;
      clock.stop();
      await running.stop();
    },
    kill: () => {
      isAlive = false;
      clock.stop();
    },
  };
}

/**
 * What must hold of an account at any moment, as sentences; empty when it does.
 * Cash is what was brought in, what closed trades brought and what open positions took; every position has its exit.
 */
export function brokenBooks(account: Account): readonly string[] {
  const faults: string[] = [];
  let expected: Decimal = add(account.startingCapital, account.totals.realised);
  for (const position of account.positions.values()) {
    expected = add(expected, position.entryCash);
    const exit = account.orders.get(position.exitId);
    if (exit === undefined) faults.push(`${position.id} has no exit`);
    else if (subtract(exit.quantity, exit.filledQuantity) !== position.quantity) faults.push(`the exit of ${position.id} is for another quantity`);
  }
  if (expected !== account.cash) faults.push(`cash is ${account.cash}, capital and results say ${expected}`);
  if (account.cash < 0n) faults.push('cash is negative');
  for (const order of account.orders.values()) {
    if (order.purpose === 'exit' && !account.positions.has(order.positionId)) faults.push(`${order.id} exits nothing`);
  }
  // At the entries' own prices the account is worth its capital and results, less the charges of what is open.
  const atEntry = equity(
    account,
    () => null,
    () => null,
  );
  const open = [...account.positions.values()].reduce((total, position) => {
    // A future has cost nothing: at its entry price it is worth nothing.
    const value = isMargined(position) ? (0n as Decimal) : multiply(position.cost, position.entryRate);
    return add(total, position.direction === 'long' ? value : subtract(0n as Decimal, value));
  }, 0n as Decimal);
  const off = subtract(atEntry, add(account.cash, open));
  // Cost is rounded to 8 places once, value twice.
  if (off > ONE / 1_000_000n || off < -(ONE / 1_000_000n)) faults.push(`equity at entry prices is off by ${off}`);
  return faults;
}
