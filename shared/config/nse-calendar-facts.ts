import * as z from 'zod';
import { type Calendar, CalendarError, createCalendar, type SpecialHours, withSpecialHours } from '../market/calendar.ts';
import { type CalendarFacts, INSTRUMENT_GROUPS, SESSION_PHASES } from '../market/calendar-facts.ts';
import data from './data/nse-calendar.json' with { type: 'json' };
import { factsFrom } from './effective.ts';

const clock = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'expected HH:MM');
const source = z.string().min(1);
const name = z.string().min(1);
const phases = z
  .array(z.strictObject({ phase: z.enum(SESSION_PHASES), from: clock, to: clock, randomCloseFrom: clock.optional() }))
  .min(1)
  .readonly();

const calendarFacts = z.strictObject({
  coverage: z.strictObject({ from: z.iso.date(), to: z.iso.date() }),
  source,
  eras: z.array(
    z.strictObject({
      groups: z.array(z.enum(INSTRUMENT_GROUPS)).min(1),
      from: z.iso.date(),
      squareOffBeforeCloseMinutes: z.int().nonnegative(),
      phases,
      source,
    }),
  ),
  holidays: z.array(z.strictObject({ date: z.iso.date(), name, source })),
  specialSessions: z.array(z.strictObject({ date: z.iso.date(), name, hours: z.union([z.enum(['normal', 'unknown']), phases]), source })),
});

/** The NSE calendar as shipped: eras, holidays and special sessions, each with its source. */
export const NSE_CALENDAR_FACTS: CalendarFacts = factsFrom(calendarFacts, data);

/**
 * The NSE calendar, with the hours of special sessions told by the settings (a Muhurat circular that came after the data).
 * @throws CalendarError `no_special_session`, `bad_facts`
 */
export function nseCalendar(specialHours: readonly SpecialHours[] = []): Calendar {
  return createCalendar(withSpecialHours(NSE_CALENDAR_FACTS, specialHours));
}

/** Tells the hours of special sessions: `2026-11-08=18:00-19:00`, several by commas, or `none`. */
export const NSE_HOURS_VARIABLE = 'NIGHTDESK_NSE_HOURS';

const HOURS = /^(\d{4}-\d{2}-\d{2})=(\d{2}:\d{2})-(\d{2}:\d{2})$/;

/** The hours of special sessions as a setting tells them; none for nothing. @throws CalendarError `bad_hours` */
export function specialHoursOf(setting: string | undefined): readonly SpecialHours[] {
  if (setting === undefined || setting.trim() === '' || setting === 'none') return [];
  return setting.split(',').map((part): SpecialHours => {
    const [, date, open, close] = HOURS.exec(part.trim()) ?? [];
    if (date === undefined || open === undefined || close === undefined) {
      const expected = 'a special session as 2026-11-08=18:00-19:00, several by commas, or none';
      throw new CalendarError('bad_hours', `${NSE_HOURS_VARIABLE} takes ${expected}; received ${JSON.stringify(setting)}`, { setting });
    }
    return { date, open, close };
  });
}
