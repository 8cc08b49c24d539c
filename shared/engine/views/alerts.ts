import { deliveryOn, type OpenAlert } from '../../alerts/delivery-plan.ts';
import { channelNameSchema } from '../../contracts/alert.ts';
import type { AlertAnswer, AlertsAnswer } from '../../contracts/v8/alerts.ts';
import { iso } from '../../kernel/time.ts';
import type { EngineContext } from '../context.ts';

/** What there was to tell, newest first, and how each was told. @throws StoreError `bad_cursor` */
export async function alerts(context: EngineContext, { limit, cursor }: { limit: number; cursor?: string | undefined }): Promise<AlertsAnswer> {
  const page = await context.ledger.alerts.page({ limit, cursor: cursor ?? null });
  return { alerts: page.items.map(alertAnswer), next: page.next, timestamp: iso(context.clock.now()) };
}

/** An alert as the API shows it. */
export function alertAnswer({ alert, deliveries }: OpenAlert): AlertAnswer {
  const { id, kind, severity, atMs, sessionId, symbol, evidence, title, text, facts } = alert;
  const tried = channelNameSchema.options.filter((channel) => deliveries[channel] !== undefined);
  return {
    id,
    kind,
    severity,
    at: iso(atMs),
    sessionId,
    symbol,
    evidence,
    title,
    text,
    facts,
    deliveries: tried.map((channel) => {
      const { state, attempts, atMs: tellMs, why } = deliveryOn(deliveries, channel);
      return { channel, state, attempts, at: iso(tellMs), why };
    }),
  };
}
