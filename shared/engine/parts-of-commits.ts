import type { Account } from '../ledger/account.ts';
import type { Committed, Decided } from './commit.ts';
import type { Draft } from './draft.ts';
import type { Steps } from './steps.ts';

/**
 * Rows after which a draft is full. A transaction takes a hundred steps: each row is one and the order that it touches another,
 * and the last thing that went into a draft may have been of four rows.
 */
const ROWS_A_COMMIT = 40;

const isFull = (draft: Draft): boolean => draft.rows.length >= ROWS_A_COMMIT;

/** Does something for each item until the draft is full. Returns whether there was room for all of them. */
export function untilFull<Item>(draft: Draft, items: Iterable<Item>, each: (item: Item) => void): boolean {
  for (const item of items) {
    if (isFull(draft)) return false;
    each(item);
  }
  return !isFull(draft);
}

/**
 * Commits what may be more than one transaction can hold: full drafts, each under a name of its own, until one has room left.
 * A run that was cut off goes on where it stopped.
 * @returns the commits that were made now
 */
export function* commitInParts(
  sessionId: string,
  id: string,
  decide: (account: Account, partId: string) => Decided,
): Steps<readonly Extract<Committed, { kind: 'committed' }>[]> {
  const made: Extract<Committed, { kind: 'committed' }>[] = [];
  for (let part = 1; ; part++) {
    const partId = part === 1 ? id : `${id}:${part}`;
    const result = yield { sessionId, decide: (account) => decide(account, partId) };
    if (result.kind === 'committed') made.push(result);
    // Of a part that had been committed before nobody knows here whether it was full.
    if (result.kind === 'nothing' || (result.kind === 'committed' && !isFull(result.decided.draft))) return made;
  }
}
