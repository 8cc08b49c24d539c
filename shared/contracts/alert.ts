import * as z from 'zod';
import { evidenceSchema, ms, name } from './terms.ts';

/** What the trader is told of, as it is kept. */

export const alertKindSchema = z.enum([
  'session',
  'fill',
  'stop-out',
  'exit-waiting',
  'corporate-action',
  'profit',
  'loss',
  'drawdown',
  'risk-halt',
  'model-off',
  'unusual-volume',
  'price-move',
  'feed-down',
  'feed-back',
  'feed-diverged',
  'alarm',
  'nightly',
  'test',
]);
export type AlertKind = z.infer<typeof alertKindSchema>;

/** `critical` is told at any hour: money is at risk and nothing here can help. */
export const severitySchema = z.enum(['info', 'warning', 'critical']);

/**
 * Something that a person should know. The id names its cause: the same cause, seen again by whomever, is the same alert and is
 * told once.
 */
export const alertSchema = z
  .object({
    id: name,
    kind: alertKindSchema,
    severity: severitySchema,
    /** When it happened, by the clock of the world that it happened in. */
    atMs: ms,
    scope: name,
    evidence: evidenceSchema,
    /** Null for what concerns no session. */
    sessionId: name.nullable(),
    symbol: name.nullable(),
    title: name,
    text: name,
    /** The figures of the text, for programs; amounts as decimal strings. */
    facts: z.record(z.string(), z.union([z.string(), z.number(), z.null()])).readonly(),
  })
  .readonly();
export type Alert = z.infer<typeof alertSchema>;

export const channelNameSchema = z.enum(['slack', 'discord', 'telegram', 'webhook', 'mail']);
export type ChannelName = z.infer<typeof channelNameSchema>;

/** How far one channel has come with an alert. `dead`: given up, with the reason. */
export const deliverySchema = z
  .object({
    state: z.enum(['waiting', 'delivered', 'dead']),
    attempts: z.number().int().nonnegative(),
    /** Not tried before this instant while it waits; else when it was delivered or given up. Wall clock. */
    atMs: ms,
    /** Why the last attempt failed; null where none has. */
    why: z.string().nullable(),
  })
  .readonly();
export type Delivery = z.infer<typeof deliverySchema>;

/** By channel; a channel that is not named has not tried yet. */
export const deliveriesSchema = z.partialRecord(channelNameSchema, deliverySchema).readonly();
export type Deliveries = z.infer<typeof deliveriesSchema>;

/** What was sent through each channel lately: what its pace is kept by. Wall clock. */
export const channelPacesSchema = z
  .partialRecord(channelNameSchema, z.object({ sentMs: z.array(ms).readonly(), blockedUntilMs: ms }).readonly())
  .readonly();
export type ChannelPaces = z.infer<typeof channelPacesSchema>;

/** What the watch over a model has counted. */
export const modelWatchSchema = z
  .object({
    modelVersion: name,
    /** The last scan and the last trade that were counted. */
    lastOrdinal: z.number().int(),
    lastTradeSeq: z.number().int(),
    /** Decisions of the window, and of each feature how many fell into which bin of its spread in training. */
    decisions: z.number().int(),
    counts: z.array(z.array(z.number().int()).readonly()).readonly(),
    /** Closed trades that were taken with its odds: how many reached their target, and how many should have. */
    trades: z.number().int(),
    hits: z.number().int(),
    expected: z.number(),
    variance: z.number(),
  })
  .readonly();
export type ModelWatch = z.infer<typeof modelWatchSchema>;

/** What a watch remembers from one minute to the next, so that it tells a cause once. `told` counts, and makes ids. */
export const watchStateSchema = z
  .object({
    /** Traded feeds that are not up, or were not: since when, whether that was told. */
    feeds: z.record(z.string(), z.object({ told: z.number().int(), awaySinceMs: ms.nullable(), isTold: z.boolean() }).readonly()).readonly(),
    /** Symbols that have moved: the price at which that was told last, null when it is over. */
    moves: z.record(z.string(), z.object({ told: z.number().int(), lastPrice: z.number().positive().nullable() }).readonly()).readonly(),
    /** By strategy, what a model met and what became of it; absent where there is no model. */
    models: z.record(z.string(), modelWatchSchema).readonly().optional(),
  })
  .readonly();
export type WatchState = z.infer<typeof watchStateSchema>;
