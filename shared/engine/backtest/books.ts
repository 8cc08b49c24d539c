import type { ScanRecord } from '../../contracts/decisions.ts';
import type { Trade } from '../../contracts/fill.ts';
import type { JournalRow } from '../../contracts/journal.ts';
import type { Account } from '../../ledger/account.ts';
import { type Committed, decidedOn } from '../commit.ts';
import type { freshBooks } from '../sessions.ts';
import type { CommitStep } from '../steps.ts';

/** Hears what a backtest books and decides, in order. */
export interface BacktestListener {
  readonly row: (row: JournalRow) => void;
  readonly trade: (trade: Trade) => void;
  /** A scan in which something was found. */
  readonly scan: (scan: ScanRecord) => void;
  /** One in which nothing was, as in most minutes: where nobody hears of them nothing is written of them. */
  readonly quietScan?: (scan: ScanRecord) => void;
}

/** The books of a backtest's session: nobody else writes them, so that every commit is made at once and from the newest account. */
export interface Books {
  readonly account: () => Account;
  readonly commit: (step: CommitStep) => Committed;
}

/** Opens books with the first row of a journal. `onChange` hears of every account that a commit makes. */
export function openBooks(fresh: ReturnType<typeof freshBooks>, listener: BacktestListener, onChange: (account: Account) => void): Books {
  let { account } = fresh;
  listener.row(fresh.row);
  return {
    account: () => account,
    commit: ({ decide }) => {
      const made = decidedOn(account, decide);
      if (made.kind === 'nothing') return made;
      const { draft } = made.decided;
      account = draft.account();
      for (const row of draft.rows) listener.row(row);
      for (const trade of draft.trades) listener.trade(trade);
      onChange(account);
      return { kind: 'committed', account, decided: made.decided };
    },
  };
}
