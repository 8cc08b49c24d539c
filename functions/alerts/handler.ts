import type { Context } from 'aws-lambda';
import { type AlarmEvent, alarmEventSchema } from '../../shared/contracts/alarm-event.ts';
import { alertOnAlarm } from '../../shared/engine/alerts/alert-on-alarm.ts';
import { alertOnEvent } from '../../shared/engine/alerts/alert-on-event.ts';
import { busFunction, type HandedOver, isBusEvent } from '../middleware/bus-function.ts';
import { lambdaContext } from '../middleware/lambda-context.ts';
import { scheduledFunction } from '../middleware/scheduled-function.ts';
import { runAlerts } from './alerts.ts';
import { deliverDeployed } from './delivery.ts';

const onEvent = busFunction('alerts', lambdaContext, async (context, { detail }: HandedOver<unknown>) => {
  const alert = await alertOnEvent(context, detail);
  return { raised: alert?.id ?? null, messages: alert === null ? 0 : await deliverDeployed(context) };
});

const onAlarm = busFunction('alerts', lambdaContext, async (context, { detail }: HandedOver<AlarmEvent['detail']>) => {
  const alert = await alertOnAlarm(context, detail);
  return { raised: alert?.id ?? null, messages: alert === null ? 0 : await deliverDeployed(context) };
});

const onMinute = scheduledFunction('alerts', lambdaContext, async (context, run) => {
  // What waits is told first: it must not wait for a market that cannot be read.
  const before = await deliverDeployed(context);
  const watched = await runAlerts(context, run);
  return { ...watched, messages: before + (watched.raised.length === 0 ? 0 : await deliverDeployed(context)) };
});

/** Takes domain events from the bus and changes of alarms from the account's, and looks and tells once a minute. */
export async function handler(event: unknown, context: Context): Promise<unknown> {
  const alarm = alarmEventSchema.safeParse(event);
  if (alarm.success) return onAlarm(alarm.data, context);
  return isBusEvent(event) ? onEvent(event, context) : onMinute(event, context);
}
