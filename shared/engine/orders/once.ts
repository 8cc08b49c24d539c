import type { z } from 'zod';
import { digest } from '../../kernel/digest.ts';
import type { Account } from '../../ledger/account.ts';
import { commitDecision } from '../commit.ts';
import type { EngineContext } from '../context.ts';
import type { Draft } from '../draft.ts';
import { assertSameBody, earlierReceipt } from '../idempotency.ts';
import { assertRunning } from '../sessions.ts';

/** A client's command: what it is known by, what it said, and the form of what it is answered. */
export interface ClientCommand<Outcome> {
  readonly account: Account;
  /** The id that the client gave it, under which it may come again; null where it gave none. */
  readonly keyed: string | null;
  readonly body: unknown;
  readonly outcome: z.ZodType<Outcome>;
}

/** A decision with its answer; null where there is nothing to decide on any more. */
export type DecideOnce<Outcome> = (account: Account) => { readonly draft: Draft; readonly outcome: Outcome } | null;

/**
 * Carries out a client's command at most once: one that comes again is answered as it was, also when its session has ended since.
 * `decide` makes the draft under `keyed` where there is one. Null when `decide` found nothing to decide on.
 * @throws EngineError `idempotency_mismatch` for the same id with another body, `no_active_session`, and what `decide` throws
 */
export async function once<Outcome>(
  context: EngineContext,
  { account: asked, keyed, body, outcome: schema }: ClientCommand<Outcome>,
  decide: () => Promise<DecideOnce<Outcome>>,
): Promise<Outcome | null> {
  const { sessionId } = asked;
  const earlier = keyed === null ? null : await earlierReceipt(context.ledger, sessionId, keyed, body);
  if (earlier !== null) return schema.parse(earlier.outcome);
  assertRunning(asked);
  const decideNow = await decide();
  let answer: Outcome | null = null;
  const result = await commitDecision(context, sessionId, (account) => {
    const decided = decideNow(account);
    answer = decided?.outcome ?? null;
    return decided === null ? null : { ...decided, bodyDigest: digest(body) };
  });
  if (result.kind === 'repeated') {
    assertSameBody(result.receipt, body);
    return schema.parse(result.receipt.outcome);
  }
  if (result.kind === 'nothing') assertRunning(result.account);
  else await context.nudge(sessionId);
  return answer;
}
