/** Milliseconds since the Unix epoch, UTC. Every instant inside Nightdesk is one; local times live in the calendar only. */
export type EpochMs = number;

export const SECOND_MS = 1_000;
export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;

/** Start of the minute that contains the instant. */
export const minuteOf = (ms: EpochMs): EpochMs => ms - (ms % MINUTE_MS);

/** ISO 8601 in UTC, the form of every instant on the wire. */
export function iso(ms: EpochMs): string {
  if (ms !== lastWritten.ms) lastWritten = { ms, text: new Date(ms).toISOString() };
  return lastWritten.text;
}

// Everything that works for a minute names it, and a name takes longer to write than most of it.
let lastWritten = { ms: 0, text: '1970-01-01T00:00:00.000Z' };
