import { describe, expect, it } from 'vitest';
import { NSE_CALENDAR } from '../../../shared/config/nse-calendar.ts';
import { isBeforeDelivery } from '../../../shared/market/trading-days.ts';

const at = (date: string, clock = '10:00'): number => Date.parse(`${date}T${clock}:00+05:30`);

describe('shares bought on NSE', () => {
  it.each([
    ['within the day', '2026-10-05', '2026-10-05', false],
    ['on the next trading day', '2026-10-05', '2026-10-06', true],
    ['two trading days later', '2026-10-05', '2026-10-07', false],
    ['on Monday after a Friday', '2026-10-09', '2026-10-12', true],
    ['on Tuesday after a Friday', '2026-10-09', '2026-10-13', false],
    ['on the next trading day over a holiday (2026-10-20)', '2026-10-19', '2026-10-21', true],
  ])('are sold %s: before delivery or not', (_, bought, sold, isEarly) => {
    expect(isBeforeDelivery(NSE_CALENDAR, at(bought), at(sold))).toBe(isEarly);
  });
});
