import * as z from 'zod';
import { NightdeskError } from '../kernel/errors.ts';
import type { Market } from '../market/instrument.ts';

export class ScheduleError extends NightdeskError<'bad_cron'> {}

const SCHEDULE_NAMES = ['scan-nse', 'scan-crypto', 'monitor', 'session', 'alerts', 'nightly'] as const;
export type ScheduleName = (typeof SCHEDULE_NAMES)[number];
export type ScheduledFunction = 'scan' | 'monitor' | 'session' | 'alerts' | 'nightly';

/** When a function runs, the same on AWS and on one machine. */
export interface Schedule {
  readonly name: ScheduleName;
  /** The folder of the function under `functions/`. */
  readonly functionName: ScheduledFunction;
  /** AWS cron of six fields: minutes, hours, day of month, month, day of week, year. */
  readonly cron: string;
  /** IANA time zone in which the cron is read. */
  readonly timeZone: 'UTC' | 'Asia/Kolkata';
  /** The market that the run is for; null where it is for all. */
  readonly market: Market | null;
  /** How long after the scheduled time the function begins its work: a scan gives the bar of its minute time to arrive. */
  readonly delaySeconds: number;
  /** A run that could not be started within this time is given up. */
  readonly maxEventAgeSeconds: number;
  /** How often a run that could not be started, or failed, is tried again within that time. */
  readonly retries: number;
}

/**
 * Every schedule of Nightdesk. Crons are wider than trading hours on purpose: a cron knows no holidays, special Saturdays
 * and evening sessions (Muhurat trading), so the calendar decides inside the function, which is cheap when there is nothing to do.
 * Both scans may fire in the same minute; which market is scanned is the engine's decision (`switch` or `both`).
 */
export const SCHEDULES: readonly Schedule[] = [
  {
    name: 'scan-nse',
    functionName: 'scan',
    cron: 'cron(* 9-19 ? * * *)',
    timeZone: 'Asia/Kolkata',
    market: 'NSE',
    delaySeconds: 3,
    maxEventAgeSeconds: 90,
    retries: 1,
  },
  {
    name: 'scan-crypto',
    functionName: 'scan',
    cron: 'cron(* * * * ? *)',
    timeZone: 'UTC',
    market: 'CRYPTO',
    delaySeconds: 3,
    maxEventAgeSeconds: 90,
    retries: 1,
  },
  {
    name: 'monitor',
    functionName: 'monitor',
    cron: 'cron(* * * * ? *)',
    timeZone: 'UTC',
    market: null,
    delaySeconds: 10,
    maxEventAgeSeconds: 90,
    retries: 1,
  },
  // Trading days are found by the calendar and rolled once, so that a missed run is made up by the next.
  {
    name: 'session',
    functionName: 'session',
    cron: 'cron(*/5 * * * ? *)',
    timeZone: 'UTC',
    market: null,
    delaySeconds: 15,
    maxEventAgeSeconds: 240,
    retries: 2,
  },
  // After the scans and the monitor: it looks at what they did. The same function takes domain events, which are worth telling
  // for longer than a look is worth making.
  {
    name: 'alerts',
    functionName: 'alerts',
    cron: 'cron(* * * * ? *)',
    timeZone: 'UTC',
    market: null,
    delaySeconds: 20,
    maxEventAgeSeconds: 900,
    retries: 2,
  },
  // In India's evening: the trading day has been closed for hours, however late its roll came, and its reader is still up.
  {
    name: 'nightly',
    functionName: 'nightly',
    cron: 'cron(30 20 * * ? *)',
    timeZone: 'Asia/Kolkata',
    market: null,
    delaySeconds: 0,
    maxEventAgeSeconds: 3_600,
    retries: 2,
  },
];

/** What a scheduled function receives; on AWS the Scheduler fills in the two last. */
export const scheduledEventSchema = z.strictObject({
  name: z.enum(SCHEDULE_NAMES),
  market: z.enum(['NSE', 'CRYPTO']).nullable(),
  /** The instant for which the run is, whenever it comes. */
  scheduledTime: z.iso.datetime(),
  /** The same for every attempt at a run. */
  executionId: z.string().min(1),
});
export type ScheduledEvent = z.infer<typeof scheduledEventSchema>;

export interface CronFields {
  readonly minutes: string;
  readonly hours: string;
  readonly dayOfMonth: string;
  readonly month: string;
  readonly dayOfWeek: string;
  readonly year: string;
}

/**
 * The six fields of an AWS cron expression, for schedulers that speak another dialect.
 * @throws ScheduleError `bad_cron` for anything but six fields of which exactly one of the two day fields is `?`
 * @see https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#cron-based
 */
export function cronFields(cron: string): CronFields {
  const fields = /^cron\(([^()]*)\)$/.exec(cron)?.[1]?.split(' ') ?? [];
  const [minutes, hours, dayOfMonth, month, dayOfWeek, year] = fields;
  if (!minutes || !hours || !dayOfMonth || !month || !dayOfWeek || !year || fields.length !== 6 || (dayOfMonth === '?') === (dayOfWeek === '?')) {
    throw new ScheduleError('bad_cron', `Expected cron(six fields, one of the two day fields "?"), received ${JSON.stringify(cron)}`, { cron });
  }
  return { minutes, hours, dayOfMonth, month, dayOfWeek, year };
}

/** How many minutes lie between two runs of a schedule, for a host that goes from minute to minute; the calendar decides the rest. @throws ScheduleError `bad_cron` */
export function everyMinutes({ cron }: Pick<Schedule, 'cron'>): number {
  const { minutes } = cronFields(cron);
  const every = minutes === '*' ? 1 : Number(/^\*\/(\d+)$/.exec(minutes)?.[1]);
  if (Number.isInteger(every) && every > 0) return every;
  throw new ScheduleError('bad_cron', `Expected * or */N in the minutes of ${cron}`, { cron });
}
