import { digest } from '../kernel/digest.ts';
import { EngineError } from './errors.ts';
import type { LedgerStore, Receipt } from './ports.ts';

/** The command id of a request: the client's key when it gave one, else the fact it is about. */
export const commandIdOf = (action: string, key: string | null, fact: string): string => `${action}:${key === null ? fact : `key:${key}`}`;

/**
 * The receipt of an earlier request with the same key, or null when there was none.
 * @throws EngineError `idempotency_mismatch` when the key came with another body before
 */
export async function earlierReceipt(ledger: LedgerStore, sessionId: string, commandId: string, body: unknown): Promise<Receipt | null> {
  const receipt = await ledger.receipt(sessionId, commandId);
  if (receipt === null) return null;
  assertSameBody(receipt, body);
  return receipt;
}

/** @throws EngineError `idempotency_mismatch` when the receipt belongs to another body */
export function assertSameBody(receipt: Receipt, body: unknown): void {
  if (receipt.bodyDigest === null || receipt.bodyDigest === digest(body)) return;
  throw otherBody(receipt);
}

/** The error of an id that stood for another request before. */
export function otherBody({ id }: Receipt): EngineError {
  const message = 'This id was used before with another body: an Idempotency-Key or client order id stands for one request';
  return new EngineError('idempotency_mismatch', message, { id });
}
