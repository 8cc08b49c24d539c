import { describe, expect, it } from 'vitest';
import { NSE_CALENDAR } from '../../../shared/config/nse-calendar.ts';
import { HOUR_MS } from '../../../shared/kernel/time.ts';
import { openMsBetween } from '../../../shared/market/trading-days.ts';

const openHours = (from: string, to: string, market: 'NSE' | 'CRYPTO' = 'NSE'): number =>
  openMsBetween(NSE_CALENDAR, market, Date.parse(`${from}+05:30`), Date.parse(`${to}+05:30`)) / HOUR_MS;

describe('the time of trading between two instants', () => {
  it.each([
    ['a night', '2025-08-20T15:30', '2025-08-21T09:15', 0],
    ['a long weekend: the 15th is a holiday', '2025-08-14T15:30', '2025-08-18T09:15', 0],
    ['the ends of two sessions about a night', '2025-08-20T15:00', '2025-08-21T10:15', 1.5],
    ['within a session', '2025-08-20T10:00', '2025-08-20T11:30', 1.5],
    ['a whole session', '2025-08-20T08:00', '2025-08-20T20:00', 6.25],
    ['nothing where the end is not after the start', '2025-08-20T11:00', '2025-08-20T10:00', 0],
    ['days that the calendar does not know, whole', '2011-01-04T00:00', '2011-01-05T00:00', 24],
  ])('%s', (_what, from, to, hours) => {
    expect(openHours(from, to)).toBe(hours);
  });

  it('is all of it for crypto', () => {
    expect(openHours('2025-08-16T00:00', '2025-08-17T12:00', 'CRYPTO')).toBe(36);
  });
});
