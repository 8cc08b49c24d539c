import type { Trade } from '../../contracts/fill.ts';
import type { JournalRow } from '../../contracts/journal.ts';
import { wire } from '../../kernel/canonical-json.ts';
import { text, ZERO } from '../../kernel/decimal.ts';
import { digest } from '../../kernel/digest.ts';
import { messageOf } from '../../kernel/errors.ts';
import type { Account } from '../../ledger/account.ts';
import { GENESIS_HASH } from '../../ledger/apply.ts';
import { compareAccounts, createRebuild, type Difference, type Verification } from '../verify-ledger.ts';

/** The books of a run as they were kept: its journal and its trades in order, and the account that it ended with. */
export interface KeptRun {
  readonly rows: AsyncIterable<JournalRow>;
  readonly trades: AsyncIterable<Trade>;
  readonly account: Account;
}

/**
 * What `verifyLedger` does for a session in a store, for a run that was kept as lines: rebuilds the account from the journal and
 * compares it and every trade with what was kept. Streaming: one row and one trade are in memory.
 */
export async function verifyRun({ rows, trades, account }: KeptRun): Promise<Verification> {
  const differences: Difference[] = [];
  const rebuild = createRebuild(differences);
  const kept = trades[Symbol.asyncIterator]();
  let count = 0;
  const compareTrade = (stored: Trade | null, rebuilt: Trade | null): void => {
    if (digest(stored) !== digest(rebuilt)) differences.push({ what: `trade ${count}`, stored: wire(stored), rebuilt: wire(rebuilt) });
  };
  const nextKept = async (): Promise<Trade | null> => {
    const next = await kept.next();
    return next.done === true ? null : next.value;
  };
  try {
    for await (const row of rows) {
      const { trade } = rebuild.add(row);
      if (trade === null) continue;
      count += 1;
      compareTrade(await nextKept(), trade);
    }
    const surplus = await nextKept();
    if (surplus !== null) compareTrade(surplus, null);
  } catch (error) {
    differences.push({ what: 'journal', stored: null, rebuilt: messageOf(error) });
  }
  const rebuilt = rebuild.account();
  compareAccounts(account, rebuilt, differences);
  return {
    sessionId: account.sessionId,
    isSound: differences.length === 0 && rebuilt !== null,
    rows: rebuilt?.seq ?? 0,
    fills: rebuild.fills(),
    trades: count,
    cash: text(rebuilt?.cash ?? ZERO),
    journalHash: rebuilt?.hash ?? GENESIS_HASH,
    differences,
  };
}
