import type { ScheduledEvent } from '../../shared/config/schedules.ts';
import { type WatchOutcome, watchAlerts } from '../../shared/engine/alerts/watch-alerts.ts';
import type { EngineContext } from '../../shared/engine/context.ts';
import { minuteOf } from '../../shared/kernel/time.ts';

/** The look at account, feeds and markets of the minute that the event names. */
export function runAlerts(context: EngineContext, event: ScheduledEvent): Promise<WatchOutcome> {
  return watchAlerts(context, { minuteMs: minuteOf(Date.parse(event.scheduledTime)) });
}
