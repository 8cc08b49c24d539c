import type { Account } from '../ledger/account.ts';
import type { Committed, Decided } from './commit.ts';

/** A decision to be committed on a session, made from the account as it is at that moment. */
export interface CommitStep {
  readonly sessionId: string;
  readonly decide: (account: Account) => Decided | null;
}

/**
 * Work that decides several things one after the other, each from what the one before has become. It pauses at each commit
 * and knows nothing of waiting: a host whose store is elsewhere awaits the commits (`perform`), a backtest has them at once
 * (`performNow`). So both run the same rules.
 */
export type Steps<Result, Answer = Committed> = Generator<CommitStep, Result, Answer>;

/** Goes through the steps, awaiting each commit; a commit that fails is thrown inside the work. */
export async function perform<Result, Answer>(steps: Steps<Result, Answer>, commit: (step: CommitStep) => Promise<Answer>): Promise<Result> {
  let next = steps.next();
  while (next.done !== true) {
    const { value } = next;
    const settled = await commit(value).then(
      (answer) => ({ answer }),
      (error: unknown) => ({ error }),
    );
    next = 'error' in settled ? steps.throw(settled.error) : steps.next(settled.answer);
  }
  return next.value;
}

/** The same without awaits, for commits that cannot fail. */
export function performNow<Result, Answer>(steps: Steps<Result, Answer>, commit: (step: CommitStep) => Answer): Result {
  let next = steps.next();
  while (next.done !== true) next = steps.next(commit(next.value));
  return next.value;
}
