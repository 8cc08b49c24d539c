import { type Decimal, text } from './decimal.ts';
import { type EpochMs, iso } from './time.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** Structured log: an event name and its facts, one JSON object a line. */
export type Log = (level: LogLevel, event: string, facts?: Readonly<Record<string, unknown>>) => void;

/** A log that writes JSON lines to `write`, with `now` for stamps. Levels below `least` are left out. */
export function jsonLog(write: (line: string) => void, now: () => EpochMs, least: LogLevel = 'info'): Log {
  const order: Record<LogLevel, number> = { debug: 0, info: 1, warn: 2, error: 3 };
  return (level, event, facts = {}) => {
    if (order[level] < order[least]) return;
    write(JSON.stringify({ at: iso(now()), level, event, ...facts }, decimalAsText));
  };
}

/** Decimals are BigInts, of which JSON knows nothing: a line that cannot be written must not end the run that it is about. */
const decimalAsText = (_name: string, value: unknown): unknown => (typeof value === 'bigint' ? text(value as Decimal) : value);
