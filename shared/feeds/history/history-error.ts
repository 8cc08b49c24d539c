import { NightdeskError } from '../../kernel/errors.ts';

/** What can go wrong with the history; the message names the file, series or address, what was received and what is accepted. */
export class HistoryError extends NightdeskError<
  | 'bad_key'
  | 'bad_file'
  | 'bad_input'
  | 'bad_option'
  | 'wrong_checksum'
  | 'other_day'
  | 'not_found'
  | 'not_published'
  | 'refused'
  | 'unreachable'
  | 'nothing_there'
> {}
