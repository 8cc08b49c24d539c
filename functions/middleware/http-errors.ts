import { InstrumentError } from '../../shared/config/instruments.ts';
import { EngineError } from '../../shared/engine/errors.ts';
import { StoreError } from '../../shared/engine/ports.ts';
import { HttpProblem } from './problem.ts';

const ENGINE_STATUS: Readonly<Record<EngineError['code'], number>> = {
  already_active: 409,
  no_active_session: 409,
  idempotency_mismatch: 409,
  evidence_mismatch: 409,
  unknown_session: 404,
  unknown_strategy: 422,
  unknown_symbol: 422,
  unknown_timeframe: 422,
  unknown_underlying: 422,
  invalid_limits: 422,
  invalid_order: 422,
  no_price: 409,
  unknown_order: 404,
  order_ended: 409,
  not_cancellable: 409,
  unknown_position: 404,
  position_closed: 409,
  position_closing: 409,
  opposite_position: 409,
  opposite_order: 409,
  contention: 503,
};

const STORE_STATUS: Readonly<Record<StoreError['code'], number>> = {
  bad_cursor: 422,
  too_large: 422,
  conflict: 503,
  duplicate: 503,
  fenced: 503,
  unavailable: 503,
  unknown: 503,
  corrupt: 500,
  format: 500,
};

const RETRY_SOON = { 'retry-after': '1' } as const;

/**
 * The refusal that an error of the domain is, or null for one that nobody expected. What a store did is told as it is:
 * `unknown` means that the outcome has to be looked up, `unavailable` that nothing was written.
 */
export function problemOf(error: unknown): HttpProblem | null {
  if (error instanceof HttpProblem) return error;
  if (error instanceof EngineError) return refused(ENGINE_STATUS[error.code], error);
  if (error instanceof InstrumentError && error.code === 'unknown_symbol') return refused(422, error);
  if (error instanceof StoreError && error.code !== 'corrupt') return refused(STORE_STATUS[error.code], error);
  return null;
}

function refused(status: number, error: EngineError | StoreError | InstrumentError): HttpProblem {
  const context = { reason: error.code, ...error.context };
  return new HttpProblem(status, error.code, error.message, context, { cause: error, ...(status === 503 ? { headers: RETRY_SOON } : {}) });
}
