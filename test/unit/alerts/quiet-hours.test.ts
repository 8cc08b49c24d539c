import { describe, expect, it } from 'vitest';
import { isQuiet, QuietHoursError, quietHoursOf } from '../../../shared/alerts/quiet-hours.ts';

const isQuietAt = (setting: string, iso: string): boolean => isQuiet(quietHoursOf(setting), Date.parse(iso));

describe('quiet hours', () => {
  it.each([
    ['22:30-07:00 Asia/Kolkata', '2026-11-20T16:59:59Z', false],
    ['22:30-07:00 Asia/Kolkata', '2026-11-20T17:00:00Z', true],
    ['22:30-07:00 Asia/Kolkata', '2026-11-20T20:00:00Z', true],
    ['22:30-07:00 Asia/Kolkata', '2026-11-21T01:29:59Z', true],
    ['22:30-07:00 Asia/Kolkata', '2026-11-21T01:30:00Z', false],
    ['12:00-14:00 UTC', '2026-11-20T13:59:59Z', true],
    ['12:00-14:00 UTC', '2026-11-20T14:00:00Z', false],
    ['12:00-12:00 UTC', '2026-11-20T12:00:00Z', false],
    // Clocks in Berlin go back on 2026-10-25: six in the morning is an hour later in UTC.
    ['22:00-06:00 Europe/Berlin', '2026-10-25T04:30:00Z', true],
    ['22:00-06:00 Europe/Berlin', '2026-10-24T04:30:00Z', false],
  ])('of %s at %s: %s', (setting, iso, isInside) => {
    expect(isQuietAt(setting, iso)).toBe(isInside);
  });

  it('are not there where nobody asked for them', () => {
    for (const setting of [undefined, '', 'none']) expect(quietHoursOf(setting)).toBeNull();
    expect(isQuiet(null, 0)).toBe(false);
  });

  it.each(['22:30-07:00', '22:30 07:00 UTC', '24:00-07:00 UTC', '22:60-07:00 UTC', '22:30-07:00 Asia/Nowhere', 'off'])(
    'are refused as %s',
    (setting) => {
      expect(() => quietHoursOf(setting)).toThrow(QuietHoursError);
      expect(() => quietHoursOf(setting)).toThrow(/22:30-07:00 Asia\/Kolkata/);
    },
  );
});
