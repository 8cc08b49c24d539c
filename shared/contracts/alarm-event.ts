import * as z from 'zod';

/** How CloudWatch tells on the account's bus that an alarm has changed. */
export const ALARM_SOURCE = 'aws.cloudwatch';
export const ALARM_CHANGE = 'CloudWatch Alarm State Change';

const stateSchema = z.object({ value: z.enum(['ALARM', 'OK', 'INSUFFICIENT_DATA']), reason: z.string().default(''), timestamp: z.string() });

/** The parts that are read. @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html */
export const alarmEventSchema = z.object({
  id: z.string(),
  source: z.literal(ALARM_SOURCE),
  account: z.string(),
  'detail-type': z.literal(ALARM_CHANGE),
  detail: z.object({
    alarmName: z.string(),
    state: stateSchema,
    previousState: stateSchema.optional(),
    configuration: z.object({ description: z.string().optional() }).optional(),
  }),
});
export type AlarmEvent = z.infer<typeof alarmEventSchema>;
