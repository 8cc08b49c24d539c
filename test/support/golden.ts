import { limitsFor, strategiesFor } from '../../infra/local/replay-world.ts';
import { instrumentsOf } from '../../shared/config/instruments.ts';
import type { ScanRecord } from '../../shared/contracts/decisions.ts';
import { type BacktestMinute, openBacktest } from '../../shared/engine/backtest/backtest.ts';
import { historyBefore } from '../../shared/engine/backtest/history-before.ts';
import { valuedIn } from '../../shared/engine/views/valued-account.ts';
import { BINANCE_SYMBOLS } from '../../shared/feeds/binance/binance-symbols.ts';
import type { DayBook } from '../../shared/feeds/replay/day-book.ts';
import { klineReplaySource, type RecordedKlinesData } from '../../shared/feeds/replay/kline-replay-source.ts';
import { recordedContractsNear } from '../../shared/feeds/replay/recorded-contracts.ts';
import { type CoinBars, describeData } from '../../shared/feeds/replay/recorded-data.ts';
import { openDayBook } from '../../shared/feeds/replay/recorded-days.ts';
import { marketsOf } from '../../shared/feeds/replay/recorded-klines.ts';
import { asPlayed, everyRecordedMinute } from '../../shared/feeds/replay/recorded-minutes.ts';
import type { RecordedContracts } from '../../shared/feeds/replay/recorded-perpetuals.ts';
import { type RecordedRates, recordedRates } from '../../shared/feeds/replay/recorded-rates.ts';
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
  readonly symbols: string;
  readonly from: string;
  readonly to: string;
  readonly seed: string;
  readonly capital: string;
  /** The strategy's timeframes: its settings are those of the code. */
  readonly timeframes: string;
  readonly decisions: number;
  readonly trades: number;
  readonly equity: string;
  /** Over all decisions and all events of orders, in their order; the digest of the settings is left out of it. */
  readonly hash: string;
}

/** A period to be played, and by whom. */
export interface GoldenPeriod {
  /** Where its bars are among the recorded data. */
  readonly folder: string;
  readonly files: RegExp;
  readonly from: string;
  readonly to: string;
  readonly strategies: readonly StrategyName[];
  readonly coinBars?: CoinBars;
  /** Whether the contracts that lie beside the bars are read along. */
  readonly hasContracts?: boolean;
  /** How old a chain may be for options. */
  readonly chainAgeSeconds?: number;
}

/** The files of a period; none where the data is absent. */
export const goldenFiles = ({ folder, files }: Pick<GoldenPeriod, 'folder' | 'files'>): readonly string[] => recordedFiles(folder, files);

const SYMBOLS = new Map([...BINANCE_SYMBOLS, ...instrumentsOf('NSE').map(({ symbol }) => [symbol, symbol] as const)]);

/** Plays the period once for each of its strategies; the bars are read once. */
export async function goldenRuns(period: GoldenPeriod): Promise<readonly Golden[]> {
  const paths = goldenFiles(period);
  const data = await describeData(paths, SYMBOLS, period.coinBars);
  if (data.kind !== 'klines') throw new Error(`expected klines, received ${data.kind}`);
  const [startMs, endMs] = [Date.parse(period.from), Date.parse(period.to)];
  const source = klineReplaySource({ clock: createSteppedClock(startMs), data, untilMs: endMs });
  const history = await historyBefore(source, startMs, HISTORY_DAYS);
  const minutes: BacktestMinute[] = [];
  const range = { fromMs: startMs, toMs: endMs };
  for await (const run of asPlayed(data.series, everyRecordedMinute(data.series, range))) minutes.push(...run);
  const read = { startMs, history, minutes, rates: await recordedRates(data.series) };
  const runs: Golden[] = [];
  for (const strategy of period.strategies) {
    const days = await openDayBook(data.series, startMs);
    const contracts = period.hasContracts === true ? await recordedContractsNear(paths, SYMBOLS, data) : null;
    runs.push(await run(period, data, strategy, { ...read, days, contracts }));
    await contracts?.close();
  }
  return runs;
}

interface Read {
  readonly startMs: number;
  readonly history: Awaited<ReturnType<typeof historyBefore>>;
  readonly minutes: readonly BacktestMinute[];
  readonly rates: RecordedRates;
  readonly days: DayBook;
  readonly contracts: RecordedContracts | null;
}

async function run(
  { from, to, chainAgeSeconds }: GoldenPeriod,
  { symbols, series }: RecordedKlinesData,
  strategy: StrategyName,
  { startMs, history, minutes, rates, days, contracts }: Read,
): Promise<Golden> {
  const [seed, capital] = ['1', '100000'];
  let [hash, decisions, trades] = ['', 0, 0];
  const chain = (line: string): void => {
    hash = digestOfText(`${hash}\n${line.replaceAll(/"configVersion":"\w*",?/g, '')}`);
  };
  // Recorded prices leave an arbitrage nothing: that it looked, and what at, is all that it did.
  const looked = ({ quiet }: ScanRecord): void => {
    if (strategy === 'fo_arbitrage') chain(canonicalJson(quiet));
  };
  const backtest = openBacktest(
    {
      world: { scope: 'golden', evidence: 'replay', markets: marketsOf(series) },
      settings: { marketMode: 'switch', seed, configVersion: 'golden' },
      request: { startingCapital: decimal(capital), strategies: [strategy], riskLimits: limitsFor(chainAgeSeconds ?? null) },
      startMs,
      history,
      source: 'golden',
      rates,
      dailies: days.closes,
      ...(contracts === null ? {} : { chains: contracts }),
      strategyOf: strategiesFor(chainAgeSeconds ?? null),
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
        looked(scan);
      },
      quietScan: looked,
    },
  );
  for (const minute of minutes) {
    await contracts?.advance(minute.openMs);
    backtest.play(minute);
    days.note(minute.bars);
  }
  backtest.end();
  const { equity } = valuedIn(backtest.account(), backtest.view());
  const timeframes = (strategyByName(strategy)?.timeframes ?? []).join(' ');
  return { strategy, symbols: symbols.join(' '), from, to, seed, capital, timeframes, decisions, trades, equity: text(equity), hash };
}
