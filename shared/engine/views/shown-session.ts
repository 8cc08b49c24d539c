import { iso } from '../../kernel/time.ts';
import type { Account } from '../../ledger/account.ts';
import type { EngineContext } from '../context.ts';
import { EngineError } from '../errors.ts';

/** The session that an answer is about, if any, and in words why it is not an active one. */
export type ShownSession =
  | { readonly account: Account; readonly sessionId: string; readonly isActive: boolean; readonly reason: string | null }
  | { readonly account: null; readonly sessionId: null; readonly isActive: false; readonly reason: string };

/**
 * The session asked for by id; without one the active session, else the newest that has ended.
 * @throws EngineError `unknown_session`
 */
export async function shownSession(context: EngineContext, asked: string | undefined): Promise<ShownSession> {
  const active = await context.accounts.active();
  if (asked !== undefined && asked !== active?.sessionId) return shown(await knownAccount(context, asked), 'This is the session asked for');
  if (active !== null) return { account: active, sessionId: active.sessionId, isActive: true, reason: null };
  const last = await lastAccount(context);
  if (last !== null) return shown(last, 'No session is active; this is the last one');
  return { account: null, sessionId: null, isActive: false, reason: 'No session has been started yet' };
}

/** The account of the newest session, whatever its status; null before the first. */
export async function lastAccount(context: EngineContext): Promise<Account | null> {
  const [newest] = await context.ledger.sessions();
  return newest === undefined ? null : context.accounts.current(newest.sessionId);
}

async function knownAccount(context: EngineContext, sessionId: string): Promise<Account> {
  const account = await context.accounts.current(sessionId);
  if (account === null) throw new EngineError('unknown_session', `There is no session ${sessionId}`, { sessionId });
  return account;
}

function shown(account: Account, why: string): ShownSession {
  const ended = account.stoppedMs === null ? '' : `, it ended at ${iso(account.stoppedMs)}`;
  return { account, sessionId: account.sessionId, isActive: account.status !== 'stopped', reason: `${why}${ended}` };
}
