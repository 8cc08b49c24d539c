import { digest } from '../kernel/digest.ts';
import type { EpochMs } from '../kernel/time.ts';
import type { Account } from '../ledger/account.ts';
import { commitDecision } from './commit.ts';
import type { EngineContext } from './context.ts';
import { type Draft, draftOn } from './draft.ts';
import { commandIdOf, earlierReceipt } from './idempotency.ts';
import { commitInParts, untilFull } from './parts-of-commits.ts';
import { requestExit } from './request-exit.ts';
import { assertRunning, sessionAsked } from './sessions.ts';
import { perform } from './steps.ts';

export interface KillRequest {
  readonly on: boolean;
  /** Whether all that is held is closed at market as well; only with `on`. */
  readonly closePositions: boolean;
}

/**
 * Sets the kill switch of the active session. On: from this commit on nothing is opened, whoever asks; entries that work are
 * cancelled, and positions closed where that is wanted. It stays so over restarts until it is set off. Exits work on always.
 * Setting what is set already changes nothing, but for positions that are still to be closed.
 * @throws EngineError `no_active_session`, `idempotency_mismatch`
 */
export async function setKillSwitch(context: EngineContext, request: KillRequest, key: string | null): Promise<{ readonly account: Account }> {
  const running = await sessionAsked(context, key);
  const commandId = commandIdOf('kill-switch', key, `${running.seq}:${request.on}:${request.closePositions}`);
  const earlier = key === null ? null : await earlierReceipt(context.ledger, running.sessionId, commandId, request);
  // One that comes again may have been cut off between two of its parts: those go on.
  if (earlier === null) assertRunning(running);
  const bodyDigest = digest(request);
  const parts = commitInParts(running.sessionId, commandId, (account, partId) => ({
    draft: decideKill(account, request, { commandId: partId, nowMs: context.clock.now() }, earlier === null && partId === commandId),
    bodyDigest,
    outcome: { on: request.on },
  }));
  await perform(parts, ({ sessionId, decide }) => commitDecision(context, sessionId, decide));
  await context.nudge(running.sessionId);
  const account = await context.accounts.current(running.sessionId);
  return { account: account ?? running };
}

/** As much of the kill as one transaction holds. Its first part sets the switch: what comes after can only reduce. */
function decideKill(
  account: Account,
  { on, closePositions }: KillRequest,
  { commandId, nowMs }: { readonly commandId: string; readonly nowMs: EpochMs },
  isFirst = true,
): Draft {
  const draft = draftOn(account, commandId);
  const isOn = account.record.killedMs !== null;
  // The rest of one that was cut off sets nothing: somebody may have set it off since.
  if (isFirst && isOn !== on) draft.emit({ type: 'kill-switch-set', atMs: nowMs, on, closePositions });
  if (!on || draft.account().record.killedMs === null) return draft;
  const areCancelled = untilFull(draft, account.orders.values(), ({ id, purpose }) => {
    if (purpose === 'entry')
      draft.emit({ type: 'order-ended', atMs: nowMs, orderId: id, state: 'cancelled', reason: 'kill_switch: the kill switch was set' });
  });
  if (areCancelled && closePositions) {
    untilFull(draft, account.positions.values(), (position) => requestExit(draft, position, { reason: 'kill-switch', quantity: null, nowMs }));
  }
  return draft;
}
