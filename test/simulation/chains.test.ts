import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ScanRecord } from '../../shared/contracts/decisions.ts';
import type { JournalRow } from '../../shared/contracts/journal.ts';
import { openBacktest } from '../../shared/engine/backtest/backtest.ts';
import { historyBefore } from '../../shared/engine/backtest/history-before.ts';
import { startSession } from '../../shared/engine/sessions.ts';
import { verifyLedger } from '../../shared/engine/verify-ledger.ts';
import { BINANCE_SYMBOLS } from '../../shared/feeds/binance/binance-symbols.ts';
import { assumedUsdtRate } from '../../shared/feeds/rates/rates.ts';
import { klineReplaySource, type RecordedKlinesData } from '../../shared/feeds/replay/kline-replay-source.ts';
import { playedWith, recordedContractsNear } from '../../shared/feeds/replay/recorded-contracts.ts';
import { describeData } from '../../shared/feeds/replay/recorded-data.ts';
import { everyRecordedMinute } from '../../shared/feeds/replay/recorded-minutes.ts';
import type { RecordedContracts } from '../../shared/feeds/replay/recorded-perpetuals.ts';
import { createSteppedClock } from '../../shared/kernel/clock-stepped.ts';
import { decimal } from '../../shared/kernel/decimal.ts';
import { digest } from '../../shared/kernel/digest.ts';
import { type EpochMs, HOUR_MS, iso, MINUTE_MS, SECOND_MS } from '../../shared/kernel/time.ts';
import type { Candle } from '../../shared/market/price.ts';
import { strategyByName } from '../../shared/strategies/registry.ts';
import type { Strategy, StrategyName } from '../../shared/strategies/strategy.ts';
import { createRows, openWorld } from '../support/engine-world.ts';
import { writeGeneratedChain } from '../support/generated-chains.ts';
import { testFolder } from '../support/history-fixtures.ts';
import { walk } from '../support/series.ts';

const REQUEST = { startingCapital: decimal('1000000'), strategies: ['fo_arbitrage'] as const, riskLimits: {} };
const HISTORY_DAYS = 1;
const START = Date.parse('2026-11-02T15:30:00Z');
const SPAN = { startMs: START, untilMs: START + 1.25 * HOUR_MS };
/** Chains come as they were recorded: some seconds into a minute, and long after the one before has ceased to stand. */
const CHAINS = [START + 5 * MINUTE_MS + 41_500, START + HOUR_MS + 5 * MINUTE_MS + 47_000] as const;
const PRICE = 80_000;

interface Recorded {
  readonly folder: string;
  readonly data: RecordedKlinesData;
}

/** Bars of a coin, and what is written beside them. */
async function recorded(writeBeside: (folder: string, candles: ReturnType<typeof walk>) => void): Promise<Recorded> {
  const folder = testFolder();
  const candles = walk('chains', (SPAN.untilMs - SPAN.startMs) / MINUTE_MS + 60, { fromMs: START - HOUR_MS, price: PRICE, step: 0.0003 });
  writeBars(folder, 'BTCUSDT-1m-generated.csv', candles);
  writeBeside(folder, candles);
  const data = await describeData([folder], BINANCE_SYMBOLS);
  if (data.kind !== 'klines') throw new Error(`expected klines, received ${data.kind}`);
  return { folder, data };
}

const writeBars = (folder: string, name: string, bars: readonly Candle[]): void =>
  writeFileSync(
    join(folder, name),
    bars.map(({ openMs, open, high, low, close, volume }) => [openMs, open, high, low, close, volume].join(',')).join('\n'),
  );

/** A chain whose calls are too dear, and one an hour later in which parity holds again. */
const chainsBeside = (): Promise<Recorded> =>
  recorded((folder, candles) => {
    for (const [at, atMs] of CHAINS.entries()) {
      const spot = candles.findLast(({ openMs }) => openMs <= atMs - MINUTE_MS)?.close ?? PRICE;
      writeGeneratedChain(folder, { atMs, spot, expiries: ['2026-11-13'], iv: 0.5, dearCalls: at === 0 ? 0.03 : -0.01 });
    }
  });

/** Its perpetual, which pays a high funding until it asks for one half an hour after the start. */
const perpetualBeside = (): Promise<Recorded> =>
  recorded((folder, candles) => {
    const place = join(folder, 'binance-futures');
    mkdirSync(place);
    writeBars(place, 'BTCUSDT_PERP-1m-generated.csv', candles);
    const payments = [0.003, 0.003, -0.001].map((rate, at) => ({ rate, openMs: START + HOUR_MS / 2 + (at - 2) * 8 * HOUR_MS }));
    // Rates and opening marks stand in the first column.
    const first = (openMs: EpochMs, open: number): Candle => ({ openMs, open, high: 0, low: 0, close: 0, volume: 0 });
    writeBars(
      place,
      'BTCUSDT_PERP-8h-funding_rate-generated.csv',
      payments.map(({ openMs, rate }) => first(openMs, rate)),
    );
    writeBars(
      place,
      'BTCUSDT_PERP-8h-mark-generated.csv',
      payments.map(({ openMs }) => first(openMs, PRICE)),
    );
  });

type StrategyOf = (name: StrategyName) => Strategy;

/** The arbitrage as it is built, with a time after which it is left, whatever is quoted then. */
const leftAfter =
  (maxHoldingMs: number): StrategyOf =>
  (name) => {
    const built = strategyByName(name);
    return {
      ...built,
      evaluate: (view, base) => {
        const found = built.evaluate(view, base);
        return found.kind === 'structure' ? { ...found, maxHoldingMs } : found;
      },
    };
  };

const contractsOf = async (folder: string, data: RecordedKlinesData): Promise<RecordedContracts> => {
  const found = await recordedContractsNear([folder], BINANCE_SYMBOLS, data);
  if (found === null) throw new Error('the chains were not found');
  return found;
};

const told = (rows: readonly JournalRow[], scans: readonly ScanRecord[]) => ({
  rows: rows.map(({ seq, commandId, event, hash }) => `${seq} ${commandId} ${event.type} ${hash}`),
  scans: scans.map((scan) => `${scan.id} ${digest(scan)}`),
});

async function replayed({ folder, data }: Recorded, strategyOf: StrategyOf) {
  const rows = createRows();
  const chains = await contractsOf(folder, data);
  const world = await openWorld({
    rows,
    startMs: SPAN.startMs,
    historyDays: HISTORY_DAYS,
    source: (clock) => playedWith(klineReplaySource({ clock, data, untilMs: SPAN.untilMs }), chains, clock),
    chains,
    strategyOf,
  });
  await world.start();
  const { account } = await startSession(world.context, REQUEST, null);
  await world.clock.run(SPAN.untilMs + 30 * SECOND_MS);
  await world.stop();
  expect(world.failures).toEqual([]);
  expect((await verifyLedger(rows.ledger, account.sessionId)).isSound).toBe(true);
  const journal: JournalRow[] = [];
  for await (const row of rows.ledger.rows(account.sessionId, 0)) journal.push(row);
  return told(
    journal,
    world.scans.flatMap(({ scan }) => scan ?? []),
  );
}

async function backtested({ folder, data }: Recorded, strategyOf: StrategyOf) {
  const { startMs, untilMs } = SPAN;
  const source = klineReplaySource({ clock: createSteppedClock(startMs), data, untilMs });
  const chains = await contractsOf(folder, data);
  const rows: JournalRow[] = [];
  const scans: ScanRecord[] = [];
  const backtest = openBacktest(
    {
      world: { scope: 'test', evidence: 'simulated', markets: source.markets },
      settings: { marketMode: 'both', seed: 'seed', configVersion: 'test' },
      request: REQUEST,
      startMs,
      history: await historyBefore(source, startMs, HISTORY_DAYS),
      source: source.name,
      rates: (nowMs) => [assumedUsdtRate(nowMs)],
      chains,
      strategyOf,
      log: () => undefined,
    },
    { row: (row) => void rows.push(row), scan: (scan) => void scans.push(scan), quietScan: (scan) => void scans.push(scan), trade: () => {} },
  );
  for await (const minute of everyRecordedMinute(data.series, { fromMs: startMs, toMs: untilMs })) {
    await chains.advance(minute.openMs);
    backtest.play(minute);
  }
  await chains.advance(untilMs);
  backtest.end();
  await chains.close();
  const fills = rows.flatMap(({ event }) => (event.type === 'filled' ? [event.fill] : []));
  return { fills, types: new Set(rows.map(({ event }) => event.type)), told: told(rows, scans) };
}

const when = (atMs: EpochMs): string => iso(Math.floor(atMs / SECOND_MS) * SECOND_MS).slice(11, 19);

describe('chains that were recorded now and then', () => {
  it('are traded in a backtest as in a replay through feed, store and scheduler, hash for hash', async () => {
    const data = await chainsBeside();
    const { fills, told: hashes } = await backtested(data, strategyByName);
    expect(fills.map(({ purpose, exitReason }) => exitReason ?? purpose)).toEqual(['entry', 'entry', 'entry', 'target', 'target', 'target']);
    expect(hashes).toEqual(await replayed(data, strategyByName));
  });

  it('close what has waited for them in the second in which they come, in both', async () => {
    const data = await chainsBeside();
    const strategyOf = leftAfter(HOUR_MS / 2);
    const { fills, told: hashes } = await backtested(data, strategyOf);
    expect(hashes).toEqual(await replayed(data, strategyOf));
    expect(fills.slice(3).map(({ exitReason, atMs }) => `${exitReason} ${when(atMs)}`)).toEqual(Array(3).fill(`time ${when(CHAINS[1])}`));
  });
});

describe('a perpetual that was recorded beside its coin', () => {
  it('is traded and paid for in a backtest as in a replay, hash for hash', async () => {
    const data = await perpetualBeside();
    const { fills, types, told: hashes } = await backtested(data, strategyByName);
    expect(fills.map(({ symbol, side, exitReason }) => `${side} ${symbol} ${exitReason}`)).toEqual([
      'buy BTC null',
      'sell BTC-PERP null',
      'buy BTC-PERP converged',
      'sell BTC converged',
    ]);
    expect(types).toContain('funding-paid');
    expect(hashes).toEqual(await replayed(data, strategyByName));
  });
});
