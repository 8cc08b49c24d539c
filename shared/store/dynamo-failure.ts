import { StoreError } from '../engine/ports.ts';
import { messageOf } from '../kernel/errors.ts';

/** What a failed write means for what is in the table. */
export type WriteFailure =
  /** Nothing was written, because the conditions of these steps do not hold. */
  | { readonly kind: 'conditions'; readonly failed: readonly number[] }
  /** Nothing was written. */
  | { readonly kind: 'refused'; readonly retry: boolean; readonly storeError: StoreError }
  /** It may have been written. */
  | { readonly kind: 'uncertain'; readonly storeError: StoreError };

const BUSY = new Set([
  'TransactionConflictException',
  'TransactionConflict',
  'ProvisionedThroughputExceededException',
  'ProvisionedThroughputExceeded',
  'ThrottlingException',
  'ThrottlingError',
  'RequestLimitExceeded',
]);
const NEVER_CONNECTED = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']);

/** The members of SDK and socket errors that tell what happened; everything else of them is for people. */
interface Described {
  readonly name?: string;
  readonly message?: string;
  readonly code?: string;
  readonly $fault?: string;
  readonly $metadata?: { readonly attempts?: number; readonly httpStatusCode?: number };
  readonly CancellationReasons?: readonly { readonly Code?: string; readonly Message?: string }[];
}

export function failureOfWrite(error: unknown): WriteFailure {
  const described = describe(error);
  if (described.name === 'ConditionalCheckFailedException') return { kind: 'conditions', failed: [0] };
  if (described.name === 'TransactionCanceledException') return cancelled(error, described.CancellationReasons ?? []);
  if (described.name === 'TransactionInProgressException') return uncertain(error, 'The same write is still in progress');
  if (BUSY.has(described.name ?? '')) return refused(error, true, 'The table is busy');
  // A client that repeats by itself reports the last attempt only: an earlier one may have been written.
  if ((described.$metadata?.attempts ?? 1) > 1) return uncertain(error, 'No answer to a write');
  if (neverSent(described)) return refused(error, true, 'The database cannot be reached');
  if (isClientFault(described)) return refused(error, false, 'The database refused a write');
  return uncertain(error, 'No answer to a write');
}

/** Reads change nothing: whatever may pass is tried again, and at the end the data is unavailable. */
export function failureOfRead(error: unknown): { readonly retry: boolean; readonly storeError: StoreError } {
  const described = describe(error);
  const retry = BUSY.has(described.name ?? '') || !isClientFault(described);
  return { retry, storeError: storeError('unavailable', error, 'The database gave no answer to a read') };
}

function cancelled(error: unknown, reasons: NonNullable<Described['CancellationReasons']>): WriteFailure {
  const failed = [...reasons.keys()].filter((index) => reasons[index]?.Code === 'ConditionalCheckFailed');
  if (failed.length > 0) return { kind: 'conditions', failed };
  const isBusy = reasons.some((reason) => BUSY.has(reason.Code ?? ''));
  return refused(error, isBusy, isBusy ? 'The rows are busy' : 'The database refused a transaction');
}

const neverSent = (described: Described): boolean =>
  NEVER_CONNECTED.has(described.code ?? '') ||
  (described.name === 'TimeoutError' && (described.message ?? '').includes('did not establish a connection'));

const isClientFault = (described: Described): boolean =>
  described.name === 'CredentialsProviderError' || (described.$fault === 'client' && (described.$metadata?.httpStatusCode ?? 400) < 500);

const SIZE = /item size|size has exceeded|too large|maximum allowed size/i;

function refused(error: unknown, retry: boolean, what: string): WriteFailure {
  const code = SIZE.test(messageOf(error)) ? 'too_large' : 'unavailable';
  return { kind: 'refused', retry, storeError: storeError(code, error, what) };
}

const uncertain = (error: unknown, what: string): WriteFailure => ({ kind: 'uncertain', storeError: storeError('unknown', error, what) });

function storeError(code: 'unavailable' | 'unknown' | 'too_large', error: unknown, what: string): StoreError {
  const described = describe(error);
  const name = described.code ?? described.name ?? 'Error';
  return new StoreError(code, `${what}: ${name}: ${messageOf(error)}`, { name }, { cause: error });
}

const describe = (error: unknown): Described => (typeof error === 'object' && error !== null ? error : {});
