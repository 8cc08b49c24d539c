import type { MeasuredValues } from '../../shared/config/metrics.ts';
import type { ScheduledEvent } from '../../shared/config/schedules.ts';
import type { EngineContext } from '../../shared/engine/context.ts';
import { type NightlyOutcome, nightlyReport } from '../../shared/engine/nightly-report.ts';
import type { ReportStore } from '../../shared/engine/ports.ts';
import { HOUR_MS } from '../../shared/kernel/time.ts';

/** The night's work for the trading day that ended last before the event's instant. */
export function runNightly(context: EngineContext, reports: ReportStore, event: Pick<ScheduledEvent, 'scheduledTime'>): Promise<NightlyOutcome> {
  return nightlyReport(context, reports, { atMs: Date.parse(event.scheduledTime) });
}

export const measuredNightly = ({ unsound }: NightlyOutcome): MeasuredValues => ({ UnsoundSessions: unsound.length });

/** The day is in the event: a run that comes late reports the same. */
export const LATEST_NIGHTLY_MS = 12 * HOUR_MS;
