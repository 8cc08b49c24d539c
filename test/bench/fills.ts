import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbedded } from '../../infra/local/embedded-dynamodb.ts';
import { commitDecision } from '../../shared/engine/commit.ts';
import type { EngineContext } from '../../shared/engine/context.ts';
import { createDesk, type Desk } from '../../shared/engine/desk.ts';
import { draftOn } from '../../shared/engine/draft.ts';
import { createMatcher, type Matcher } from '../../shared/engine/matcher.ts';
import type { Lease, LedgerStore, MarketStore } from '../../shared/engine/ports.ts';
import { systemClock, wallSleep } from '../../shared/kernel/clock-system.ts';
import type { BookTop, Tick } from '../../shared/market/price.ts';
import { openDynamo } from '../support/dynamo-harness.ts';
import { contextOver } from '../support/engine-world.ts';
import { entryOrder, equityMarked, orderPlaced } from '../support/ledger-fixtures.ts';
import { openPositions } from './book-of-positions.ts';
import { percentiles, row, timed } from './measure.ts';

const EXITS = 200;
const ENTRIES = 200;
const BARE = 200;

interface Exchange {
  readonly context: EngineContext;
  readonly desk: Desk;
  readonly matcher: Matcher;
}

/** Stop crossing to committed exit, and placed order to booked position, on the embedded store with its file. */
export async function benchFills(): Promise<readonly string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'nightdesk-bench-'));
  const embedded = await startEmbedded({ dataDir: folder, log: () => undefined });
  try {
    const exits = await openDynamo(embedded.endpoint, 'bench-exits');
    const exitSamples = await stopsToExits(exits);
    const entries = await openDynamo(embedded.endpoint, 'bench-entries');
    const entrySamples = await signalsToPositions(entries);
    const bare = await openDynamo(embedded.endpoint, 'bench-bare');
    const bareSamples = await bareCommits(bare);
    await Promise.all([exits, entries, bare].map((store) => store.close()));
    const floor = percentiles(bareSamples);
    const ratio = (of: readonly number[]): string => `${(percentiles(of).p50 / floor.p50).toFixed(1)} times a bare transaction`;
    return [
      'fills: on the embedded store, file-backed',
      row('bare transaction of three rows', floor),
      row('stop crossed to exit committed', percentiles(exitSamples), `target p99 < 250 ms; ${ratio(exitSamples)}`),
      row(
        'signal to booked position',
        percentiles(entrySamples),
        `target p99 < 500 ms; simulated latency of the order (1 ms here) apart; ${ratio(entrySamples)}`,
      ),
    ];
  } finally {
    await embedded.stop();
    rmSync(folder, { recursive: true });
  }
}

interface Stores {
  readonly ledger: LedgerStore;
  readonly market: MarketStore;
}

async function exchangeOver(stores: Stores): Promise<Exchange> {
  const clock = systemClock((error) => {
    throw error;
  });
  const lease: Lease = await stores.market.lease({ scope: 'test', holder: 'bench', epoch: null, nowMs: clock.now(), ttlMs: 3_600_000 });
  let matcher: Matcher | null = null;
  const context = contextOver(stores, clock, { nudge: async () => matcher?.refresh() });
  const desk = createDesk();
  desk.rates([{ currency: 'USDT', value: 100_000_000n as never, source: 'bench', asOfMs: clock.now() }]);
  matcher = createMatcher(context, desk, () => lease);
  return { context, desk, matcher };
}

/** Positions of one symbol whose stops lie a step apart: each tick crosses one of them. */
async function stopsToExits(stores: Stores): Promise<readonly number[]> {
  const holdings = Array.from({ length: EXITS }, (_, index) => ({
    symbol: 'BTC',
    price: '61000',
    stop: String(60_000 - 10 * index),
    target: '90000',
    quantity: '0.01',
  }));
  const account = await openPositions(stores.ledger, EXITS, holdings);
  const { desk, matcher, context } = await exchangeOver(stores);
  await matcher.refresh();
  const samples = await timed(EXITS, async (index) => {
    const tick = tickAt(60_000 - 10 * index, Date.now());
    desk.tick(tick);
    await matcher.tick(tick);
  });
  const after = await context.ledger.load(account.sessionId);
  if (after?.positions.size !== 0) throw new Error(`${after?.positions.size} positions are still open: the bench measured something else`);
  return samples;
}

/** An entry placed as a scan places it, the nudge, and the fill at the standing price. */
async function signalsToPositions(stores: Stores): Promise<readonly number[]> {
  const account = await openPositions(stores.ledger, 0);
  const { desk, matcher, context } = await exchangeOver(stores);
  await matcher.refresh();
  return timed(ENTRIES, async (index) => {
    const nowMs = Date.now();
    desk.top(topAt(61_000, nowMs));
    const order = {
      ...entryOrder({ id: `E:${index}`, quantity: '0.001', stop: '30000', target: '120000', reserved: '70' }),
      acceptedMs: nowMs,
      activeFromMs: nowMs + 1,
    };
    await commitDecision(context, account.sessionId, `place ${index}`, (current) => {
      const draft = draftOn(current, `place ${index}`);
      draft.emit(orderPlaced(order));
      return { draft };
    });
    await context.nudge(account.sessionId);
    while ((await context.accounts.current(account.sessionId))?.positions.has(order.positionId) !== true) await wallSleep(0);
  });
}

async function bareCommits(stores: Stores): Promise<readonly number[]> {
  const account = await openPositions(stores.ledger, 0);
  const context = contextOver(
    stores,
    systemClock((error) => {
      throw error;
    }),
  );
  return timed(BARE, async (index) => {
    await commitDecision(context, account.sessionId, `mark ${index}`, (current) => {
      const draft = draftOn(current, `mark ${index}`);
      draft.emit(equityMarked(Date.now()));
      return { draft };
    });
  });
}

const tickAt = (price: number, atMs: number): Tick => ({
  symbol: 'BTC',
  price,
  quantity: 1,
  motion: 'print',
  exchangeMs: atMs,
  receivedMs: atMs,
  source: 'bench',
  evidence: 'simulated',
});

const topAt = (price: number, atMs: number): BookTop => ({
  symbol: 'BTC',
  bid: price - 0.01,
  ask: price + 0.01,
  bidSize: 5,
  askSize: 5,
  exchangeMs: atMs,
  receivedMs: atMs,
  source: 'bench',
  evidence: 'simulated',
});
