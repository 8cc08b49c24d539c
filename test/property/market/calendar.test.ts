import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NSE_CALENDAR } from '../../../shared/config/nse-calendar.ts';
import { NSE_CALENDAR_FACTS } from '../../../shared/config/nse-calendar-facts.ts';
import { DAY_MS, MINUTE_MS } from '../../../shared/kernel/time.ts';
import { marketPhase, rollsDue, tradingDay } from '../../../shared/market/calendar.ts';
import { INSTRUMENT_GROUPS, type InstrumentGroup } from '../../../shared/market/calendar-facts.ts';
import { dateOfDay, dayOfDate, istDate, istMidnight } from '../../../shared/market/ist.ts';

const FROM_MS = Date.parse('2019-09-20T00:00:00Z');
const TO_MS = Date.parse('2027-01-10T00:00:00Z');
const instant = fc.integer({ min: FROM_MS, max: TO_MS });
const group = fc.constantFrom(...INSTRUMENT_GROUPS);

describe('the NSE calendar', () => {
  it('is open just before what it calls the next close, and closed at it', () => {
    fc.assert(
      fc.property(instant, group, (atMs, of) => {
        const { nextCloseMs } = marketPhase(NSE_CALENDAR, 'NSE', atMs, of);
        fc.pre(nextCloseMs !== null);
        expect(nextCloseMs).toBeGreaterThan(atMs);
        expect(marketPhase(NSE_CALENDAR, 'NSE', nextCloseMs - 1, of).isOpen).toBe(true);
        expect(marketPhase(NSE_CALENDAR, 'NSE', nextCloseMs, of).isOpen).toBe(false);
      }),
    );
  });

  it('stays closed until what it calls the next open, and open until the next close', () => {
    fc.assert(
      fc.property(instant, group, fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }), (atMs, of, part) => {
        const { isOpen, nextOpenMs, nextCloseMs } = marketPhase(NSE_CALENDAR, 'NSE', atMs, of);
        const turnMs = isOpen ? nextCloseMs : nextOpenMs;
        fc.pre(turnMs !== null);
        const between = Math.floor(atMs + part * (turnMs - 1 - atMs));
        expect(marketPhase(NSE_CALENDAR, 'NSE', between, of).isOpen).toBe(isOpen);
        expect(marketPhase(NSE_CALENDAR, 'NSE', turnMs, of).isOpen).toBe(!isOpen);
      }),
    );
  });

  it('lets enter only where it is open, takes orders and has a trading day', () => {
    fc.assert(
      fc.property(instant, group, (atMs, of) => {
        const view = marketPhase(NSE_CALENDAR, 'NSE', atMs, of);
        fc.pre(view.canEnter);
        const day = tradingDay(NSE_CALENDAR, istDate(atMs), of);
        expect(view.isOpen && view.acceptsOrders && view.isCovered && day.kind === 'session').toBe(true);
        expect(atMs).toBeGreaterThanOrEqual(day.openMs ?? Number.POSITIVE_INFINITY);
        expect(atMs).toBeLessThan(day.continuousCloseMs ?? 0);
      }),
    );
  });

  it('gives the same rolls however a span is cut, in order, one close a day', () => {
    fc.assert(
      fc.property(instant, fc.integer({ min: 0, max: 20 * DAY_MS }), fc.integer({ min: 0, max: 20 * DAY_MS }), (sinceMs, first, second) => {
        const cutMs = sinceMs + first;
        const untilMs = cutMs + second;
        const whole = rollsDue(NSE_CALENDAR, sinceMs, untilMs);
        expect([...rollsDue(NSE_CALENDAR, sinceMs, cutMs), ...rollsDue(NSE_CALENDAR, cutMs, untilMs)]).toEqual(whole);
        expect(whole.map(({ atMs }) => atMs)).toEqual(whole.map(({ atMs }) => atMs).toSorted((a, b) => a - b));
        const closed = whole.filter(({ kind }) => kind === 'close').map(({ date }) => date);
        expect(new Set(closed).size).toBe(closed.length);
      }),
    );
  });

  it.each([
    ['closing-auction', '2025-10-01', '2026-09-30', 245],
    ['regular', '2026-07-27', '2026-09-15', 35],
    ['derivatives', '2026-07-27', '2026-09-15', 35],
  ] as const)(
    'tells of %s what a walk minute by minute finds, Muhurat, a budget Sunday and new eras included: %s to %s',
    (of, from, to, sessions) => {
      expect(wrongMinutes(of, from, to, sessions)).toEqual([]);
    },
  );

  it('tells what a walk minute by minute finds around every special session', () => {
    for (const { date, hours } of NSE_CALENDAR_FACTS.specialSessions) {
      const day = dayOfDate(date);
      const sessions = hours === 'unknown' ? 4 : 5;
      for (const of of INSTRUMENT_GROUPS) expect(wrongMinutes(of, dateOfDay(day - 4), dateOfDay(day + 4), sessions)).toEqual([]);
    }
  });
});

/**
 * Instants at which the calendar's next open or close is not the one that a walk back over every minute finds. Phases change
 * with the minute, so nothing happens in between. What is after the walk is asked of the calendar once, at its end.
 */
function wrongMinutes(of: InstrumentGroup, from: string, to: string, leastSessions: number): readonly string[] {
  const wrong: string[] = [];
  const lastMs = istMidnight(dayOfDate(to) + 1) - MINUTE_MS;
  let later = marketPhase(NSE_CALENDAR, 'NSE', lastMs, of);
  let { nextOpenMs, nextCloseMs } = later;
  let sessions = 0;
  for (let ms = lastMs - MINUTE_MS; ms >= istMidnight(dayOfDate(from)); ms -= MINUTE_MS) {
    const view = marketPhase(NSE_CALENDAR, 'NSE', ms, of);
    if (later.isOpen && !view.isOpen) {
      nextOpenMs = ms + MINUTE_MS;
      sessions += 1;
    }
    if (!later.isOpen && view.isOpen) nextCloseMs = ms + MINUTE_MS;
    if (view.nextOpenMs !== nextOpenMs || view.nextCloseMs !== nextCloseMs) wrong.push(new Date(ms).toISOString());
    later = view;
  }
  return sessions >= leastSessions ? wrong.slice(0, 5) : [`only ${sessions} sessions`];
}
