import { Cron } from 'croner';
import { cronFields, type Schedule, type ScheduledEvent } from '../../shared/config/schedules.ts';
import type { Clock } from '../../shared/kernel/clock.ts';
import { messageOf } from '../../shared/kernel/errors.ts';
import type { Log } from '../../shared/kernel/log.ts';
import { type EpochMs, iso, SECOND_MS } from '../../shared/kernel/time.ts';

/** Runs a scheduled function with the event that the Scheduler would send. */
export type Invoke = (schedule: Schedule, event: ScheduledEvent) => Promise<unknown>;

/**
 * The schedules of the system under the clock, wall or virtual: the same declarations that the stack on AWS is made of.
 * A failed run is said and not repeated: the next minute's run sees the same account.
 */
export function startScheduler(clock: Clock, schedules: readonly Schedule[], invoke: Invoke, log: Log): () => void {
  let isRunning = true;
  const arm = (schedule: Schedule, afterMs: EpochMs): void => {
    const atMs = nextFire(schedule, afterMs);
    if (atMs === null) return;
    clock.at(atMs + schedule.delaySeconds * SECOND_MS, `3-schedule-${schedule.name}`, async () => {
      if (!isRunning) return;
      arm(schedule, atMs);
      const scheduledTime = iso(atMs);
      const event: ScheduledEvent = { name: schedule.name, market: schedule.market, scheduledTime, executionId: `${schedule.name}@${scheduledTime}` };
      try {
        await invoke(schedule, event);
      } catch (error) {
        log('error', 'scheduled-run-failed', { name: schedule.name, scheduledTime, why: messageOf(error) });
      }
    });
  };
  // One whose delay is still running belongs to this start: it may not have been run before a stop.
  for (const schedule of schedules) arm(schedule, clock.now() - schedule.delaySeconds * SECOND_MS - 1);
  return () => {
    isRunning = false;
  };
}

/** The next instant after `afterMs` at which a schedule fires; null when it never does. */
export function nextFire(schedule: Pick<Schedule, 'cron' | 'timeZone'>, afterMs: EpochMs): EpochMs | null {
  return compiled(schedule).nextRun(new Date(afterMs))?.getTime() ?? null;
}

const known = new Map<string, Cron>();

function compiled({ cron, timeZone }: Pick<Schedule, 'cron' | 'timeZone'>): Cron {
  const key = `${cron} ${timeZone}`;
  const found = known.get(key);
  if (found !== undefined) return found;
  const { minutes, hours, dayOfMonth, month, dayOfWeek, year } = cronFields(cron);
  // AWS counts weekdays from Sunday = 1 and has one day field as "?"; names and "*" mean the same in both dialects.
  const pattern = ['0', minutes, hours, star(dayOfMonth), month, star(dayOfWeek), year].join(' ');
  const made = new Cron(pattern, { timezone: timeZone, paused: true });
  known.set(key, made);
  return made;
}

const star = (field: string): string => (field === '?' ? '*' : field);
