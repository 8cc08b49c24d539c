import { NightdeskError } from '../kernel/errors.ts';

/** What a use case answers when it was asked for something it will not or cannot do. Nothing has changed when one is thrown. */
export class EngineError extends NightdeskError<
  | 'already_active'
  | 'no_active_session'
  | 'unknown_strategy'
  | 'unknown_symbol'
  | 'unknown_timeframe'
  | 'unknown_underlying'
  | 'invalid_limits'
  | 'idempotency_mismatch'
  | 'evidence_mismatch'
  | 'contention'
  | 'unknown_session'
  | 'invalid_order'
  | 'no_price'
  | 'unknown_order'
  | 'order_ended'
  | 'not_cancellable'
  | 'unknown_position'
  | 'position_closed'
  | 'position_closing'
  | 'opposite_position'
  | 'opposite_order'
> {}
