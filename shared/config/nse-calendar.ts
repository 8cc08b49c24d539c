import type { Calendar } from '../market/calendar.ts';
import { NSE_HOURS_VARIABLE, nseCalendar, specialHoursOf } from './nse-calendar-facts.ts';

/** The NSE calendar that this process goes by: as shipped, with the hours of special sessions that its environment tells. */
export const NSE_CALENDAR: Calendar = nseCalendar(specialHoursOf(process.env[NSE_HOURS_VARIABLE]));
