import { channelsOf } from '../../functions/alerts/channels/channels.ts';
import { deliveryContext } from '../../functions/alerts/delivery.ts';
import { TOLD_EVENTS } from '../../shared/alerts/event-alerts.ts';
import { type AlertSecrets, secretsFromEnvironment } from '../../shared/config/alert-settings.ts';
import { ALERT_RULES } from '../../shared/config/alerts.ts';
import { busFacts } from '../../shared/contracts/bus-facts.ts';
import { alertOnEvent } from '../../shared/engine/alerts/alert-on-event.ts';
import { deliverAlerts } from '../../shared/engine/alerts/deliver-alerts.ts';
import type { EngineContext } from '../../shared/engine/context.ts';
import { StoreError } from '../../shared/engine/ports.ts';
import { wallSleep } from '../../shared/kernel/clock-system.ts';
import { messageOf } from '../../shared/kernel/errors.ts';
import { SECOND_MS } from '../../shared/kernel/time.ts';
import type { BusListener } from './event-bridge.ts';

const TOLD: ReadonlySet<string> = new Set(TOLD_EVENTS);
const LOOK_EVERY_MS = SECOND_MS;
/** What is not told by then is told after the next start. */
const LAST_WORDS_MS = 2 * SECOND_MS;

/** Where the alerts of this machine go, checked before anything is started. */
export interface AlertSettings {
  readonly secrets: AlertSecrets;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export interface LocalAlerts {
  readonly onEvent: BusListener;
  readonly stop: () => Promise<void>;
}

/** The channels that the environment names. @throws AlertSettingsError */
export function alertSettings(env: AlertSettings['env']): AlertSettings {
  return { secrets: secretsFromEnvironment(env), env };
}

/**
 * The alerts function on one machine. Events become alerts while the bus waits for it; telling goes on beside everything else,
 * by the wall clock, whatever clock the markets run on.
 */
export function startAlerts(context: EngineContext, { secrets, env }: AlertSettings): LocalAlerts {
  const delivery = deliveryContext(context, channelsOf(secrets, ALERT_RULES), env);
  let isRunning = true;
  let wake: () => void = () => undefined;

  const deliver = async (): Promise<void> => {
    try {
      await deliverAlerts(delivery);
    } catch (error) {
      context.log('warn', 'alerts-not-told', { why: messageOf(error) });
    }
  };
  const loop = async (): Promise<void> => {
    while (isRunning) {
      await deliver();
      if (!isRunning) return;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, LOOK_EVERY_MS);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  };
  const running = loop();

  return {
    onEvent: async ({ id, detailType, detail }) => {
      // On AWS the bus hands over no others.
      if (!TOLD.has(detailType)) return;
      try {
        const alert = await alertOnEvent(context, detail);
        context.log('info', 'alerts-event-taken', { id, type: detailType, ...busFacts(detail), outcome: { raised: alert?.id ?? null } });
        if (alert !== null) wake();
      } catch (error) {
        // A store that is away for a moment is asked again by the relay; any other fault would be the same again.
        if (error instanceof StoreError && error.code !== 'corrupt') throw error;
        context.log('error', 'alert-event-failed', { why: messageOf(error) });
      }
    },
    stop: async () => {
      isRunning = false;
      wake();
      await Promise.race([running.then(deliver), wallSleep(LAST_WORDS_MS)]);
    },
  };
}
