import { describe, expect, it } from 'vitest';
import { squareOffAt } from '../../../shared/engine/square-off.ts';
import { iso } from '../../../shared/kernel/time.ts';

const india = (instant: string): number => Date.parse(`${instant}+05:30`);

describe('the square-off of intraday positions', () => {
  it.each([
    ['on a day before the closing auction began', '2026-07-31T10:00:00', '2026-07-31T15:20:00'],
    ['since the closing auction began', '2026-08-03T10:00:00', '2026-08-03T15:10:00'],
    ['asked for after it', '2026-08-03T23:59:59', '2026-08-03T15:10:00'],
  ])('%s', (_, asked, hour) => {
    const atMs = squareOffAt(india(asked));
    expect(atMs === null ? null : iso(atMs)).toBe(iso(india(hour)));
  });

  it('is at no hour on a weekend and on a holiday', () => {
    expect([squareOffAt(india('2026-08-02T12:00:00')), squareOffAt(india('2026-01-26T12:00:00'))]).toEqual([null, null]);
  });

  it('is that of the day in India, whatever day it is in London', () => {
    expect(squareOffAt(Date.parse('2026-08-02T19:00:00Z'))).toBe(india('2026-08-03T15:10:00'));
  });
});
