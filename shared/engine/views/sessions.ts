import type { SessionsAnswer } from '../../contracts/v8/sessions.ts';
import { text, toNumber } from '../../kernel/decimal.ts';
import { iso } from '../../kernel/time.ts';
import type { Account } from '../../ledger/account.ts';
import type { EngineContext } from '../context.ts';
import { isoOrNull } from './instants.ts';

/** All sessions, newest first. */
export async function sessions(context: EngineContext): Promise<SessionsAnswer> {
  const accounts: SessionsAnswer['sessions'] = [];
  for (const { sessionId } of await context.ledger.sessions()) {
    const account = await context.accounts.current(sessionId);
    if (account !== null) accounts.push(sessionAnswer(account));
  }
  return { sessions: accounts, timestamp: iso(context.clock.now()) };
}

function sessionAnswer(account: Account): SessionsAnswer['sessions'][number] {
  const { sessionId, status, evidence, scope } = account;
  return {
    sessionId,
    status,
    startTime: iso(account.startedMs),
    endTime: isoOrNull(account.stoppedMs),
    startingCapital: toNumber(account.startingCapital),
    evidence,
    scope,
    strategies: [...account.strategies],
    tradesExecuted: account.totals.trades,
    openPositions: account.positions.size,
    realisedPnL: text(account.totals.realised),
  };
}
