import * as z from 'zod';
import { severitySchema } from '../contracts/alert.ts';
import { TIMEFRAMES } from '../market/timeframe.ts';
import data from './data/alerts.json' with { type: 'json' };
import { source } from './effective.ts';

const share = z.number().positive().lt(1);
const ms = z.number().int().positive();
const count = z.number().int().positive();

const schema = z
  .strictObject({
    from: z.iso.date(),
    /** Result of the trading day, shares of the equity that it opened with. */
    dayResult: z.strictObject({ profit: share, loss: share }).readonly(),
    /** Falls from the highest equity mark, smallest first. */
    drawdown: z.array(z.strictObject({ share, severity: severitySchema }).readonly()).readonly(),
    /** Volume of a closed bar over the mean of those before it. */
    unusualVolume: z.strictObject({ timeframe: z.enum(TIMEFRAMES), usualBars: count.max(60), times: z.number().gt(1) }).readonly(),
    /** From the highest or lowest close of the window; told again for each further share, over when less than `overAtShare` is left. */
    priceMove: z.strictObject({ share, windowMinutes: count.max(63), overAtShare: share }).readonly(),
    /** A traded feed that is not up for this long is told of. */
    feedAwayMs: ms,
    delivery: z
      .strictObject({
        timeoutMs: ms,
        /** How often a channel is tried before an alert is given up. */
        attempts: count,
        /** Doubles with every attempt up to the most. */
        firstBackOffMs: ms,
        mostBackOffMs: ms,
        /** A channel that asks for more patience than this is asked again all the same. */
        mostRetryAfterMs: ms,
        /** Alerts in one message: those that wait are told together. */
        mostInOne: count,
        /** Between two messages of a channel. */
        gapMs: ms,
        /** Messages of a channel within the window; critical alerts do not wait for it. */
        most: count,
        windowMs: ms,
      })
      .readonly(),
    telegramApi: z.url({ protocol: /^https$/ }),
    source,
  })
  .refine(({ priceMove }) => priceMove.overAtShare < priceMove.share, { error: 'a move begins at more than it ends at' })
  .readonly();

/** Validates the settings of the alerts. @throws z.ZodError */
export const parseAlertRules = (value: unknown): z.infer<typeof schema> => schema.parse(value);

/** What is told of, and how it is delivered. */
export const ALERT_RULES = parseAlertRules(data);
export type AlertRules = typeof ALERT_RULES;
export type DeliveryRules = AlertRules['delivery'];
