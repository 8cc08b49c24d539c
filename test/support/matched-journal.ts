import { NSE_CALENDAR } from '../../shared/config/nse-calendar.ts';
import type { Fill } from '../../shared/contracts/fill.ts';
import type { JournalRow } from '../../shared/contracts/journal.ts';
import { decideMatch } from '../../shared/engine/decide-match.ts';
import type { MatchCommand } from '../../shared/engine/fill-inputs.ts';
import type { Commit } from '../../shared/engine/ports.ts';
import type { Account } from '../../shared/ledger/account.ts';
import { apply, journalRow } from '../../shared/ledger/apply.ts';
import { tradeOf } from '../../shared/ledger/trade.ts';
import { marketPhase } from '../../shared/market/calendar.ts';
import { type ViewSketch, viewOfSketch } from './engine-fixtures.ts';
import { happen, sessionStarted } from './ledger-fixtures.ts';

type Look = Partial<MatchCommand> & Pick<MatchCommand, 'orderId'>;

/** A session's journal in the making, whose fills are the matcher's own. */
export interface MatchedJournal {
  readonly rows: readonly JournalRow[];
  readonly account: () => Account;
  readonly happen: (commandId: string, events: Parameters<typeof happen>[2]) => void;
  /** Lets the matcher look at an order, at the hours that the calendar says. @returns the fills; null when nothing comes of it */
  readonly look: (sketch: ViewSketch, command: Look) => readonly Fill[] | null;
  /** The same where something must come of it. @throws Error when nothing does */
  readonly match: (sketch: ViewSketch, command: Look) => readonly Fill[];
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
  const look: MatchedJournal['look'] = (sketch, command) => {
    const sketched = viewOfSketch(sketch);
    const view = { ...sketched, phase: (market: 'NSE' | 'CRYPTO') => marketPhase(NSE_CALENDAR, market, sketched.nowMs) };
    const draft = decideMatch(now(), view, { tick: null, extreme: null, queueAhead: null, configVersion: 'test', ...command });
    if (draft === null) return null;
    rows.push(...draft.rows);
    account = draft.account();
    return draft.rows.flatMap(({ event }) => (event.type === 'filled' ? [event.fill] : []));
  };
  return {
    rows,
    account: now,
    happen: happens,
    look,
    match: (sketch, command) => {
      const fills = look(sketch, command);
      if (fills === null) throw new Error(`Nothing comes of ${command.orderId}`);
      return fills;
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

/** A journal as the commits that bring it into a store. */
export function commitsOf(rows: readonly JournalRow[]): readonly Commit[] {
  const commits: Commit[] = [];
  let account: Account | null = null;
  for (const [commandId, written] of Map.groupBy(rows, (row) => row.commandId)) {
    const before: Account | null = account;
    const trades = written.flatMap((row) => {
      const trade = tradeOf(account, row);
      account = apply(account, row);
      return trade === null ? [] : [trade];
    });
    const after = account as Account | null;
    if (after === null) throw new Error('A journal begins with session-started');
    const receipt = { id: commandId, bodyDigest: null, seq: after.seq, outcome: null };
    commits.push({ before, after, rows: written, trades, receipt, scan: null, fence: null });
  }
  return commits;
}
