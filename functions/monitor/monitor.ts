import type { ScheduledEvent } from '../../shared/config/schedules.ts';
import type { EngineContext } from '../../shared/engine/context.ts';
import { type MonitorOutcome, monitorPositions } from '../../shared/engine/monitor-positions.ts';
import { minuteOf } from '../../shared/kernel/time.ts';

/** The position sweep of the minute that the event names. */
export function runMonitor(context: EngineContext, event: ScheduledEvent): Promise<MonitorOutcome> {
  return monitorPositions(context, { minuteMs: minuteOf(Date.parse(event.scheduledTime)) });
}
