import { NightdeskError } from '../kernel/errors.ts';

/** A source of prices that was used as it cannot be. */
export class SourceError extends NightdeskError<'bad_cursor' | 'already_started' | 'two_sources' | 'nothing_shared'> {}
