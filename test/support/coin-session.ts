import type { ScanRecord } from '../../shared/contracts/decisions.ts';
import type { JournalRow } from '../../shared/contracts/journal.ts';
import { openBacktest } from '../../shared/engine/backtest/backtest.ts';
import type { ChainSource } from '../../shared/engine/ports.ts';
import { assumedUsdtRate } from '../../shared/feeds/rates/rates.ts';
import { decimal } from '../../shared/kernel/decimal.ts';
import type { EpochMs } from '../../shared/kernel/time.ts';
import type { Account } from '../../shared/ledger/account.ts';
import type { Bar } from '../../shared/market/price.ts';
import type { StrategyName } from '../../shared/strategies/strategy.ts';

/** A session of one strategy over the bars of BTC and what is quoted on it. */
export interface CoinSession {
  readonly strategy: StrategyName;
  /** Those before the start are its history. */
  readonly bars: readonly Bar[];
  readonly chains: ChainSource;
  readonly startMs: EpochMs;
  readonly untilMs: EpochMs;
}

export interface PlayedSession {
  readonly rows: readonly JournalRow[];
  /** Of every minute, also where nothing was found. */
  readonly scans: readonly ScanRecord[];
  readonly account: Account;
}

/** Plays it by the engine of the live system. */
export function playCoin({ strategy, bars, chains, startMs, untilMs }: CoinSession): PlayedSession {
  const rows: JournalRow[] = [];
  const scans: ScanRecord[] = [];
  const hear = (scan: ScanRecord): void => void scans.push(scan);
  const backtest = openBacktest(
    {
      world: { scope: 'test', evidence: 'simulated', markets: ['CRYPTO'] },
      settings: { marketMode: 'both', seed: 'seed', configVersion: 'test' },
      request: { startingCapital: decimal('100000'), strategies: [strategy], riskLimits: {} },
      startMs,
      history: { bars: new Map([['BTC', bars.filter(({ openMs }) => openMs < startMs)]]), days: new Map() },
      source: 'test',
      rates: (nowMs) => [assumedUsdtRate(nowMs)],
      chains,
      log: () => undefined,
    },
    { row: (row) => void rows.push(row), scan: hear, quietScan: hear, trade: () => {} },
  );
  for (const bar of bars) if (bar.openMs >= startMs && bar.openMs < untilMs) backtest.play({ openMs: bar.openMs, bars: [bar] });
  backtest.end();
  return { rows, scans, account: backtest.account() };
}
