import { performance } from 'node:perf_hooks';
import type { DayReport } from '../../../shared/contracts/journal.ts';
import type { AccountPerformance } from '../../../shared/contracts/v8/performance.ts';
import { openBacktest } from '../../../shared/engine/backtest/backtest.ts';
import type { BacktestListener } from '../../../shared/engine/backtest/books.ts';
import { historyBefore } from '../../../shared/engine/backtest/history-before.ts';
import { verifyRun } from '../../../shared/engine/backtest/verify-run.ts';
import type { Settings } from '../../../shared/engine/context.ts';
import type { Verification } from '../../../shared/engine/verify-ledger.ts';
import { type ClosedTrade, performanceOf } from '../../../shared/engine/views/performance.ts';
import { valuedIn } from '../../../shared/engine/views/valued-account.ts';
import { klineReplaySource, type RecordedKlinesData, type ReplayBounds } from '../../../shared/feeds/replay/kline-replay-source.ts';
import { openDayBook } from '../../../shared/feeds/replay/recorded-days.ts';
import { asPlayed, everyRecordedMinute, type RefusedRows } from '../../../shared/feeds/replay/recorded-minutes.ts';
import type { RecordedContracts } from '../../../shared/feeds/replay/recorded-perpetuals.ts';
import { recordedRates } from '../../../shared/feeds/replay/recorded-rates.ts';
import { createSteppedClock } from '../../../shared/kernel/clock-stepped.ts';
import { type Decimal, text } from '../../../shared/kernel/decimal.ts';
import type { Log } from '../../../shared/kernel/log.ts';
import { DAY_MS } from '../../../shared/kernel/time.ts';
import type { ModelSet } from '../../../shared/ml/model-set.ts';
import type { StrategyName } from '../../../shared/strategies/strategy.ts';
import { HISTORY_DAYS } from '../defaults.ts';
import { configVersionFor, limitsFor, replayWorld, strategiesFor } from '../replay-world.ts';
import { createRunFiles } from './run-files.ts';

export interface BacktestRequest {
  readonly data: RecordedKlinesData;
  /** Futures recorded beside the bars; null where there are none. */
  readonly contracts: RecordedContracts | null;
  readonly bounds: ReplayBounds;
  /** Rupees a dollar throughout; null for the rates that lie near bars of shares. */
  readonly usdInr: number | null;
  /** How old a chain may be for options to be traded at it, seconds; null for the strategy's own limit. */
  readonly chainAgeSeconds: number | null;
  readonly strategies: readonly StrategyName[];
  readonly seed: string;
  readonly capital: Decimal;
  readonly marketMode: Settings['marketMode'];
  /** Where its files go. */
  readonly folder: string;
  /** Hears how many days have been played. */
  readonly onDay: (days: number) => void;
  readonly model: ModelSet;
  readonly log: Log;
}

/** What a run came to. */
export interface BacktestResult {
  readonly sessionId: string;
  readonly scope: string;
  readonly configVersion: string;
  /** Bars that were played, without the warm-up. */
  readonly bars: number;
  /** Bars that the data lacks. */
  readonly missingBars: number;
  /** Rows of the data that cannot be true, by reason. */
  readonly refusedRows: RefusedRows;
  readonly scans: number;
  /** Opportunities by what became of them: `taken`, or the reason of their refusal. */
  readonly decisions: Readonly<Record<string, number>>;
  /** Closed trades by what closed them. */
  readonly exits: Readonly<Record<string, number>>;
  readonly openPositions: number;
  /** Cash and what is open at the last price, base currency. */
  readonly equity: string;
  readonly performance: AccountPerformance;
  readonly books: Verification;
  /** SHA-256 of the file of decisions. */
  readonly decisionsHash: string;
  /** Wall time of the play, of reading the data included and of the warm-up and the verification not, ms. */
  readonly playedInMs: number;
}

/** Plays recorded bars through the engine, keeps what comes of it as lines, and verifies the books from those. */
export async function runBacktest(request: BacktestRequest): Promise<BacktestResult> {
  const { data, contracts, bounds, usdInr, chainAgeSeconds, seed, marketMode, log } = request;
  const { startMs, endMs } = bounds;
  const configVersion = configVersionFor(chainAgeSeconds);
  const { series } = data;
  const source = klineReplaySource({ clock: createSteppedClock(startMs), data, untilMs: endMs });
  const dayBook = await openDayBook(series, startMs);
  const world = replayWorld(data, startMs, usdInr);
  const files = createRunFiles(request.folder);
  const tally = createTally();
  const backtest = openBacktest(
    {
      world,
      settings: { marketMode, seed, configVersion },
      request: { startingCapital: request.capital, strategies: request.strategies, riskLimits: limitsFor(chainAgeSeconds) },
      startMs,
      history: await historyBefore(source, startMs, HISTORY_DAYS),
      source: source.name,
      rates: await recordedRates(series, usdInr),
      dailies: dayBook.closes,
      ...(contracts === null ? {} : { chains: contracts }),
      strategyOf: strategiesFor(chainAgeSeconds),
      model: request.model,
      log,
    },
    both(files.listener, tally.listener),
  );
  const began = performance.now();
  let [bars, missingBars, days] = [0, 0, 0];
  let refusedRows: RefusedRows = {};
  const minutes = everyRecordedMinute(series, { fromMs: startMs, toMs: endMs }, (rows) => {
    refusedRows = rows;
  });
  for await (const run of asPlayed(series, minutes)) {
    for (const minute of run) {
      if (contracts !== null) await contracts.advance(minute.openMs);
      backtest.play(minute);
      dayBook.note(minute.bars);
      for (const { origin } of minute.bars) origin === 'missing' ? missingBars++ : bars++;
      const day = Math.floor((minute.openMs - startMs) / DAY_MS);
      if (day > days) request.onDay(day);
      days = day;
    }
  }
  await contracts?.advance(endMs);
  backtest.end();
  await contracts?.close();
  const playedInMs = performance.now() - began;
  const { decisionsHash } = files.close();
  const account = backtest.account();
  const valued = valuedIn(account, backtest.view());
  return {
    sessionId: account.sessionId,
    scope: world.scope,
    configVersion,
    bars,
    missingBars,
    refusedRows,
    scans: backtest.scans(),
    ...tally.counts(),
    openPositions: account.positions.size,
    equity: text(valued.equity),
    performance: performanceOf(valued, tally.closed()),
    books: await verifyRun({ rows: files.rows(), trades: files.trades(), account }),
    decisionsHash,
    playedInMs,
  };
}

const both = (one: BacktestListener, other: BacktestListener): BacktestListener => ({
  row: (row) => {
    one.row(row);
    other.row(row);
  },
  trade: (trade) => {
    one.trade(trade);
    other.trade(trade);
  },
  scan: (scan) => {
    one.scan(scan);
    other.scan(scan);
  },
});

/** Counts what happens, and keeps of closed trades and days what the statistics need. */
function createTally(): {
  readonly listener: BacktestListener;
  readonly counts: () => Pick<BacktestResult, 'decisions' | 'exits'>;
  readonly closed: () => { readonly trades: readonly ClosedTrade[]; readonly reports: readonly DayReport[] };
} {
  const trades: ClosedTrade[] = [];
  const reports: DayReport[] = [];
  const decisions: Record<string, number> = {};
  const exits: Record<string, number> = {};
  const count = (counts: Record<string, number>, name: string): void => {
    counts[name] = (counts[name] ?? 0) + 1;
  };
  return {
    listener: {
      row: ({ event }) => {
        if (event.type === 'day-closed') reports.push(event.report);
      },
      trade: ({ realised, rMultiple, openedMs, closedMs, evidence, strategy, market, closedWhy, odds }) => {
        const told = odds === undefined ? {} : { odds };
        trades.push({ realised, rMultiple, openedMs, closedMs, evidence, strategy, market, closedWhy, ...told });
        count(exits, closedWhy);
      },
      scan: (scan) => {
        for (const { reason } of scan.decisions) count(decisions, reason);
      },
    },
    counts: () => ({ decisions, exits }),
    closed: () => ({ trades, reports }),
  };
}
