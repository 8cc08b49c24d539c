import { alarmAlert } from '../../alerts/alarm-alert.ts';
import type { AlarmEvent } from '../../contracts/alarm-event.ts';
import type { Alert } from '../../contracts/alert.ts';
import type { EngineContext } from '../context.ts';

/**
 * Keeps the alert of an alarm that has begun or is over, once.
 * @returns the alert that was not known before, or null
 * @throws StoreError when it cannot be kept
 */
export async function alertOnAlarm({ ledger, world }: EngineContext, detail: AlarmEvent['detail']): Promise<Alert | null> {
  const alert = alarmAlert(detail, { scope: world.scope, evidence: world.evidence });
  if (alert === null) return null;
  const [raised] = await ledger.alerts.raise([alert]);
  return raised ?? null;
}
