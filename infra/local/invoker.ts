import { runAlerts } from '../../functions/alerts/alerts.ts';
import { scheduledFunction } from '../../functions/middleware/scheduled-function.ts';
import { measuredMonitor, runMonitor, toldMonitor } from '../../functions/monitor/monitor.ts';
import { LATEST_NIGHTLY_MS, measuredNightly, runNightly } from '../../functions/nightly/nightly.ts';
import { measuredScan, runScan, toldScan } from '../../functions/scan/scan.ts';
import { LATEST_ROLL_MS, runSession } from '../../functions/session/session.ts';
import type { ScheduledFunction } from '../../shared/config/schedules.ts';
import type { ScanRecord } from '../../shared/contracts/decisions.ts';
import type { EngineContext } from '../../shared/engine/context.ts';
import type { ReportStore } from '../../shared/engine/ports.ts';
import type { Invoke } from './scheduler.ts';

/** Runs the scheduled functions, as they are deployed, over one context in this process. */
export function invoker(context: EngineContext, onScan: (scan: ScanRecord) => void, reports: ReportStore): Invoke {
  const ready = async (): Promise<EngineContext> => context;
  const functions: Readonly<Record<ScheduledFunction, ReturnType<typeof scheduledFunction>>> = {
    scan: scheduledFunction(
      'scan',
      ready,
      async (engine, run) => {
        const outcome = await runScan(engine, run);
        if (outcome.scanned && outcome.scan !== null) onScan(outcome.scan);
        return outcome;
      },
      { told: toldScan, measured: measuredScan },
    ),
    monitor: scheduledFunction('monitor', ready, runMonitor, { told: toldMonitor, measured: measuredMonitor }),
    session: scheduledFunction('session', ready, runSession, { latestMs: LATEST_ROLL_MS }),
    alerts: scheduledFunction('alerts', ready, runAlerts),
    nightly: scheduledFunction('nightly', ready, (engine, run) => runNightly(engine, reports, run), {
      latestMs: LATEST_NIGHTLY_MS,
      measured: measuredNightly,
    }),
  };
  return (schedule, event) => functions[schedule.functionName](event);
}
