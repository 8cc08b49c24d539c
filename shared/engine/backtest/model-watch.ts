import type { ScanRecord } from '../../contracts/decisions.ts';
import type { Trade } from '../../contracts/fill.ts';
import type { EpochMs } from '../../kernel/time.ts';
import type { Account } from '../../ledger/account.ts';
import type { StrategyName } from '../../strategies/strategy.ts';
import type { Model } from '../ports.ts';
import type { Steps } from '../steps.ts';
import { switchingOff, type WatchedModels, withMet } from '../watch-models.ts';
import type { BacktestListener } from './books.ts';

/** The watch over the models of a backtest: it hears what the live one reads from the store. */
export interface BacktestModelWatch {
  /** The listener, with the watch beside it. */
  readonly heard: BacktestListener;
  /** The minute's look: see `watchModels`. */
  readonly look: (account: Account, nowMs: EpochMs) => Steps<readonly StrategyName[]>;
}

export function watchInBacktest(model: Model, listener: BacktestListener): BacktestModelWatch {
  let watched: WatchedModels = {};
  let scans: ScanRecord[] = [];
  let trades: Trade[] = [];
  return {
    heard: {
      row: listener.row,
      scan: (scan) => {
        scans.unshift(scan);
        listener.scan(scan);
      },
      trade: (trade) => {
        trades.unshift(trade);
        listener.trade(trade);
      },
    },
    look: (account, nowMs) => {
      watched = withMet(account, model, watched, { scans, trades });
      scans = [];
      trades = [];
      return switchingOff(account, model, watched, nowMs);
    },
  };
}
