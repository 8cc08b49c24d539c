import { NightdeskError } from '../../kernel/errors.ts';

/** Recorded input that cannot be used; the message names the path and what would be accepted. */
export class RecordedDataError extends NightdeskError<'not_found' | 'nothing_found' | 'unsupported' | 'futures' | 'mixed_kinds' | 'unreadable'> {}
