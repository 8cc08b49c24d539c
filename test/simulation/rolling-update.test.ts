import { describe, expect, it } from 'vitest';
import type { JournalRow } from '../../shared/contracts/journal.ts';
import { commitDecision } from '../../shared/engine/commit.ts';
import type { EngineContext } from '../../shared/engine/context.ts';
import { draftOn } from '../../shared/engine/draft.ts';
import { createFeedService, type FeedService } from '../../shared/engine/feed-service.ts';
import { type MarketStore, StoreError } from '../../shared/engine/ports.ts';
import { startSession } from '../../shared/engine/sessions.ts';
import { verifyLedger } from '../../shared/engine/verify-ledger.ts';
import { createVirtualClock, type VirtualClock } from '../../shared/kernel/clock-virtual.ts';
import { decimal } from '../../shared/kernel/decimal.ts';
import { type Rng, rng } from '../../shared/kernel/rng.ts';
import { iso, MINUTE_MS, SECOND_MS } from '../../shared/kernel/time.ts';
import { contextOver, createRows, type Rows } from '../support/engine-world.ts';
import { entryOrder, orderPlaced } from '../support/ledger-fixtures.ts';
import { runTo } from '../support/recording-sink.ts';
import { type Script, scriptedSource, scriptOf } from '../support/scripted-source.ts';

/** An hour ends on the way, so that an update may come while it is packed. */
const START_MS = Date.UTC(2025, 0, 7, 0, 52);
const MINUTES = 16;
const END_MS = START_MS + MINUTES * MINUTE_MS;
const SYMBOLS = ['SOL', 'ETH', 'DOT'];
/** As the deployed feed has it. */
const LEASE_MS = 40 * SECOND_MS;
/** So long a scan waits for the bar of its minute, which is looked for three seconds after its end. */
const BAR_IS_THERE_MS = 9 * SECOND_MS;
/** One that waits asks for the lease every second, and reads what there is before it begins. */
const LONGEST_GAP_MS = 2 * SECOND_MS;
/** More of them: `NIGHTDESK_ROLLING_SEEDS=200 vitest run test/simulation/rolling-update.test.ts`. */
const SEEDS = Number(process.env.NIGHTDESK_ROLLING_SEEDS ?? 10);

/** One task of the service: it asks for the lease every second until it has it, as `functions/feed/main.ts` does. */
interface Task {
  readonly name: string;
  readonly clock: VirtualClock;
  readonly feed: FeedService;
  hasBegun: boolean;
}

interface Watch {
  readonly problems: string[];
  /** Who wrote, at which instant of the world. */
  readonly wrote: { readonly by: string; readonly epoch: number }[];
}

/** Calls to the store take a while, so that two tasks get in between each other's. */
function slowed(rows: Rows, name: string, random: Rng, watch: Watch): Pick<Rows, 'ledger' | 'market'> {
  const pause = async (): Promise<void> => {
    for (let turns = Math.floor(random.next() * 30); turns > 0; turns--) await Promise.resolve();
  };
  const market: MarketStore = {
    ...rows.market,
    async lease(request) {
      await pause();
      return rows.market.lease(request);
    },
    async publish(lease, ...rest) {
      await pause();
      await rows.market.publish(lease, ...rest);
      watch.wrote.push({ by: name, epoch: lease.epoch });
      await pause();
    },
  };
  return { ledger: rows.ledger, market };
}

/** The service under load, and what it is put through. */
class Service {
  readonly #rows: Rows;
  readonly #script: Script;
  readonly #random: Rng;
  readonly watch: Watch = { problems: [], wrote: [] };
  readonly gapsMs: number[] = [];
  #tasks = 0;
  #current: Task;
  #next: Task | null = null;
  #stoppedMs: number | null = null;

  constructor(rows: Rows, script: Script, random: Rng) {
    this.#rows = rows;
    this.#script = script;
    this.#random = random;
    this.#current = this.#launch(START_MS);
  }

  #launch(nowMs: number): Task {
    const name = `task-${++this.#tasks}`;
    const clock = createVirtualClock({ startMs: nowMs, speed: Number.POSITIVE_INFINITY });
    const context = contextOver(slowed(this.#rows, name, this.#random, this.watch), clock, {
      exclusive: false,
      log: (level, event, facts) => {
        if (level === 'error') this.watch.problems.push(`${name}: ${event} ${JSON.stringify(facts)}`);
      },
    });
    const feed = createFeedService(context, scriptedSource(clock, this.#script), {
      holder: name,
      leaseMs: LEASE_MS,
      publishEveryMs: 5 * SECOND_MS,
      readOrdersEveryMs: SECOND_MS,
      historyDays: 0,
      onFenced: (error) => this.watch.problems.push(`${name} was fenced off: ${String(error)}`),
    });
    return { name, clock, feed, hasBegun: false };
  }

  async #ask(task: Task): Promise<void> {
    try {
      await task.feed.start();
      task.hasBegun = true;
    } catch (error) {
      if (!(error instanceof StoreError) || error.code !== 'fenced') throw error;
    }
  }

  async begin(): Promise<void> {
    await this.#ask(this.#current);
  }

  get isUpdating(): boolean {
    return this.#next !== null;
  }

  /** The next task comes up beside the one that runs. */
  update(nowMs: number): void {
    this.#next = this.#launch(nowMs);
  }

  /** SIGTERM to the old one, in the midst of what it does. */
  async stopOld(nowMs: number): Promise<void> {
    const { clock, feed } = this.#current;
    await Promise.all([runTo(clock, nowMs + Math.floor(this.#random.next() * SECOND_MS)), feed.stop()]);
    this.#stoppedMs = nowMs;
  }

  get isOldStopped(): boolean {
    return this.#stoppedMs !== null;
  }

  async run(toMs: number): Promise<void> {
    const next = this.#next;
    if (this.#stoppedMs === null) await Promise.all([runTo(this.#current.clock, toMs), next && this.#second(next, toMs)]);
    else if (next !== null) await this.#second(next, toMs);
    if (next?.hasBegun !== true) return;
    if (this.#stoppedMs === null) this.watch.problems.push(`${next.name} began while ${this.#current.name} ran`);
    else this.gapsMs.push(toMs - this.#stoppedMs);
    [this.#current, this.#next, this.#stoppedMs] = [next, null, null];
  }

  async #second(task: Task, toMs: number): Promise<void> {
    await runTo(task.clock, toMs);
    if (!task.hasBegun) await this.#ask(task);
  }

  async end(): Promise<void> {
    await this.#current.feed.stop();
  }
}

/** An order as a scan places one, its levels so near that it closes within minutes. */
async function placeEntry(context: EngineContext, sessionId: string, { bars, fromMs }: Script, random: Rng): Promise<void> {
  const nowMs = context.clock.now();
  const symbol = SYMBOLS[Math.floor(random.next() * SYMBOLS.length)] ?? 'ETH';
  const price = bars.get(symbol)?.[Math.floor((nowMs - fromMs) / MINUTE_MS)]?.open ?? 100;
  const id = `E:${symbol}:${nowMs}`;
  const levels = { stop: (price * 0.998).toFixed(2), target: (price * 1.002).toFixed(2), reserved: (price * 1.01).toFixed(2) };
  await commitDecision(context, sessionId, (account) => {
    const draft = draftOn(account, `place ${id}`);
    draft.emit(orderPlaced(entryOrder({ id, symbol, quantity: '1', atMs: nowMs, ...levels })));
    return { draft };
  });
}

async function fillsOf({ ledger }: Rows, sessionId: string): Promise<readonly string[]> {
  const rows: JournalRow[] = [];
  for await (const row of ledger.rows(sessionId, 0)) rows.push(row);
  return rows.flatMap(({ event }) => (event.type === 'filled' ? [`${event.fill.purpose} of ${event.fill.positionId}`] : []));
}

interface Outcome {
  readonly faults: readonly string[];
  readonly fills: number;
  readonly gapsMs: readonly number[];
}

async function updated(seed: number, script: Script): Promise<Outcome> {
  const random = rng('rolling-update', seed);
  const rows = createRows();
  const service = new Service(rows, script, random);
  const clock = createVirtualClock({ startMs: START_MS, speed: Number.POSITIVE_INFINITY });
  const scans = contextOver(rows, clock, { exclusive: false });
  const late: string[] = [];
  await service.begin();
  const { account } = await startSession(scans, { startingCapital: decimal('100000'), strategies: ['scalping'], riskLimits: {} }, null);

  for (let nowMs = START_MS; nowMs < END_MS; nowMs += SECOND_MS) {
    if (!service.isUpdating && random.next() < 0.03) service.update(nowMs);
    else if (service.isUpdating && !service.isOldStopped && random.next() < 0.15) await service.stopOld(nowMs);
    await service.run(nowMs + SECOND_MS);
    await runTo(clock, nowMs + SECOND_MS);
    if (random.next() < 0.1) await placeEntry(scans, account.sessionId, script, random);
    const minuteMs = nowMs + SECOND_MS - BAR_IS_THERE_MS - MINUTE_MS;
    if (minuteMs >= START_MS && minuteMs % MINUTE_MS === 0) {
      const { bars } = await rows.market.snapshotAndMinute('test', minuteMs);
      if (bars?.length !== SYMBOLS.length) late.push(`the minute of ${iso(minuteMs)} has ${bars?.length ?? 'no'} bars when its scan gives up`);
    }
  }
  if (!service.isOldStopped) await service.end();

  const fills = await fillsOf(rows, account.sessionId);
  const { differences } = await verifyLedger(rows.ledger, account.sessionId);
  return {
    faults: [
      ...service.watch.problems,
      ...late,
      ...(await wrongMinutes(rows, script)),
      ...overlapping(service.watch),
      ...fills.filter((fill, index) => fills.indexOf(fill) !== index).map((fill) => `filled twice: ${fill}`),
      ...differences.map(({ what }) => `differs: ${what}`),
    ],
    fills: fills.length,
    gapsMs: service.gapsMs,
  };
}

/** Minutes that are lost, doubled, or not as they were traded. */
async function wrongMinutes({ market }: Rows, { bars, fromMs }: Script): Promise<readonly string[]> {
  const toMs = END_MS - 2 * MINUTE_MS;
  const stored = await market.bars('test', START_MS, toMs);
  return SYMBOLS.flatMap((symbol) => {
    const kept = (stored.get(symbol) ?? []).map(({ openMs, open, high, low, close, volume }) => [openMs, open, high, low, close, volume].join(' '));
    const traded = (bars.get(symbol) ?? [])
      .slice((START_MS - fromMs) / MINUTE_MS, (toMs - fromMs) / MINUTE_MS)
      .map(({ openMs, open, high, low, close, volume }) => [openMs, open, high, low, close, volume].join(' '));
    return kept.join('\n') === traded.join('\n') ? [] : [`${symbol}: ${kept.length} minutes are kept, ${traded.length} were traded`];
  });
}

/** A task that writes after the one that came after it. */
function overlapping({ wrote }: Watch): readonly string[] {
  let newest = 0;
  return wrote.flatMap(({ by, epoch }) => {
    const isLate = epoch < newest;
    newest = Math.max(newest, epoch);
    return isLate ? [`${by} wrote at epoch ${epoch} after epoch ${newest}`] : [];
  });
}

describe('a rolling update of the feed under load', () => {
  it(`loses and doubles no minute and no fill, and leaves no gap worth the name, for ${SEEDS} seeds`, { timeout: 600_000 }, async () => {
    const fromMs = START_MS - 52 * MINUTE_MS;
    const script = scriptOf('rolling-update', { fromMs, minutes: (END_MS - fromMs) / MINUTE_MS + 5, symbols: SYMBOLS });
    let fills = 0;
    const gapsMs: number[] = [];
    for (let seed = 1; seed <= SEEDS; seed++) {
      const outcome = await updated(seed, script);
      expect(outcome.faults, `seed ${seed}`).toEqual([]);
      fills += outcome.fills;
      gapsMs.push(...outcome.gapsMs);
    }
    // It was put through it: many updates, and trading went on all the while.
    expect(gapsMs.length).toBeGreaterThan(5 * SEEDS);
    expect(fills).toBeGreaterThan(20 * SEEDS);
    expect(Math.max(...gapsMs)).toBeLessThanOrEqual(LONGEST_GAP_MS);
  });
});
