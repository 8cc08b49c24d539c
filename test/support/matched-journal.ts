import { NSE_CALENDAR } from '../../shared/config/nse-calendar.ts';
import type { Fill } from '../../shared/contracts/fill.ts';
import type { JournalRow } from '../../shared/contracts/journal.ts';
import { decideMatch } from '../../shared/engine/decide-match.ts';
import type { MatchCommand } from '../../shared/engine/fill-inputs.ts';
import type { Account } from '../../shared/ledger/account.ts';
import { apply, journalRow } from '../../shared/ledger/apply.ts';
import { marketPhase } from '../../shared/market/calendar.ts';
import { type ViewSketch, viewOfSketch } from './engine-fixtures.ts';
import { happen, sessionStarted } from './ledger-fixtures.ts';

/** A session's journal in the making, whose fills are the matcher's own. */
export interface MatchedJournal {
  readonly rows: readonly JournalRow[];
  readonly account: () => Account;
  readonly happen: (commandId: string, events: Parameters<typeof happen>[2]) => void;
  /** Lets the matcher look at an order, at the hours that the calendar says. @returns the fills @throws Error when nothing comes of it */
  readonly match: (sketch: ViewSketch, command: Partial<MatchCommand> & Pick<MatchCommand, 'orderId'>) => readonly Fill[];
}

export function matchedJournal(): MatchedJournal {
  const rows: JournalRow[] = [];
  let account: Account | null = null;
  const now = (): Account => {
    if (account === null) throw new Error('The session has not started');
    return account;
  };
  const happens: MatchedJournal['happen'] = (commandId, events) => {
    const result = happen(account, commandId, events);
    rows.push(...result.rows);
    account = result.after;
  };
  happens('start', [sessionStarted('session')]);
  return {
    rows,
    account: now,
    happen: happens,
    match: (sketch, command) => {
      const sketched = viewOfSketch(sketch);
      const view = { ...sketched, phase: (market: 'NSE' | 'CRYPTO') => marketPhase(NSE_CALENDAR, market, sketched.nowMs) };
      const draft = decideMatch(now(), view, { tick: null, extreme: null, queueAhead: null, configVersion: 'test', ...command });
      if (draft === null) throw new Error(`Nothing comes of ${command.orderId}`);
      rows.push(...draft.rows);
      account = draft.account();
      return draft.rows.flatMap(({ event }) => (event.type === 'filled' ? [event.fill] : []));
    },
  };
}

/** The journal with one row's event changed, and all hashes after it those of a forger who knows how they are made. */
export function forged(rows: readonly JournalRow[], seq: number, change: (event: JournalRow['event']) => JournalRow['event']): readonly JournalRow[] {
  let account: Account | null = null;
  return rows.map((row) => {
    const made = journalRow(account, row.commandId, row.seq === seq ? change(row.event) : row.event);
    account = apply(account, made);
    return made;
  });
}
