import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zipSync } from 'fflate';
import { onTestFinished } from 'vitest';
import { runHistoryCommand } from '../../shared/feeds/history/command/run-history-command.ts';
import { directoryFiles } from '../../shared/feeds/history/directory-files.ts';
import { createHistoryStore, type HistoryStore } from '../../shared/feeds/history/history-store.ts';
import { createIntake, type Intake } from '../../shared/feeds/history/intake.ts';
import { openReceipts, type Receipts } from '../../shared/feeds/history/receipts.ts';
import type { Series } from '../../shared/feeds/history/series.ts';
import type { BarRow } from '../../shared/feeds/history/tables.ts';
import type { Clock } from '../../shared/kernel/clock.ts';
import { MINUTE_MS } from '../../shared/kernel/time.ts';
import type { Candle } from '../../shared/market/price.ts';

/** A folder of the test's own. */
export function testFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'nightdesk-history-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A clock that stands still, and on which nobody has to wait. */
export const standingClock = (nowMs: number): Clock => ({
  now: () => nowMs,
  at: (_ms, _label, task) => {
    queueMicrotask(() => void task());
    return () => undefined;
  },
});

export interface OpenHistory {
  readonly store: HistoryStore;
  readonly receipts: Receipts;
  readonly intake: Intake;
}

export async function openHistory(dir: string, nowMs = 0): Promise<OpenHistory> {
  const files = directoryFiles(dir);
  const store = createHistoryStore(files, { now: () => nowMs });
  const receipts = await openReceipts(files);
  return { store, receipts, intake: await createIntake(store, receipts, { now: () => nowMs }) };
}

export const BTC_MINUTES: Series = { venue: 'binance', kind: 'spot', symbol: 'BTCUSDT', timeframe: '1m' };

export const barRow = (candle: Candle, source: BarRow['source'] = 'recorded'): BarRow => {
  const { openMs, ...prices } = candle;
  return { time: openMs, ...prices, source };
};

/** A minute bar with prices in cents, the same for the same minute. */
export function centBar(openMs: number): Candle {
  const level = 30_000 + 50 * Math.sin(openMs / 3_600_000);
  const cents = (value: number): number => Math.round(value * 100) / 100;
  const [open, close] = [cents(level), cents(level + 3 * Math.cos(openMs / 700_000))];
  return {
    openMs,
    open,
    high: cents(Math.max(open, close) + 1.5),
    low: cents(Math.min(open, close) - 1.25),
    close,
    volume: cents(10 + Math.abs(level % 7)),
  };
}

export const minutesFrom = (fromMs: number, count: number): readonly Candle[] =>
  Array.from({ length: count }, (_, index) => centBar(fromMs + index * MINUTE_MS));

/** Rows of 12 columns as Binance publishes them, stamps in ms or (`scale` 1000) microseconds. */
export const klineCsv = (candles: readonly Candle[], scale = 1): string =>
  candles
    .map(({ openMs, open, high, low, close, volume }) =>
      [openMs * scale, open, high, low, close, volume, (openMs + MINUTE_MS) * scale - 1, 0, 10, 0, 0, 0].join(','),
    )
    .join('\n');

export const zipOf = (name: string, text: string): Uint8Array =>
  zipSync({ [name]: new TextEncoder().encode(text) }, { mtime: '2025-01-01T00:00:00' });

/** Every file of a folder with the digest of its content. */
export function digests(folder: string): Readonly<Record<string, string>> {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(
    names
      .map((entry) => join(entry.parentPath, entry.name))
      .sort()
      .map((path) => [path.slice(folder.length + 1), createHash('sha256').update(readFileSync(path)).digest('hex')]),
  );
}

export interface Said {
  readonly code: number;
  readonly out: readonly string[];
  readonly err: readonly string[];
}

/** Runs the command in this process, on a clock that stands. */
export async function history(
  argv: readonly string[],
  { nowMs = Date.UTC(2025, 1, 10, 12), env = {} as Readonly<Record<string, string>> } = {},
): Promise<Said> {
  const [out, err]: [string[], string[]] = [[], []];
  const code = await runHistoryCommand(argv, {
    out: (line) => out.push(line),
    err: (line) => err.push(line),
    draw: null,
    env,
    clock: standingClock(nowMs),
    lock: () => () => undefined,
  });
  return { code, out, err };
}

export type Answer = { readonly status: number; readonly body?: Uint8Array | string; readonly cutAfter?: number; readonly isHanging?: boolean };

export interface ArchiveServer {
  readonly url: string;
  /** Paths asked for, in order. */
  readonly asked: string[];
  readonly requests: IncomingMessage[];
}

/** A server of files on this machine: each path has an answer, or a list of answers, the last of which stays; else 404. */
export async function archiveServer(answers: Readonly<Record<string, Answer | readonly Answer[]>>): Promise<ArchiveServer> {
  const asked: string[] = [];
  const requests: IncomingMessage[] = [];
  const counts = new Map<string, number>();
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    const [name = ''] = path.split('?');
    asked.push(path);
    requests.push(request);
    const told = answers[name];
    const list = told === undefined ? [{ status: 404 }] : 'status' in told ? [told] : told;
    const count = counts.get(name) ?? 0;
    counts.set(name, count + 1);
    const { status, body = '', cutAfter, isHanging = false } = list[Math.min(count, list.length - 1)] ?? { status: 404 };
    if (isHanging) return;
    const bytes = typeof body === 'string' ? Buffer.from(body) : Buffer.from(body);
    response.writeHead(status, { 'content-length': bytes.length });
    if (cutAfter === undefined) response.end(bytes);
    else response.write(bytes.subarray(0, cutAfter), () => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  );
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked, requests };
}

export const checksumOf = (bytes: Uint8Array, name: string): string => `${createHash('sha256').update(bytes).digest('hex')}  ${name}\n`;

/** Everything that a generator yields. */
export async function collect<Item>(items: AsyncIterable<Item>): Promise<readonly Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}
