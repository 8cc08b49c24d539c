import type { Trade } from '../contracts/fill.ts';
import type { JournalEvent, JournalRow } from '../contracts/journal.ts';
import type { Account } from '../ledger/account.ts';
import { apply, journalRow } from '../ledger/apply.ts';
import { tradeOf } from '../ledger/trade.ts';

/** A decision in the making: each event is applied at once, so that the next rule sees what the one before did. */
export interface Draft {
  /** The command that it carries out: committed at most once. */
  readonly commandId: string;
  readonly account: () => Account;
  readonly emit: (event: JournalEvent) => void;
  readonly rows: readonly JournalRow[];
  readonly trades: readonly Trade[];
}

/** A draft on an account under one command id. Its rows are uncommitted until a store has taken them. */
export function draftOn(before: Account, commandId: string): Draft {
  let account = before;
  const rows: JournalRow[] = [];
  const trades: Trade[] = [];
  return {
    commandId,
    account: () => account,
    emit: (event) => {
      const row = journalRow(account, commandId, event);
      const trade = tradeOf(account, row);
      if (trade !== null) trades.push(trade);
      account = apply(account, row);
      rows.push(row);
    },
    rows,
    trades,
  };
}
