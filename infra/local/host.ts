import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createApiHandler } from '../../functions/api/app.ts';
import { engineContext } from '../../functions/middleware/engine-context.ts';
import { MARKET_TTL_DAYS } from '../../functions/middleware/lambda-context.ts';
import { VERSION } from '../../shared/config/version.ts';
import type { ScanRecord } from '../../shared/contracts/decisions.ts';
import { startByItself } from '../../shared/engine/auto-start.ts';
import type { EngineContext } from '../../shared/engine/context.ts';
import { createFeedService, type FeedService } from '../../shared/engine/feed-service.ts';
import type { LedgerStore, MarketStore } from '../../shared/engine/ports.ts';
import { startSession } from '../../shared/engine/sessions.ts';
import type { Clock } from '../../shared/kernel/clock.ts';
import { systemClock } from '../../shared/kernel/clock-system.ts';
import { createVirtualClock, type VirtualClock } from '../../shared/kernel/clock-virtual.ts';
import { fromNumber } from '../../shared/kernel/decimal.ts';
import { messageOf, NightdeskError } from '../../shared/kernel/errors.ts';
import type { Log } from '../../shared/kernel/log.ts';
import { DAY_MS, type EpochMs, iso, MINUTE_MS, SECOND_MS } from '../../shared/kernel/time.ts';
import { createDynamoClient } from '../../shared/store/dynamo-client.ts';
import { openDynamoLedger } from '../../shared/store/dynamo-ledger.ts';
import { createDynamoMarket } from '../../shared/store/dynamo-market.ts';
import { ensureTables } from '../../shared/store/ensure-tables.ts';
import { fileReports } from '../../shared/store/reports/file-reports.ts';
import { sweepExpired } from '../../shared/store/sweep-expired.ts';
import { tableNames } from '../../shared/store/tables.ts';
import { tokenGate } from './access-gate.ts';
import { alertSettings, startAlerts } from './alerts.ts';
import { DEFAULT_CAPITAL_USD, HISTORY_DAYS } from './defaults.ts';
import { type Embedded, startEmbedded } from './embedded-dynamodb.ts';
import { type BusEvent, type BusListener, startEventBridge } from './event-bridge.ts';
import { freshWhenAsked } from './fresh-when-asked.ts';
import { startHttpHost } from './http-host.ts';
import { invoker } from './invoker.ts';
import { loadModels } from './model-files.ts';
import type { Options } from './options.ts';
import { type OutboxRelay, startOutboxRelay } from './outbox-relay.ts';
import { configVersionFor, limitsFor, strategiesFor } from './replay-world.ts';
import { reportsFolder } from './reports-folder.ts';
import { startScheduler } from './scheduler.ts';
import { fileTokenBook } from './token-file.ts';
import { type ChosenWorld, chooseWorld } from './world.ts';

class HostError extends NightdeskError<'other_world' | 'store_gone'> {}

const BUS_NAME = 'nightdesk';
const LEASE_MS = DAY_MS;
const LIVE_PUBLISH_MS = 5 * SECOND_MS;
/** On one machine every change comes through this process: the strong read is only a safety net. */
const READ_ORDERS_EVERY_MS = MINUTE_MS;
const LIVE_BAR_WAIT_MS = 5 * SECOND_MS;

/** After the end of the data its last minute is still closed, scanned and swept. */
const CLOSING_MS = 30 * SECOND_MS;

/** Nightdesk running whole on this machine. */
export interface Host {
  readonly context: EngineContext;
  readonly chosen: ChosenWorld;
  readonly storeAt: string;
  readonly apiAt: string;
  /** How time goes, in words. */
  readonly pace: string;
  readonly feed: FeedService;
  /** Resolves when virtual time has reached its end; never under the wall clock. Rejects when the store is gone. */
  readonly ended: Promise<void>;
  /** Stops everything in the order that loses nothing. Asking twice is no error. */
  readonly stop: () => Promise<void>;
}

export interface HostListeners {
  readonly log: Log;
  readonly onEvent: (event: BusEvent) => void;
  readonly onScan: (scan: ScanRecord) => void;
}

/** Starts the embedded store, the feed, the schedules, the bus and the API; a session too when the options name one. */
export async function startHost(options: Options, { log, onEvent, onScan }: HostListeners): Promise<Host> {
  const closers: Closer[] = [];
  let stopping: Promise<void> | null = null;
  const stop = (): Promise<void> => {
    stopping ??= closeAll(closers, log);
    return stopping;
  };
  try {
    const told = alertSettings(process.env);
    const store = await openStore(options, log, closers);
    const held = await heldScope(store.ledger);
    const chosen = await chooseWorld(options, held, log);
    if (held !== null && held !== chosen.world.scope) throw otherWorld(held, chosen.world.scope);
    const time = await clockOf(chosen, store.market, log);
    let feed: FeedService | null = null;
    const context = engineContext({
      clock: time.clock,
      ledger: store.ledger,
      market: store.market,
      nudge: async () => feed?.nudge(),
      log,
      world: chosen.world,
      chains: chosen.chains,
      ...loadModels(options.models, options.stateDir),
      strategyOf: strategiesFor(options.chainAgeSeconds),
      configVersion: configVersionFor(options.chainAgeSeconds),
      settings: {
        marketMode: options.markets,
        seed: options.seed,
        version: VERSION,
        barWaitMs: time.virtual === null ? LIVE_BAR_WAIT_MS : 0,
        autoStart: options.autoStart,
      },
      exclusive: true,
    });
    let failed: (error: unknown) => void = () => undefined;
    const failure = new Promise<never>((_, reject) => {
      failed = reject;
    });
    failure.catch(() => undefined);
    store.embedded?.onExit((why) => failed(new HostError('store_gone', why)));
    feed = createFeedService(context, chosen.source(time.clock), {
      holder: 'one-machine',
      leaseMs: LEASE_MS,
      publishEveryMs: publishEvery(time, chosen.world),
      readOrdersEveryMs: READ_ORDERS_EVERY_MS,
      historyDays: HISTORY_DAYS,
      onFenced: failed,
    });
    await feed.start();
    closers.push(feed.stop);
    closers.push(startScheduler(time.clock, options.schedules, invoker(context, onScan, fileReports(reportsFolder(options.stateDir))), log));
    const alerts = startAlerts(context, told);
    closers.push(alerts.stop);
    const bus = await openBus(store.ledger, log, [onEvent, alerts.onEvent]);
    closers.push(bus.stop);
    const http = await startHttpHost({
      port: options.port,
      handler: freshWhenAsked(createApiHandler(context), feed),
      host: '127.0.0.1',
      gate: options.tokenFile === null ? null : tokenGate(fileTokenBook(options.tokenFile), log),
      allowedOrigins: options.allowedOrigins,
    });
    closers.push(http.stop);
    if (options.session !== null) await beginSession(context, options);
    // The schedule does the same within minutes: somebody who starts the program need not wait for it.
    await startByItself(context, { atMs: time.clock.now() });
    const ended = Promise.race([runTime(time, context).then(bus.drained), failure]);
    ended.catch(() => undefined);
    closers.push(() => time.virtual?.stop());
    return { context, chosen, storeAt: store.says, apiAt: `http://127.0.0.1:${options.port}`, pace: paceOf(time), feed, ended, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

type Closer = () => Promise<void> | void;

async function closeAll(closers: Closer[], log: Log): Promise<void> {
  for (const close of closers.reverse()) {
    try {
      await close();
    } catch (error) {
      log('error', 'not-closed-cleanly', { why: messageOf(error) });
    }
  }
}

interface OpenStore {
  readonly ledger: LedgerStore;
  readonly market: MarketStore;
  readonly embedded: Embedded | null;
  readonly says: string;
}

async function openStore(options: Options, log: Log, closers: Closer[]): Promise<OpenStore> {
  const named = process.env.AWS_ENDPOINT_URL_DYNAMODB;
  mkdirSync(options.stateDir, { recursive: true });
  const embedded = named ? null : await startEmbedded({ dataDir: options.stateDir, log });
  if (embedded !== null) closers.push(embedded.stop);
  const endpoint = embedded?.endpoint ?? named ?? null;
  const client = createDynamoClient(endpoint);
  const names = tableNames(process.env);
  await ensureTables(client, names);
  if (embedded !== null) await sweepExpired(client, names, Date.now());
  return {
    ledger: await openDynamoLedger(client, names),
    market: createDynamoMarket(client, names, { ttlDays: MARKET_TTL_DAYS, now: Date.now }),
    embedded,
    says: embedded === null ? `DynamoDB at ${endpoint}` : `embedded DynamoDB at ${endpoint}, data in ${join(options.stateDir, 'dynamodb.sqlite')}`,
  };
}

async function heldScope(ledger: LedgerStore): Promise<string | null> {
  const active = await ledger.activeSession();
  return active === null ? null : ((await ledger.load(active))?.scope ?? null);
}

function otherWorld(held: string, asked: string): HostError {
  const why = `The active session trades ${held}, this start is for ${asked}: a session stays with the evidence it began with`;
  return new HostError('other_world', `${why}. Go on with it as it was started, stop it (POST stop-paper-trading), or use another --state DIR`, {
    held,
    asked,
  });
}

/**
 * Prices are published every few seconds of a slow clock. A fast one publishes with the minutes only, and so does a replay
 * at any pace: what it decides must not depend on how fast it is played.
 */
function publishEvery({ virtual, speed }: Time, { evidence }: ChosenWorld['world']): number | null {
  const isSlow = virtual === null || (evidence === 'simulated' && speed * LIVE_PUBLISH_MS <= MINUTE_MS / 2);
  return isSlow ? Math.max(1, speed) * LIVE_PUBLISH_MS : null;
}

interface Time {
  readonly clock: Clock;
  readonly virtual: VirtualClock | null;
  /** Virtual time for each wall time. */
  readonly speed: number;
  readonly endMs: EpochMs;
  readonly waitsForSession: boolean;
}

/**
 * The wall clock, or a virtual one that goes on where the stored snapshot stands. A simulated market that had run ahead of
 * the wall clock goes on from there too, at the pace of the wall: time never goes back under an account.
 */
async function clockOf({ time, world }: ChosenWorld, market: MarketStore, log: Log): Promise<Time> {
  const storedMs = (await market.snapshot(world.scope))?.atMs ?? 0;
  if (time === null && (world.evidence !== 'simulated' || storedMs <= Date.now())) {
    const clock = systemClock((error, label) => log('error', 'task-failed', { label, why: messageOf(error) }));
    return { clock, virtual: null, speed: 1, endMs: Number.MAX_SAFE_INTEGER, waitsForSession: false };
  }
  const { startMs, endMs, speed, waitsForSession } = time ?? { startMs: storedMs, endMs: Number.MAX_SAFE_INTEGER, speed: 1, waitsForSession: false };
  const virtual = createVirtualClock({ startMs: Math.max(startMs, storedMs), speed });
  return { clock: virtual, virtual, speed, endMs, waitsForSession };
}

function paceOf({ virtual, speed, clock }: Time): string {
  if (virtual === null) return 'wall clock';
  return `virtual, from ${iso(clock.now())}, ${Number.isFinite(speed) ? `${speed} times real time` : 'as fast as possible'}`;
}

async function openBus(ledger: LedgerStore, log: Log, listeners: readonly BusListener[]): Promise<OutboxRelay> {
  const bus = await startEventBridge();
  for (const listener of listeners) bus.onEvent(listener);
  const relay = startOutboxRelay(ledger, process.env.AWS_ENDPOINT_URL_EVENTBRIDGE ?? bus.endpoint, BUS_NAME, log);
  return {
    drained: relay.drained,
    stop: async () => {
      await relay.stop();
      await bus.stop();
    },
  };
}

async function beginSession(context: EngineContext, options: Options): Promise<void> {
  if ((await context.accounts.active()) !== null) return;
  await startSession(
    context,
    { startingCapital: fromNumber(DEFAULT_CAPITAL_USD), strategies: options.session, riskLimits: limitsFor(options.chainAgeSeconds) },
    null,
  );
}

/** Lets virtual time run; a replay waits until there is a session. */
async function runTime({ virtual, endMs, waitsForSession }: Time, context: EngineContext): Promise<void> {
  if (virtual === null) return new Promise(() => undefined);
  if (waitsForSession && (await context.accounts.active()) === null) {
    virtual.pause();
    context.accounts.onChange((account) => {
      if (account.status === 'active') virtual.resume();
    });
  }
  await virtual.run(endMs + CLOSING_MS);
}
