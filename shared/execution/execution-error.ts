import { NightdeskError } from '../kernel/errors.ts';

/** What can be wrong with an execution or its costs. */
export class ExecutionError extends NightdeskError<
  'participation_out_of_range' | 'not_a_fill' | 'no_charges' | 'no_underlying' | 'negative_volatility' | 'price_not_positive' | 'bad_watch'
> {}
