import { NightdeskError } from '../../kernel/errors.ts';

/** Why a position has no margin: it is not one, its venue does not allow it, or its terms are not known. */
export class MarginError extends NightdeskError<
  'not_a_position' | 'short_not_allowed' | 'not_covered' | 'unknown_contract' | 'beyond_brackets' | 'leverage_too_high'
> {}
