import type { z } from 'zod';
import { digest } from '../../kernel/digest.ts';
import type { Account } from '../../ledger/account.ts';
import { commitDecision } from '../commit.ts';
import type { EngineContext } from '../context.ts';
import type { Draft } from '../draft.ts';
import { EngineError } from '../errors.ts';
import { assertSameBody, earlierReceipt } from '../idempotency.ts';
import type { Receipt } from '../ports.ts';
import { assertRunning } from '../sessions.ts';

/** A client's command: what it is known by, what it said, and the form of what it is answered. */
export interface ClientCommand<Outcome> {
  readonly account: Account;
  /** The id that the client gave it, under which it may come again; null where it gave none. */
  readonly keyed: string | null;
  /** A second id of the client's, which stands for this request as well. */
  readonly alias?: string | null;
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
  { account: asked, keyed, alias = null, body, outcome: schema }: ClientCommand<Outcome>,
  decide: () => Promise<DecideOnce<Outcome>>,
): Promise<Outcome | null> {
  const { sessionId } = asked;
  const ids = [keyed, alias].filter((id) => id !== null);
  for (const id of ids) {
    const earlier = await earlierReceipt(context.ledger, sessionId, id, body);
    if (earlier !== null) return schema.parse(earlier.outcome);
  }
  assertRunning(asked);
  const decideNow = await decide();
  const answerOf = (receipt: Receipt): Outcome => {
    assertSameBody(receipt, body);
    return schema.parse(receipt.outcome);
  };
  /** The same request, sent twice, may have been quicker: what it did leaves nothing to do, or forbids it. */
  const doneMeanwhile = async (): Promise<Outcome | null> => {
    for (const id of ids) {
      const receipt = await context.ledger.receipt(sessionId, id);
      if (receipt !== null) return answerOf(receipt);
    }
    return null;
  };
  const decided = await committedOrRefused(context, sessionId, decideNow, body, alias);
  if (decided.kind === 'repeated') return answerOf(decided.receipt);
  if (decided.kind === 'committed') {
    await context.nudge(sessionId);
    return decided.answer;
  }
  const done = await doneMeanwhile();
  if (done !== null) return done;
  if (decided.kind === 'refused') throw decided.error;
  assertRunning(decided.account);
  return decided.answer;
}

type Ended<Outcome> =
  | { readonly kind: 'committed'; readonly answer: Outcome | null }
  | { readonly kind: 'nothing'; readonly account: Account; readonly answer: Outcome | null }
  | { readonly kind: 'repeated'; readonly receipt: Receipt }
  | { readonly kind: 'refused'; readonly error: EngineError };

async function committedOrRefused<Outcome>(
  context: EngineContext,
  sessionId: string,
  decide: DecideOnce<Outcome>,
  body: unknown,
  alias: string | null,
): Promise<Ended<Outcome>> {
  let answer: Outcome | null = null;
  try {
    const result = await commitDecision(context, sessionId, (account) => {
      const decided = decide(account);
      answer = decided?.outcome ?? null;
      return decided === null ? null : { ...decided, bodyDigest: digest(body), alias };
    });
    return result.kind === 'repeated' ? result : { ...result, answer };
  } catch (error) {
    if (error instanceof EngineError && error.code !== 'contention') return { kind: 'refused', error };
    throw error;
  }
}
