import { type LedgerStore, StoreError } from '../../../shared/engine/ports.ts';
import type { Variant } from './variants.ts';

/** The ledger of a program that does not look up what became of a commit without an answer, but takes it to have been done, or not. */
export function guessing(variant: Variant | null, ledger: LedgerStore): LedgerStore {
  if (variant?.kind !== 'unknown-guessed') return ledger;
  const isUnanswered = (error: unknown): boolean => error instanceof StoreError && error.code === 'unknown';
  const unanswered = new Set<string>();
  return {
    ...ledger,
    commit: async (commit) => {
      try {
        await ledger.commit(commit);
      } catch (error) {
        if (!isUnanswered(error)) throw error;
        if (variant.guess === 'failure') unanswered.add(commit.receipt.id);
        if (variant.guess === 'failure') throw error;
      }
    },
    receipt: async (sessionId, id) => (unanswered.has(id) ? null : ledger.receipt(sessionId, id)),
  };
}
