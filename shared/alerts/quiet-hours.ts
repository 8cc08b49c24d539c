import { NightdeskError } from '../kernel/errors.ts';
import type { EpochMs } from '../kernel/time.ts';

export class QuietHoursError extends NightdeskError<'bad_quiet_hours'> {}

/** Hours of a person's day in which only what is critical is told. */
export interface QuietHours {
  /** Minutes from midnight. Before `from` when the night is between them. */
  readonly fromMinute: number;
  readonly toMinute: number;
  /** IANA name. */
  readonly timeZone: string;
}

const FORM = /^([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d) (\S+)$/;

/**
 * Reads `22:30-07:00 Asia/Kolkata`; `none` and nothing are no quiet hours.
 * @throws QuietHoursError `bad_quiet_hours`
 */
export function quietHoursOf(setting: string | undefined): QuietHours | null {
  if (setting === undefined || setting === '' || setting === 'none') return null;
  const [, fromHour, fromMinutes, toHour, toMinutes, timeZone] = FORM.exec(setting) ?? [];
  if (timeZone === undefined || !isTimeZone(timeZone)) {
    const message = `Quiet hours are written as 22:30-07:00 Asia/Kolkata, or none; received ${JSON.stringify(setting)}`;
    throw new QuietHoursError('bad_quiet_hours', message, { setting });
  }
  return { fromMinute: Number(fromHour) * 60 + Number(fromMinutes), toMinute: Number(toHour) * 60 + Number(toMinutes), timeZone };
}

/** Whether the instant lies in the quiet hours, which begin with their first minute and end before their last. */
export function isQuiet(quiet: QuietHours | null, atMs: EpochMs): boolean {
  if (quiet === null) return false;
  const { fromMinute, toMinute } = quiet;
  const minute = minuteOfDay(quiet.timeZone, atMs);
  return fromMinute <= toMinute ? minute >= fromMinute && minute < toMinute : minute >= fromMinute || minute < toMinute;
}

/** The platform knows when clocks are put forward and back. */
function minuteOfDay(timeZone: string, atMs: EpochMs): number {
  const told = new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(atMs);
  const [hour, minute] = told.split(':').map(Number);
  return (hour ?? 0) * 60 + (minute ?? 0);
}

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en-GB', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}
