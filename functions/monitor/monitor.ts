import type { MeasuredValues } from '../../shared/config/metrics.ts';
import type { ScheduledEvent } from '../../shared/config/schedules.ts';
import type { EngineContext } from '../../shared/engine/context.ts';
import { type MonitorOutcome, monitorPositions } from '../../shared/engine/monitor-positions.ts';
import { type VitalSigns, vitalSigns } from '../../shared/engine/vital-signs.ts';
import { minuteOf } from '../../shared/kernel/time.ts';

export interface MonitorRun extends MonitorOutcome {
  readonly signs: VitalSigns;
}

/** The position sweep of the minute that the event names, and how the system stands after it. */
export async function runMonitor(context: EngineContext, event: ScheduledEvent): Promise<MonitorRun> {
  const swept = await monitorPositions(context, { minuteMs: minuteOf(Date.parse(event.scheduledTime)) });
  return { ...swept, signs: await vitalSigns(context) };
}

/** A sweep as its log line tells it: the signs are in the same line, as metrics. */
export const toldMonitor = ({ signs: _, ...swept }: MonitorRun): MonitorOutcome => swept;

export function measuredMonitor({ signs }: MonitorRun): MeasuredValues {
  const { priceSilenceMs, scanSilenceMs, equityUsd, drawdownPercent, isHalted } = signs;
  return {
    PriceSilenceMs: priceSilenceMs,
    ScanSilenceMs: scanSilenceMs,
    EquityUsd: equityUsd,
    DrawdownPercent: drawdownPercent,
    EntriesHalted: isHalted === null ? null : Number(isHalted),
  };
}
