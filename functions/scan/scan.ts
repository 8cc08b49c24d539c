import type { ScheduledEvent } from '../../shared/config/schedules.ts';
import type { EngineContext } from '../../shared/engine/context.ts';
import { type ScanOutcome, scanMarket } from '../../shared/engine/scan-market.ts';
import { minuteOf } from '../../shared/kernel/time.ts';

/** The scan of the event's market for the minute that the event names, whatever the wall clock says. */
export function runScan(context: EngineContext, event: ScheduledEvent): Promise<ScanOutcome> {
  const minuteMs = minuteOf(Date.parse(event.scheduledTime));
  return scanMarket(context, { minuteMs, market: event.market ?? 'CRYPTO' });
}
