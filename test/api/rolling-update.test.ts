import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Embedded, startEmbedded } from '../../infra/local/embedded-dynamodb.ts';
import { autoStartText, NO_AUTO_START } from '../../shared/config/auto-start.ts';
import { toVariables } from '../../shared/config/environment.ts';
import { commitDecision } from '../../shared/engine/commit.ts';
import type { EngineContext } from '../../shared/engine/context.ts';
import { draftOn } from '../../shared/engine/draft.ts';
import { EngineError } from '../../shared/engine/errors.ts';
import { startSession } from '../../shared/engine/sessions.ts';
import { verifyLedger } from '../../shared/engine/verify-ledger.ts';
import { systemClock } from '../../shared/kernel/clock-system.ts';
import { decimal } from '../../shared/kernel/decimal.ts';
import { MINUTE_MS, SECOND_MS } from '../../shared/kernel/time.ts';
import { createDynamoClient } from '../../shared/store/dynamo-client.ts';
import { openDynamoLedger } from '../../shared/store/dynamo-ledger.ts';
import { createDynamoMarket } from '../../shared/store/dynamo-market.ts';
import { ensureTables } from '../../shared/store/ensure-tables.ts';
import { tableNames } from '../../shared/store/tables.ts';
import { bookTicker, kline, trade, wrapped } from '../support/binance-frames.ts';
import { startBinanceRest } from '../support/binance-rest-server.ts';
import { type BinanceServer, startBinanceServer } from '../support/binance-server.ts';
import { contextOver } from '../support/engine-world.ts';
import { entryOrder, orderPlaced } from '../support/ledger-fixtures.ts';
import { startEmptyQueue } from '../support/sqs-server.ts';

const FEED = resolve(import.meta.dirname, '../../functions/feed/main.ts');
const NOBODY = 'ws://127.0.0.1:1';
const LEVEL = 60_000;
const NAMES = tableNames({});
/** What a feed says that finds another one in its place. On a loaded machine others of its errors are tries that are made again. */
const FENCED = /"event":"(feed|fill)-fenced"/;
/** A few fills a second: both feeds and those who place orders write to one account, and who loses a race decides again. */
const ORDER_EVERY_MS = SECOND_MS;

/** The task as the service runs it, from its own program. */
interface Task {
  readonly child: ChildProcess;
  readonly output: () => string;
  readonly ended: Promise<number | null>;
  /** The instant that its log says that event at. */
  readonly toldAt: (event: string) => Promise<number>;
}

function launch(env: Readonly<Record<string, string>>): Task {
  const child = spawn(process.execPath, ['--max-semi-space-size=16', FEED], {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const keep = (text: Buffer): void => {
    output += text.toString('utf8');
  };
  child.stdout?.on('data', keep);
  child.stderr?.on('data', keep);
  const ended = new Promise<number | null>((settle) => child.once('exit', settle));
  const toldAt = async (event: string): Promise<number> => {
    for (let look = 0; look < 600; look++) {
      const line = output.split('\n').find((each) => each.includes(`"event":"${event}"`));
      if (line !== undefined) return Date.parse((JSON.parse(line) as { at: string }).at);
      if (child.exitCode !== null) break;
      await sleep(50);
    }
    throw new Error(`The feed did not say ${event}: ${output.slice(-2_000)}`);
  };
  return { child, output: () => output, ended, toldAt };
}

/** One symbol that is traded ten times a second, in waves that meet near levels within seconds; its minutes are kept as the venue tells them. */
function startTrading(server: BinanceServer): { readonly minutes: Map<number, readonly number[]>; readonly stop: () => void } {
  const minutes = new Map<number, readonly number[]>();
  let sequence = 1;
  let open: { minuteMs: number; prices: number[] } | null = null;
  const timer = setInterval(() => {
    const nowMs = Date.now();
    const minuteMs = nowMs - (nowMs % MINUTE_MS);
    const price = Math.round((LEVEL + 60 * Math.sin(nowMs / 2_000)) * 100) / 100;
    if (open !== null && open.minuteMs !== minuteMs) closeMinute(open);
    if (open === null || open.minuteMs !== minuteMs) open = { minuteMs, prices: [] };
    open.prices.push(price);
    sequence += 1;
    server.send(
      wrapped(
        'btcusdt@bookTicker',
        bookTicker({ u: sequence, s: 'BTCUSDT', b: (price - 0.01).toFixed(2), a: (price + 0.01).toFixed(2), B: '5.0', A: '5.0' }),
      ),
    );
    server.send(wrapped('btcusdt@trade', trade({ s: 'BTCUSDT', p: price.toFixed(2), q: '0.5', t: sequence, E: nowMs, T: nowMs })));
  }, 100);
  const closeMinute = ({ minuteMs, prices }: { minuteMs: number; prices: readonly number[] }): void => {
    const bar = [prices[0] ?? 0, Math.max(...prices), Math.min(...prices), prices.at(-1) ?? 0];
    minutes.set(minuteMs, bar);
    const [o, h, l, c] = bar.map((price) => price.toFixed(2));
    const fields = { t: minuteMs, T: minuteMs + MINUTE_MS - 1, o, h, l, c, v: (0.5 * prices.length).toFixed(5), n: prices.length };
    server.send(wrapped('btcusdt@kline_1m', { ...kline(fields), E: Date.now() }));
  };
  return { minutes, stop: () => clearInterval(timer) };
}

const closers: (() => unknown)[] = [];
let folder: string;
let embedded: Embedded;
let context: EngineContext;
let env: Record<string, string>;
let trading: ReturnType<typeof startTrading> | undefined;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'nightdesk-rolling-'));
  embedded = await startEmbedded({ dataDir: folder, log: () => undefined });
  const client = createDynamoClient(embedded.endpoint);
  await ensureTables(client, NAMES);
  const [rest, queue, server] = [
    await startBinanceRest(
      () => LEVEL,
      (_, minuteMs) => trading?.minutes.get(minuteMs),
    ),
    await startEmptyQueue(),
    await startBinanceServer(),
  ];
  trading = startTrading(server);
  closers.push(
    () => trading?.stop(),
    () => server.close(),
    rest.stop,
    queue.stop,
    () => client.destroy(),
    embedded.stop,
  );
  env = {
    AWS_ENDPOINT_URL_DYNAMODB: embedded.endpoint,
    AWS_ENDPOINT_URL_SQS: queue.url,
    AWS_REGION: 'local',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    NIGHTDESK_BINANCE_WS_URLS: server.url,
    NIGHTDESK_BINANCE_REST_URLS: rest.url,
    NIGHTDESK_BINANCE_FUTURES_WS_URLS: NOBODY,
    NIGHTDESK_DERIBIT_WS_URLS: NOBODY,
    NIGHTDESK_BINANCE_FUTURES_REST_URLS: NOBODY.replace('ws:', 'http:'),
    NIGHTDESK_COINBASE_WS_URLS: NOBODY,
    NIGHTDESK_KRAKEN_WS_URLS: NOBODY,
    ...toVariables({
      ledgerTable: NAMES.ledger,
      marketTable: NAMES.market,
      nudgeQueueUrl: `${queue.url}/nudges`,
      world: 'live',
      marketMode: 'both',
      nseHours: 'none',
      symbols: 'BTC',
      autoStart: autoStartText(NO_AUTO_START),
    }),
  };
  const stores = { ledger: await openDynamoLedger(client, NAMES), market: createDynamoMarket(client, NAMES, { ttlDays: 400, now: Date.now }) };
  context = contextOver(
    stores,
    systemClock(() => undefined),
    {
      exclusive: false,
      sleep,
      world: { scope: 'live', evidence: 'live', markets: ['CRYPTO'] },
    },
  );
}, 60_000);

afterAll(async () => {
  for (const close of closers) await close();
  rmSync(folder, { recursive: true, force: true });
});

/** On a loaded machine a command may lose all its races; nothing is written then, and it is asked again. */
async function untilItWins(command: () => Promise<unknown>): Promise<void> {
  for (;;) {
    try {
      await command();
      return;
    } catch (error) {
      if (!(error instanceof EngineError) || error.code !== 'contention') throw error;
    }
  }
}

/** Orders as a scan places them, some a second, with levels that the next wave meets; until they are told to end. */
async function load(sessionId: string, until: AbortSignal): Promise<number> {
  let placed = 0;
  while (!until.aborted) {
    const nowMs = Date.now();
    const price = LEVEL + 60 * Math.sin(nowMs / 2_000);
    const id = `E:BTC:${nowMs}`;
    const levels = { stop: (price - 40).toFixed(2), target: (price + 40).toFixed(2), reserved: '700' };
    await untilItWins(() =>
      commitDecision(context, sessionId, (account) => {
        const draft = draftOn(account, `place ${id}`);
        draft.emit(orderPlaced(entryOrder({ id, symbol: 'BTC', quantity: '0.01', atMs: nowMs, ...levels })));
        return { draft };
      }),
    );
    placed += 1;
    await sleep(ORDER_EVERY_MS);
  }
  return placed;
}

async function fillsOf(sessionId: string): Promise<readonly { readonly atMs: number; readonly name: string }[]> {
  const fills: { atMs: number; name: string }[] = [];
  for await (const { event } of context.ledger.rows(sessionId, 0)) {
    if (event.type === 'filled') fills.push({ atMs: event.atMs, name: `${event.fill.purpose} of ${event.fill.positionId}` });
  }
  return fills;
}

/** When the lease would have run out, as one was told who waited for it. */
function leaseEndMs(output: string): number {
  const last = output.split('\n').findLast((line) => line.includes('"event":"feed-waits-for-lease"')) ?? '';
  const { at, why } = JSON.parse(last) as { at: string; why: string };
  return Date.parse(at) + Number(/another (\d+) ms/.exec(why)?.[1]);
}

const untilSecond = (second: number): Promise<void> => {
  const inMinute = Date.now() % MINUTE_MS;
  return sleep((second * SECOND_MS - inMinute + MINUTE_MS) % MINUTE_MS);
};

describe('the feed, updated while it is traded on', () => {
  it('is taken over by the next one on SIGTERM: no minute lost, no fill lost or doubled, and a gap of seconds', { timeout: 240_000 }, async () => {
    const old = launch(env);
    closers.unshift(() => old.child.kill('SIGKILL'));
    await old.toldAt('feed-started');
    const { account } = await startSession(context, { startingCapital: decimal('100000'), strategies: ['scalping'], riskLimits: {} }, null);
    const ending = new AbortController();
    const loaded = load(account.sessionId, ending.signal);

    // The worst moment: the minute is over and its bar not yet kept.
    await untilSecond(50);
    const next = launch(env);
    closers.unshift(() => next.child.kill('SIGKILL'));
    await next.toldAt('feed-waits-for-lease');
    await untilSecond(0.5);
    const stoppedMs = Date.now();
    const minuteMs = stoppedMs - (stoppedMs % MINUTE_MS) - MINUTE_MS;
    old.child.kill('SIGTERM');
    const startedMs = await next.toldAt('feed-started');
    expect(await old.ended).toBe(0);
    expect(startedMs, 'the lease was given up, not waited out').toBeLessThan(leaseEndMs(next.output()));

    // When the scan of that minute gives up waiting, its bar is there, and is the venue's.
    await sleep(Math.max(0, minuteMs + MINUTE_MS + 9 * SECOND_MS - Date.now()));
    const { bars } = await context.market.snapshotAndMinute('live', minuteMs);
    expect(bars?.map(({ symbol }) => symbol)).toEqual(['BTC']);

    await sleep(6 * SECOND_MS);
    ending.abort();
    const placed = await loaded;
    await sleep(6 * SECOND_MS);
    next.child.kill('SIGTERM');
    expect(await next.ended).toBe(0);

    const stored = (await context.market.bars('live', minuteMs - MINUTE_MS, minuteMs + MINUTE_MS)).get('BTC') ?? [];
    expect(stored.map(({ openMs }) => openMs)).toEqual([minuteMs - MINUTE_MS, minuteMs]);
    const [told, kept] = [trading?.minutes.get(minuteMs), stored.at(-1)];
    expect(kept && [kept.open, kept.high, kept.low, kept.close]).toEqual(told);

    const fills = await fillsOf(account.sessionId);
    const names = fills.map(({ name }) => name);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
    expect(fills.filter(({ atMs }) => atMs < stoppedMs).length).toBeGreaterThan(5);
    expect(fills.filter(({ atMs }) => atMs > startedMs).length).toBeGreaterThan(5);
    // None was forgotten on the way: each order has filled.
    expect(names.filter((name) => name.startsWith('entry')).length).toBe(placed);
    expect((await verifyLedger(context.ledger, account.sessionId)).differences).toEqual([]);
    expect([old, next].flatMap(({ output }) => output().split('\n')).filter((line) => FENCED.test(line))).toEqual([]);
  });
});
