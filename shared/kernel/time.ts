/** Milliseconds since the Unix epoch, UTC. Every instant inside Nightdesk is one; local times live in the calendar only. */
export type EpochMs = number;

export const SECOND_MS = 1_000;
export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;

/** Start of the minute that contains the instant. */
export const minuteOf = (ms: EpochMs): EpochMs => ms - (ms % MINUTE_MS);

/** ISO 8601 in UTC, the form of every instant on the wire. @throws RangeError for what is no instant */
export function iso(ms: EpochMs): string {
  const day = Math.floor(ms / DAY_MS);
  if (day !== lastDay.day) {
    const text = new Date(ms).toISOString();
    lastDay = { day, date: text.slice(0, text.indexOf('T')) };
    return text;
  }
  const ofDay = Math.floor(ms - day * DAY_MS);
  const clock = `${two(ofDay / HOUR_MS)}:${two((ofDay % HOUR_MS) / MINUTE_MS)}:${two((ofDay % MINUTE_MS) / SECOND_MS)}`;
  return `${lastDay.date}T${clock}.${String(ofDay % SECOND_MS).padStart(3, '0')}Z`;
}

// Everything that works for a minute names it: only its day is formatted by the calendar, and that once.
let lastDay = { day: 0, date: '1970-01-01' };
const TWO_DIGITS = Array.from({ length: 60 }, (_, value) => String(value).padStart(2, '0'));
const two = (value: number): string => TWO_DIGITS[Math.floor(value)] ?? '';
