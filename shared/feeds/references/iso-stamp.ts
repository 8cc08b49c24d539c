import type { EpochMs } from '../../kernel/time.ts';

const FORM = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?Z$/;

/** The instant of an RFC 3339 stamp in UTC, in whole ms; null for another form, a date that does not exist, or one before 1970. */
export function isoStampMs(value: unknown): EpochMs | null {
  const [, seconds = '', fraction = ''] = (typeof value === 'string' && FORM.exec(value)) || [];
  const ms = Date.parse(`${seconds}Z`);
  // The 31st of February is read as a day of March.
  if (Number.isNaN(ms) || ms <= 0 || new Date(ms).toISOString().slice(0, 19) !== seconds) return null;
  return ms + Number(fraction.padEnd(3, '0').slice(0, 3));
}
