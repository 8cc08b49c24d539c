import * as z from 'zod';
import { alertKindSchema, channelNameSchema, severitySchema } from '../alert.ts';
import { evidenceSchema } from '../terms.ts';
import { instant, pageQuery } from './common.ts';

export const alertsQuery = z.strictObject(pageQuery);

export const alertAnswer = z.strictObject({
  id: z.string(),
  kind: alertKindSchema,
  severity: severitySchema,
  at: instant,
  sessionId: z.string().nullable(),
  symbol: z.string().nullable(),
  evidence: evidenceSchema,
  title: z.string(),
  text: z.string(),
  facts: z.record(z.string(), z.union([z.string(), z.number(), z.null()])),
  /** How it was told on each channel that there is. Empty while none has tried, and where none is set up. */
  deliveries: z.array(
    z.strictObject({
      channel: channelNameSchema,
      /** `dead`: given up, and why. */
      state: z.enum(['waiting', 'delivered', 'dead']),
      attempts: z.number().int(),
      /** Of the delivery or of giving up; while it waits, when it is tried next. */
      at: instant,
      why: z.string().nullable(),
    }),
  ),
});
export type AlertAnswer = z.infer<typeof alertAnswer>;

export const alertsAnswer = z.strictObject({ alerts: z.array(alertAnswer), next: z.string().nullable(), timestamp: instant });
export type AlertsAnswer = z.infer<typeof alertsAnswer>;

export const testAlertBody = z.strictObject({});

/** Kept, and told as soon as the channels are: `GET alerts` shows how that went. */
export const testAlertAnswer = z.strictObject({ success: z.literal(true), alert: alertAnswer, timestamp: instant });
