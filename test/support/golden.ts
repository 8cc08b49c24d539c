import { type BacktestMinute, openBacktest } from '../../shared/engine/backtest/backtest.ts';
import { historyBefore } from '../../shared/engine/backtest/history-before.ts';
import { valuedIn } from '../../shared/engine/views/valued-account.ts';
import { BINANCE_SYMBOLS } from '../../shared/feeds/binance/binance-symbols.ts';
import { assumedUsdtRate } from '../../shared/feeds/rates/rates.ts';
import { klineReplaySource, type RecordedKlinesData } from '../../shared/feeds/replay/kline-replay-source.ts';
import { describeData } from '../../shared/feeds/replay/recorded-data.ts';
import { everyRecordedMinute } from '../../shared/feeds/replay/recorded-minutes.ts';
import { canonicalJson } from '../../shared/kernel/canonical-json.ts';
import { createSteppedClock } from '../../shared/kernel/clock-stepped.ts';
import { decimal, text } from '../../shared/kernel/decimal.ts';
import { digestOfText } from '../../shared/kernel/digest.ts';
import { strategyByName } from '../../shared/strategies/registry.ts';
import type { StrategyName } from '../../shared/strategies/strategy.ts';
import { recordedFiles } from './recorded-data.ts';

const HISTORY_DAYS = 40;

/** What a strategy did over a recorded period. A value that has changed must be explained where it is written anew. */
export interface Golden {
  readonly strategy: StrategyName;
  readonly symbols: readonly string[];
  readonly from: string;
  readonly to: string;
  readonly seed: string;
  readonly capital: string;
  /** The strategy's timeframes: its settings are those of the code. */
  readonly timeframes: readonly string[];
  readonly decisions: number;
  readonly trades: number;
  readonly equity: string;
  /** Over all decisions and all events of orders, in their order; the digest of the settings is left out of it. */
  readonly hash: string;
}

/** A period to be played, and by whom. */
export interface GoldenPeriod {
  readonly symbols: readonly string[];
  readonly from: string;
  readonly to: string;
  readonly strategies: readonly StrategyName[];
}

/** Files of one-minute klines of 2023 of the symbols; fewer where they are not here. */
export const goldenFiles = (symbols: readonly string[]): readonly string[] =>
  recordedFiles('binance-klines', new RegExp(`^(?:${symbols.join('|')})USDT-1m-2023\\.csv\\.gz$`));

/** Plays the period once for each of its strategies; the data is read once. */
export async function goldenRuns(period: GoldenPeriod): Promise<readonly Golden[]> {
  const data = await describeData(goldenFiles(period.symbols), BINANCE_SYMBOLS);
  if (data.kind !== 'klines') throw new Error(`expected klines, received ${data.kind}`);
  const [startMs, endMs] = [Date.parse(period.from), Date.parse(period.to)];
  const source = klineReplaySource({ clock: createSteppedClock(startMs), data, untilMs: endMs });
  const history = await historyBefore(source, startMs, HISTORY_DAYS);
  const minutes: BacktestMinute[] = [];
  for await (const minute of everyRecordedMinute(data.series, { fromMs: startMs, toMs: endMs })) minutes.push(minute);
  return period.strategies.map((strategy) => run(period, data, strategy, { startMs, history, minutes }));
}

interface Read {
  readonly startMs: number;
  readonly history: Awaited<ReturnType<typeof historyBefore>>;
  readonly minutes: readonly BacktestMinute[];
}

function run({ from, to }: GoldenPeriod, { symbols }: RecordedKlinesData, strategy: StrategyName, { startMs, history, minutes }: Read): Golden {
  const [seed, capital] = ['1', '100000'];
  let [hash, decisions, trades] = ['', 0, 0];
  const chain = (line: string): void => {
    hash = digestOfText(`${hash}\n${line.replaceAll(/"configVersion":"\w*",?/g, '')}`);
  };
  const backtest = openBacktest(
    {
      world: { scope: 'golden', evidence: 'replay', markets: ['CRYPTO'] },
      settings: { marketMode: 'switch', seed, configVersion: 'golden' },
      request: { startingCapital: decimal(capital), strategies: [strategy], riskLimits: {} },
      startMs,
      history,
      source: 'golden',
      rates: (nowMs) => [assumedUsdtRate(nowMs)],
      log: () => undefined,
    },
    {
      row: ({ event }) => {
        if (event.type !== 'session-started') chain(canonicalJson(event));
      },
      trade: () => {
        trades += 1;
      },
      scan: (scan) => {
        decisions += scan.decisions.length;
        for (const decision of scan.decisions) chain(canonicalJson(decision));
      },
    },
  );
  for (const minute of minutes) backtest.play(minute);
  backtest.end();
  const { equity } = valuedIn(backtest.account(), backtest.view());
  const timeframes = strategyByName(strategy)?.timeframes ?? [];
  return { strategy, symbols, from, to, seed, capital, timeframes, decisions, trades, equity: text(equity), hash };
}
