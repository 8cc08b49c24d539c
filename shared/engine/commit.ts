import type { ScanRecord } from '../contracts/decisions.ts';
import { messageOf } from '../kernel/errors.ts';
import type { Account } from '../ledger/account.ts';
import { tellCommitted } from './committed-lines.ts';
import type { EngineContext } from './context.ts';
import type { Draft } from './draft.ts';
import { EngineError } from './errors.ts';
import { type Commit, type Receipt, StoreError } from './ports.ts';

const ATTEMPTS = 8;
/**
 * A store that gives no answer takes a client's whole patience each time. Who asks is told that nobody knows, while there is
 * still time to tell: the same command may be asked again.
 */
const UNANSWERED_ATTEMPTS = 2;

/** Refusals after which the account must be read again: all others mean that nothing was written and nothing will be. */
const ASK_AGAIN: ReadonlySet<StoreError['code']> = new Set(['conflict', 'duplicate', 'unknown']);

/** What a decision wants committed. `outcome` is what the same command is answered when it comes again. */
export interface Decided {
  readonly draft: Draft;
  readonly bodyDigest?: string;
  /** Another id of the client's for the same command. */
  readonly alias?: string | null;
  readonly outcome?: unknown;
  readonly scan?: ScanRecord | null;
  readonly fence?: Commit['fence'];
}

/** How a command ended: committed now, nothing to commit, or found to have been committed before. */
export type Committed =
  | { readonly kind: 'committed'; readonly account: Account; readonly decided: Decided }
  | { readonly kind: 'nothing'; readonly account: Account; readonly decided: Decided | null }
  | { readonly kind: 'repeated'; readonly receipt: Receipt };

/**
 * The imperative shell of every change: load the account, decide, commit; when the account has moved on, decide again from
 * what it has become. A commit that got no answer is looked up by its receipt, never guessed.
 * @throws EngineError `contention` after eight lost races; StoreError when the store is unavailable, fences us off or cannot hold it,
 * and `unknown` when it gave no answer twice
 */
export async function commitDecision(context: EngineContext, sessionId: string, decide: (account: Account) => Decided | null): Promise<Committed> {
  let commandId = '';
  let unanswered = 0;
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const account = await context.accounts.current(sessionId);
    if (account === null) throw new EngineError('no_active_session', `There is no session ${sessionId}`, { sessionId });
    const decided = decidedOn(account, decide);
    if (decided.kind === 'nothing') return decided;
    commandId = decided.decided.draft.commandId;
    const result = await tryCommit(context, account, decided.decided);
    if (!(result instanceof StoreError)) return result;
    if (result.code === 'unknown') unanswered += 1;
    if (unanswered === UNANSWERED_ATTEMPTS) throw result;
  }
  throw new EngineError('contention', `Command ${commandId} lost ${ATTEMPTS} races in a row`, { sessionId, commandId });
}

/** What a decision makes of an account: something to commit, or nothing. A journal ends with `session-stopped`: who was late finds nothing to do. */
export function decidedOn(
  account: Account,
  decide: (account: Account) => Decided | null,
): Extract<Committed, { kind: 'nothing' }> | { readonly kind: 'decided'; readonly decided: Decided } {
  if (account.status === 'stopped') return { kind: 'nothing', account, decided: null };
  const decided = decide(account);
  return decided === null || decided.draft.rows.length === 0 ? { kind: 'nothing', account, decided } : { kind: 'decided', decided };
}

/** Why the decision must be made again, where it must. */
async function tryCommit(context: EngineContext, before: Account, decided: Decided): Promise<Committed | StoreError> {
  const { commandId, rows, trades } = decided.draft;
  const after = decided.draft.account();
  const alias = decided.alias ?? null;
  const receipt: Receipt = { id: commandId, bodyDigest: decided.bodyDigest ?? null, seq: after.seq, outcome: decided.outcome ?? null };
  try {
    await context.ledger.commit({ before, after, rows, trades, receipt, scan: decided.scan ?? null, fence: decided.fence ?? null, alias });
    context.accounts.committed(after);
    tellCommitted(context, before.sessionId, rows);
    return { kind: 'committed', account: after, decided };
  } catch (error) {
    if (!(error instanceof StoreError) || !ASK_AGAIN.has(error.code)) throw error;
    context.accounts.forget(before.sessionId);
    if (error.code === 'unknown') context.accounts.doubt(before.sessionId);
    context.log('warn', 'commit-refused', { commandId, code: error.code, why: messageOf(error) });
    const recorded = error.code === 'conflict' ? null : await recordedUnder(context, before.sessionId, [commandId, alias]);
    return recorded === null ? error : { kind: 'repeated', receipt: recorded };
  }
}

/** The receipt that the first of these ids has. */
async function recordedUnder(context: EngineContext, sessionId: string, ids: readonly (string | null)[]): Promise<Receipt | null> {
  for (const id of ids) {
    const receipt = id === null ? null : await context.ledger.receipt(sessionId, id);
    if (receipt !== null) return receipt;
  }
  return null;
}
