import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { JournalRow } from '../../shared/contracts/journal.ts';
import { BINANCE_SYMBOLS } from '../../shared/feeds/binance/binance-symbols.ts';
import type { RecordedKlinesData } from '../../shared/feeds/replay/kline-replay-source.ts';
import { recordedContractsNear } from '../../shared/feeds/replay/recorded-contracts.ts';
import { describeData } from '../../shared/feeds/replay/recorded-data.ts';
import type { RecordedContracts } from '../../shared/feeds/replay/recorded-perpetuals.ts';
import { decimal } from '../../shared/kernel/decimal.ts';
import { type EpochMs, HOUR_MS, iso, MINUTE_MS, SECOND_MS } from '../../shared/kernel/time.ts';
import type { Candle } from '../../shared/market/price.ts';
import { strategyByName } from '../../shared/strategies/registry.ts';
import type { Strategy, StrategyName } from '../../shared/strategies/strategy.ts';
import { writeGeneratedChain } from '../support/generated-chains.ts';
import { testFolder } from '../support/history-fixtures.ts';
import { backtested, type Run, replayed } from '../support/played-both-ways.ts';
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

const runOf = ({ folder, data }: Recorded, strategyOf: StrategyOf): Run => ({
  ...SPAN,
  data,
  historyDays: HISTORY_DAYS,
  request: REQUEST,
  contracts: () => contractsOf(folder, data),
  strategyOf,
});

const fillsIn = (rows: readonly JournalRow[]) => rows.flatMap(({ event }) => (event.type === 'filled' ? [event.fill] : []));
const when = (atMs: EpochMs): string => iso(Math.floor(atMs / SECOND_MS) * SECOND_MS).slice(11, 19);

describe('chains that were recorded now and then', () => {
  it('are traded in a backtest as in a replay through feed, store and scheduler, hash for hash', async () => {
    const run = runOf(await chainsBeside(), strategyByName);
    const { rows, told } = await backtested(run);
    expect(fillsIn(rows).map(({ purpose, exitReason }) => exitReason ?? purpose)).toEqual(['entry', 'entry', 'entry', 'target', 'target', 'target']);
    expect(told).toEqual((await replayed(run)).told);
  });

  it('close what has waited for them in the second in which they come, in both', async () => {
    const run = runOf(await chainsBeside(), leftAfter(HOUR_MS / 2));
    const { rows, told } = await backtested(run);
    expect(told).toEqual((await replayed(run)).told);
    expect(
      fillsIn(rows)
        .slice(3)
        .map(({ exitReason, atMs }) => `${exitReason} ${when(atMs)}`),
    ).toEqual(Array(3).fill(`time ${when(CHAINS[1])}`));
  });
});

describe('a perpetual that was recorded beside its coin', () => {
  it('is traded and paid for in a backtest as in a replay, hash for hash', async () => {
    const run = runOf(await perpetualBeside(), strategyByName);
    const { rows, told } = await backtested(run);
    expect(fillsIn(rows).map(({ symbol, side, exitReason }) => `${side} ${symbol} ${exitReason}`)).toEqual([
      'buy BTC null',
      'sell BTC-PERP null',
      'buy BTC-PERP converged',
      'sell BTC converged',
    ]);
    expect(rows.map(({ event }) => event.type)).toContain('funding-paid');
    expect(told).toEqual((await replayed(run)).told);
  });
});
