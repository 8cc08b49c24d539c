import type { MeasuredValues } from '../../shared/config/metrics.ts';
import { SCHEDULES, type ScheduledEvent } from '../../shared/config/schedules.ts';
import type { Decision, ScanRecord } from '../../shared/contracts/decisions.ts';
import type { EngineContext } from '../../shared/engine/context.ts';
import { type ScanOutcome, scanMarket } from '../../shared/engine/scan-market.ts';
import { type EpochMs, minuteOf, SECOND_MS } from '../../shared/kernel/time.ts';
import { correlationOf } from '../../shared/ledger/correlation.ts';

/**
 * The scan of the event's market for the minute that the event names, whatever the wall clock says. A scheduler that fires
 * with the minute comes before its bar: waiting costs less than asking the table for it again and again.
 */
export async function runScan(context: EngineContext, event: ScheduledEvent): Promise<ScanOutcome> {
  const scheduledMs = Date.parse(event.scheduledTime);
  const delayMs = (SCHEDULES.find(({ name }) => name === event.name)?.delaySeconds ?? 0) * SECOND_MS;
  const earlyMs = scheduledMs + delayMs - context.clock.now();
  if (earlyMs > 0) await context.sleep(earlyMs);
  return scanMarket(context, { minuteMs: minuteOf(scheduledMs), market: event.market ?? 'CRYPTO' });
}

const takenOf = ({ decisions }: ScanRecord): readonly Decision[] => decisions.filter(({ outcome }) => outcome !== 'refused');

/** What of a scan is measured: nothing of one that had nothing to do. */
export function measuredScan({ scanned, scan }: ScanOutcome, run: Pick<ScheduledEvent, 'scheduledTime'>, nowMs: EpochMs): MeasuredValues {
  if (!scanned || scan === null) return {};
  const taken = takenOf(scan).length;
  return { ScanLagMs: nowMs - Date.parse(run.scheduledTime), DecisionsTaken: taken, DecisionsRefused: scan.decisions.length - taken };
}

/** A scan as its log line tells it: how its candidates fared, by reason. The record itself is in the ledger. */
export function toldScan({ scanned, reason, scan }: ScanOutcome): unknown {
  if (scan === null) return { scanned, reason };
  const fared = Object.entries(Object.groupBy(scan.decisions, (decision) => decision.reason)).map(([code, decisions = []]) => [
    code,
    decisions.length,
  ]);
  const correlationIds = takenOf(scan).flatMap(({ orderId }) => correlationOf({ orderId }) ?? []);
  return { scanned, reason, id: scan.id, decisions: Object.fromEntries(fared), correlationIds, missingBars: scan.missingBars };
}
