import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLineFile } from '../../infra/local/backtest/line-file.ts';
import packageJson from '../../package.json' with { type: 'json' };
import { openBacktest } from '../../shared/engine/backtest/backtest.ts';
import type { BacktestListener } from '../../shared/engine/backtest/books.ts';
import type { StartRequest } from '../../shared/engine/sessions.ts';
import { assumedUsdtRate } from '../../shared/feeds/rates/rates.ts';
import { canonicalJson, wire } from '../../shared/kernel/canonical-json.ts';
import { decimal } from '../../shared/kernel/decimal.ts';
import { digestOfText } from '../../shared/kernel/digest.ts';
import { rng } from '../../shared/kernel/rng.ts';
import { DAY_MS, iso, MINUTE_MS } from '../../shared/kernel/time.ts';
import type { Bar } from '../../shared/market/price.ts';
import { BUILT_STRATEGIES } from '../../shared/strategies/registry.ts';
import { BENCH_SYMBOLS, type BenchSymbol, PRICES } from './engine.ts';
import { againstTarget } from './figures.ts';
import { createSmaCross, type PeerRun, runGrademark, withAverages } from './sma-cross.ts';

const ROOT = join(import.meta.dirname, '../..');
const START_MS = Date.UTC(2025, 0, 1);
const CROSS_MINUTES = 300_000;
const MINUTES = 50_000;
const WARM_UP_MINUTES = 20_000;
const GATE_MINUTES = 10_000;
const ROUNDS = 5;
const [YEAR_DAYS, WARM_UP_DAYS] = [365, 3];

/** Bars a second of the engine over generated and recorded bars, beside a peer, and its memory over months and a year. */
export async function benchBacktest(): Promise<readonly string[]> {
  return [...benchCross(), '', ...(await benchStrategies()), '', ...(await benchCommand())];
}

/** Both play some weeks first, then in turns, and the best of each counts: what is measured is neither the compiler nor the neighbours. */
function benchCross(): readonly string[] {
  const bars = generated(['BTC'], CROSS_MINUTES);
  const [warmUp, peerBars] = [bars.first(WARM_UP_MINUTES), withAverages(barsOf(bars))];
  playCross(warmUp, {});
  runGrademark(withAverages(barsOf(warmUp)));
  const runs = Array.from({ length: ROUNDS }, () => ({
    ours: playCross(bars, {}),
    all: playCross(bars, NO_HALTS),
    peer: runGrademark(peerBars),
    journal: msOfJournal(bars),
  }));
  const [ours, all] = [quickest(runs.map((run) => run.ours)), quickest(runs.map((run) => run.all))];
  const peers = runs.flatMap(({ peer }) => peer ?? []);
  const journal = Math.min(...runs.map((run) => run.journal));
  return [
    `SMA 20/50 cross             ${rate(ours.bars, ours.ms)} (${ours.trades} trades, ${ours.rows} journal rows; fees, slippage, stop, target, equity, decisions, hashed journal)`,
    `the same, never halted      ${rate(all.bars, all.ms)} (${all.trades} trades, ${all.rows} journal rows)`,
    `  its journal alone         ${rate(all.bars, journal)}: JSON.stringify and SHA-256 of the same rows, nothing else`,
    againstTarget('bars/s of the SMA cross, 100 times the 4,600 of backtest-kit', perSecond(ours.bars, ours.ms), '>=', 460_000),
    ...peerLines(peers.length === 0 ? null : quickest(peers), all),
  ];
}

const quickest = <Run extends { readonly ms: number }>(runs: readonly Run[]): Run => runs.reduce((best, run) => (run.ms < best.ms ? run : best));

/** What no writer of such a journal can be faster than: its rows as JSON and their hashes, ms. */
function msOfJournal(bars: Minutes): number {
  const rows: unknown[] = [];
  playCross(bars, NO_HALTS, (row) => void rows.push(wire(row.event)));
  const began = cpuMs();
  for (const row of rows) digestOfText(JSON.stringify(row));
  return cpuMs() - began;
}

/** Of the one symbol. */
const barsOf = ({ minutes, at }: Minutes): readonly Bar[] => Array.from({ length: minutes }, (_, minute) => at(minute)[0] as Bar);

/** The rule loses money on random walks: with these limits it goes on all the same, as the peer's does. */
const NO_HALTS = { maxDrawdown: 1, maxDailyLoss: 1, maxConsecutiveLosses: 1_000 };

function playCross(bars: Minutes, riskLimits: StartRequest['riskLimits'], heard?: BacktestListener['row']): Played {
  const cross = createSmaCross();
  return play(bars, { strategyOf: () => cross, timeframes: [], riskLimits, ...(heard === undefined ? {} : { heard }) });
}

const peerLines = (peer: PeerRun | null, ours: Played): readonly string[] =>
  peer === null
    ? ['grademark 0.3.0             not installed: npm install grademark@0.3.0 in a folder of its own and set NIGHTDESK_PEERS to it']
    : [
        `grademark 0.3.0             ${rate(peer.bars, peer.ms)} (${peer.trades} trades; stop, target; averages made before, no fees, no equity)`,
        `  ${(perSecond(ours.bars, ours.ms) / perSecond(peer.bars, peer.ms)).toFixed(2)} times its speed`,
        againstTarget('bars/s of the SMA cross', perSecond(ours.bars, ours.ms), '>=', perSecond(peer.bars, peer.ms)),
      ];

async function benchStrategies(): Promise<readonly string[]> {
  const names = BUILT_STRATEGIES.map(({ name }) => name);
  const minutes = generated(BENCH_SYMBOLS, MINUTES);
  play(minutes.first(WARM_UP_MINUTES), {});
  const { bars, ms, trades, rows } = quickest(Array.from({ length: ROUNDS }, () => play(minutes, {})));
  const gate = await shareOf('riskGate', () => void play(minutes.first(GATE_MINUTES), {}));
  return [
    `${names.join(', ').padEnd(28)}${rate(bars, ms)} over 1m bars of ${BENCH_SYMBOLS.length} symbols (${trades} trades, ${rows} journal rows)`,
    againstTarget('bars/s of all strategies', perSecond(bars, ms), '>=', 200_000),
    `the gate                    ${(100 * gate).toFixed(1)} % of the time of a play, by samples: no path goes round it that could be timed`,
    againstTarget('share of its speed that the gate costs', Number(gate.toFixed(3)), '<', 1 / 3),
  ];
}

/** The share of a run's samples in which a function was under way. */
async function shareOf(functionName: string, run: () => void): Promise<number> {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: 200 });
  await session.post('Profiler.start');
  run();
  const { profile } = await session.post('Profiler.stop');
  session.disconnect();
  const within = new Set<number>();
  // A node stands before its children.
  for (const { id, callFrame, children = [] } of profile.nodes) {
    if (callFrame.functionName === functionName) within.add(id);
    if (within.has(id)) for (const child of children) within.add(child);
  }
  const samples = profile.samples ?? [];
  return samples.filter((id) => within.has(id)).length / samples.length;
}

interface Played {
  readonly bars: number;
  readonly ms: number;
  readonly trades: number;
  readonly rows: number;
}

/** CPU time of this process, ms: on a shared machine the wall measures the others too. */
const cpuMs = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
};
const perSecond = (bars: number, ms: number): number => Math.round((bars / ms) * 1_000);
const rate = (bars: number, ms: number): string => `${perSecond(bars, ms).toLocaleString('en-US')} bars/s of CPU time`;

interface More extends Pick<Parameters<typeof openBacktest>[0], 'strategyOf' | 'timeframes'> {
  readonly riskLimits?: StartRequest['riskLimits'];
  readonly heard?: BacktestListener['row'];
}

function play({ minutes, at }: Minutes, { riskLimits = {}, heard, ...more }: More): Played {
  let [rows, trades, written] = [0, 0, 0];
  const listener: BacktestListener = {
    row: (row) => {
      rows += 1;
      heard?.(row);
    },
    trade: () => {
      trades += 1;
    },
    scan: ({ decisions }) => {
      for (const decision of decisions) written += canonicalJson(decision).length;
    },
  };
  const backtest = openBacktest(
    {
      world: { scope: 'bench', evidence: 'simulated', markets: ['CRYPTO'] },
      settings: { marketMode: 'both', seed: '1', configVersion: 'bench' },
      request: { startingCapital: decimal('1000000'), strategies: more.strategyOf === undefined ? null : ['swing'], riskLimits },
      startMs: START_MS,
      history: { days: new Map(), bars: new Map() },
      source: 'bench',
      rates: (nowMs) => [assumedUsdtRate(nowMs)],
      log: () => undefined,
      ...more,
    },
    listener,
  );
  const began = cpuMs();
  for (let minute = 0; minute < minutes; minute++) backtest.play({ openMs: START_MS + minute * MINUTE_MS, bars: at(minute) });
  backtest.end();
  const ms = cpuMs() - began;
  if (trades > 0 && written === 0) throw new Error('Trades without a decision');
  return { bars: minutes * at(0).length, ms, trades, rows };
}

/** Bars by minute as a reader of files holds them, in columns: the bars of a minute are made when it is played. */
interface Minutes {
  readonly minutes: number;
  readonly at: (minute: number) => readonly Bar[];
  readonly first: (minutes: number) => Minutes;
}

const COLUMNS = ['open', 'high', 'low', 'close', 'volume'] as const;

/** Random walks with bursts of volume. */
function generated(symbols: readonly BenchSymbol[], minutes: number): Minutes {
  const columns = symbols.map(() => Object.fromEntries(COLUMNS.map((name) => [name, new Float64Array(minutes)])) as Columns);
  let minute = 0;
  for (const bars of generatedMinutes(symbols, minutes)) {
    for (const [place, bar] of bars.entries()) for (const name of COLUMNS) (columns[place] as Columns)[name][minute] = bar[name];
    minute += 1;
  }
  return minutesOf(symbols, columns, minutes);
}

type Columns = Readonly<Record<(typeof COLUMNS)[number], Float64Array>>;

function minutesOf(symbols: readonly BenchSymbol[], columns: readonly Columns[], minutes: number): Minutes {
  const places = symbols.map((_, place) => place);
  const barAt = (place: number, minute: number): Bar => {
    const { open, high, low, close, volume } = columns[place] as Columns;
    return {
      symbol: symbols[place] as BenchSymbol,
      openMs: START_MS + minute * MINUTE_MS,
      open: open[minute] as number,
      high: high[minute] as number,
      low: low[minute] as number,
      close: close[minute] as number,
      volume: volume[minute] as number,
      origin: 'received',
      evidence: 'simulated',
    };
  };
  return { minutes, at: (minute) => places.map((place) => barAt(place, minute)), first: (some) => minutesOf(symbols, columns, some) };
}

/** By minute; prices of six digits, as venues write them. */
function* generatedMinutes(symbols: readonly BenchSymbol[], minutes: number): Generator<readonly Bar[]> {
  const draw = rng('bench-bars');
  const last = new Map<string, number>(symbols.map((symbol) => [symbol, PRICES[symbol]]));
  for (let index = 0; index < minutes; index++) {
    yield symbols.map((symbol): Bar => {
      const open = last.get(symbol) ?? 1;
      const isBurst = draw.next() < 1 / 60;
      const close = priced(open * Math.exp((isBurst ? 0.003 : 0.0006) * draw.normal()));
      last.set(symbol, close);
      const [high, low] = [priced(Math.max(open, close) * 1.0002), priced(Math.min(open, close) * 0.9998)];
      const volume = priced((isBurst ? 8 : 1) * (5_000_000 / open) * (0.5 + draw.next())) + 1;
      return { symbol, openMs: START_MS + index * MINUTE_MS, open, high, low, close, volume, origin: 'received', evidence: 'simulated' };
    });
  }
}

const priced = (price: number): number => Number(price.toPrecision(6));

/** The command over a month, two months and a year of bars in files: its memory must not grow with the data. */
async function benchCommand(): Promise<readonly string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'nightdesk-bars-'));
  try {
    writeYear(folder);
    const runs = [await command(folder, 31), await command(folder, 62), await command(folder, YEAR_DAYS - WARM_UP_DAYS)];
    const [month, months, year] = runs.map(({ peakMiB }) => peakMiB);
    return [
      ...runs.map(
        ({ days, bars, barsPerSecond, peakMiB, trades }) =>
          `npm run backtest            ${days} days: ${bars.toLocaleString('en-US')} bars from files at ${barsPerSecond.toLocaleString('en-US')} bars/s of wall time, ${trades} trades, peak ${Math.round(peakMiB)} MiB`,
      ),
      againstTarget('peak of a year over that of one month', ratio(year, month), '<', 1.15),
      againstTarget('peak of a year over that of two months', ratio(year, months), '<', 1.15),
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const ratio = (one = 0, other = 1): number => Number((one / other).toFixed(2));

function writeYear(folder: string): void {
  const symbols = ['BTC', 'ETH'] as const;
  const files = symbols.map((symbol) => createLineFile(join(folder, `${symbol}USDT-1m-bench.csv`)));
  for (const bars of generatedMinutes(symbols, (YEAR_DAYS * DAY_MS) / MINUTE_MS)) {
    bars.forEach(({ openMs, open, high, low, close, volume }, index) => void files[index]?.write([openMs, open, high, low, close, volume].join(',')));
  }
  for (const file of files) file.close();
}

async function command(data: string, days: number) {
  const out = mkdtempSync(join(tmpdir(), 'nightdesk-backtest-'));
  try {
    const [node, ...words] = packageJson.scripts.backtest.split(' ');
    if (node !== 'node') throw new Error(`npm run backtest is expected to run node, it runs ${packageJson.scripts.backtest}`);
    const fromMs = START_MS + WARM_UP_DAYS * DAY_MS;
    const span = ['--from', iso(fromMs), '--to', iso(fromMs + days * DAY_MS)];
    const options = ['--data', data, '--strategy', 'scalping,swing', ...span, '--out', out, '--json'];
    const child = spawn(join(ROOT, 'node_modules/.bin/node'), [...words, ...options], { cwd: ROOT, stdio: ['ignore', 'ignore', 'pipe'] });
    let [peakMiB, said] = [0, ''];
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      peakMiB = Math.max(peakMiB, peakOf(child.pid));
    });
    const look = setInterval(() => {
      peakMiB = Math.max(peakMiB, peakOf(child.pid));
    }, 50);
    const code = await new Promise<number | null>((resolve) => child.on('exit', resolve));
    clearInterval(look);
    if (code !== 0) throw new Error(`The command ended with ${code}: ${said}`);
    const { bars, playedInMs, performance } = JSON.parse(readFileSync(join(out, 'summary.json'), 'utf8'));
    return { days, bars, barsPerSecond: perSecond(bars, playedInMs), peakMiB, trades: performance.trades };
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}

/** Peak resident memory of a living process as the kernel counts it, MiB; 0 when it is gone. Linux. */
function peakOf(pid: number | undefined): number {
  try {
    return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1_024;
  } catch {
    return 0;
  }
}
