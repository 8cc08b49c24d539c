import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { StoreError } from '../../shared/engine/ports.ts';
import { startSession } from '../../shared/engine/sessions.ts';
import { verifyLedger } from '../../shared/engine/verify-ledger.ts';
import { BINANCE_SYMBOLS } from '../../shared/feeds/binance/binance-symbols.ts';
import { frameReplaySource } from '../../shared/feeds/replay/frame-replay-source.ts';
import { klineReplaySource } from '../../shared/feeds/replay/kline-replay-source.ts';
import { describeData, type RecordedData } from '../../shared/feeds/replay/recorded-data.ts';
import { decimal } from '../../shared/kernel/decimal.ts';
import { type Rng, rng } from '../../shared/kernel/rng.ts';
import { DAY_MS, HOUR_MS } from '../../shared/kernel/time.ts';
import { createRows, openWorld, type Rows } from '../support/engine-world.ts';
import { writeGeneratedFrames } from '../support/generated-frames.ts';
import { writeGeneratedKlines } from '../support/generated-klines.ts';

const START_MS = Date.parse('2023-04-17T00:00:00Z');
const FRAMES_TO_MS = START_MS + 2 * HOUR_MS;
const KLINES_TO_MS = START_MS + 4 * HOUR_MS;
/** Time goes on for a moment after the data: its last minute is closed, scanned and swept. */
const CLOSING_MS = 30_000;
const MOST_STARTS = 500;

let folder = '';
let frames: RecordedData;
let klines: RecordedData;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'nightdesk-crash-'));
  const seed = '2';
  writeGeneratedKlines(join(folder, 'klines'), { seed, fromMs: START_MS - 2 * DAY_MS, toMs: KLINES_TO_MS });
  writeGeneratedKlines(join(folder, 'frames'), { seed, fromMs: START_MS - 2 * DAY_MS, toMs: START_MS });
  frames = await describeData(writeGeneratedFrames(join(folder, 'frames'), { seed, fromMs: START_MS, toMs: FRAMES_TO_MS }), BINANCE_SYMBOLS);
  klines = await describeData([join(folder, 'klines')], BINANCE_SYMBOLS);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Crashes {
  readonly seed: string;
  /** A start lives for at most so many calls to the store after its time has begun to run. */
  readonly mostCalls: number;
  /** Asked to stop instead, as by Ctrl-C: it may write where it stands. */
  readonly isGentle: boolean;
}

/** When a start dies: counted from its first call to the store, or from when its time begins to run. */
interface Death {
  /** Called when time begins to run. */
  readonly arm: () => void;
  readonly hasCome: () => boolean;
  readonly between: (rows: Rows) => Pick<Rows, 'ledger' | 'market'>;
}

const NEVER: Crashes = { seed: '', mostCalls: 1, isGentle: false };

/** Share of the deaths that come while the program starts. */
const IN_START_UP = 0.25;

/**
 * The stores as a process sees them that dies at one of its calls: before it is done, or after it is done and before the
 * answer has come. No call of it gets through after that, whatever its code does on the way out; all do when it was only
 * asked to stop.
 */
function deathAt(draw: Rng, { mostCalls, isGentle }: Crashes, die: () => void): Death {
  let left = 1 + Math.floor(draw.next() * mostCalls);
  let isArmed = draw.next() < IN_START_UP;
  const isDoneBefore = draw.next() < 0.5;
  const gone = (): StoreError => new StoreError('unavailable', 'This process is dead');
  const isDue = (): boolean => {
    if (isArmed && left > 0) left -= 1;
    return left === 0;
  };
  const lastCall = async (call: () => unknown): Promise<unknown> => {
    if (isDoneBefore) await call();
    die();
    throw gone();
  };
  const gentleCall = (call: () => unknown): unknown => {
    die();
    return call();
  };
  const wrap = <Store extends object>(store: Store): Store => {
    const calls = Object.entries(store as Record<string, (...args: unknown[]) => unknown>).map(([name, method]) => {
      if (name === 'rows') return [name, method];
      const call = async (...args: unknown[]): Promise<unknown> => {
        const go = (): unknown => method(...args);
        const wasAlive = left > 0;
        if (!isDue()) return go();
        if (isGentle) return wasAlive ? gentleCall(go) : go();
        if (wasAlive) return lastCall(go);
        throw gone();
      };
      return [name, call];
    });
    return Object.fromEntries(calls) as Store;
  };
  return {
    arm: () => {
      isArmed = true;
    },
    hasCome: () => left === 0,
    between: ({ ledger, market }) => ({ ledger: wrap(ledger), market: wrap(market) }),
  };
}

interface Run {
  readonly rows: Rows;
  readonly starts: number;
}

/** Replays to the end, each start after a death going on from what is stored. */
async function replay(data: RecordedData, untilMs: number, crashes: Crashes | null): Promise<Run> {
  const rows = createRows();
  const draw = rng('crashes', (crashes ?? NEVER).seed);
  for (let starts = 1; starts <= MOST_STARTS; starts++) {
    let stopped: Promise<void> = Promise.resolve();
    let stop: () => Promise<void> = async () => undefined;
    const death = deathAt(draw, crashes ?? NEVER, () => {
      stopped = stop();
    });
    const world = await openWorld({
      rows,
      startMs: data.kind === 'frames' ? data.firstMs : START_MS,
      source: (clock) => (data.kind === 'frames' ? frameReplaySource({ clock, data }) : klineReplaySource({ clock, data, untilMs })),
      ...(crashes === null ? {} : { between: death.between }),
    });
    stop = world.stop;
    try {
      await world.start();
      if ((await world.context.accounts.active()) === null) {
        await startSession(world.context, { startingCapital: decimal('100000'), strategies: ['scalping', 'swing'], riskLimits: {} }, null);
      }
      death.arm();
      await world.clock.run(untilMs + CLOSING_MS);
    } catch (error) {
      if (!death.hasCome()) throw error;
    }
    await stopped;
    if (death.hasCome()) continue;
    await world.stop();
    expect(world.failures).toEqual([]);
    return { rows, starts };
  }
  throw new Error(`Not at the end after ${MOST_STARTS} starts`);
}

async function journalOf({ ledger }: Rows): Promise<readonly string[]> {
  const [session] = await ledger.sessions();
  const lines: string[] = [];
  for await (const row of ledger.rows(session?.sessionId ?? '', 0)) lines.push(`${row.seq} ${row.commandId} ${row.hash}`);
  return lines;
}

async function booksOf({ ledger }: Rows): Promise<Awaited<ReturnType<typeof verifyLedger>>> {
  const [session] = await ledger.sessions();
  return verifyLedger(ledger, session?.sessionId ?? '');
}

const wholes = new Map<RecordedData['kind'], Promise<Run>>();

/** The run of that data in which nothing dies: one for all that are compared with it. */
function wholeOf(kind: 'frames' | 'klines'): Promise<Run> {
  const known = wholes.get(kind) ?? (kind === 'frames' ? replay(frames, FRAMES_TO_MS, null) : replay(klines, KLINES_TO_MS, null));
  wholes.set(kind, known);
  return known;
}

describe('a replay whose process ends at any call to the store', () => {
  it.each([
    { kind: 'frames', seed: '1', mostCalls: 80, isGentle: false },
    { kind: 'frames', seed: '2', mostCalls: 30, isGentle: false },
    { kind: 'klines', seed: '3', mostCalls: 80, isGentle: false },
    { kind: 'frames', seed: '4', mostCalls: 30, isGentle: true },
    { kind: 'klines', seed: '5', mostCalls: 80, isGentle: true },
  ] as const)('comes to the same journal over recorded $kind (seed $seed, asked to stop: $isGentle)', async ({ kind, seed, mostCalls, isGentle }) => {
    const [data, untilMs] = kind === 'frames' ? [frames, FRAMES_TO_MS] : [klines, KLINES_TO_MS];
    const whole = await wholeOf(kind);
    const crashed = await replay(data, untilMs, { seed, mostCalls, isGentle });

    expect(crashed.starts).toBeGreaterThan(20);
    expect(await journalOf(crashed.rows)).toEqual(await journalOf(whole.rows));
    const books = await booksOf(crashed.rows);
    expect(books).toEqual(await booksOf(whole.rows));
    expect(books.isSound).toBe(true);
    expect(books.fills).toBeGreaterThan(5);
    const scans = { whole: await lastScan(whole.rows), crashed: await lastScan(crashed.rows) };
    expect(scans.crashed).toEqual(scans.whole);
  });
});

async function lastScan({ ledger }: Rows): Promise<unknown> {
  const [session] = await ledger.sessions();
  return ledger.lastScan(session?.sessionId ?? '');
}
