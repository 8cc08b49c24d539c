import * as z from 'zod';
import { type ScanRecord, scanRecordSchema } from '../contracts/decisions.ts';
import { type Trade, tradeSchema } from '../contracts/fill.ts';
import { accountHeadSchema, type JournalRow, journalRowSchema } from '../contracts/journal.ts';
import { orderSchema, orderStateSchema } from '../contracts/order.ts';
import { type Position, positionSchema } from '../contracts/position.ts';
import { type Receipt, type SessionSummary, type StoredOrder, StoreError } from '../engine/ports.ts';
import { text } from '../kernel/decimal.ts';
import type { EpochMs } from '../kernel/time.ts';
import { type Account, reserved } from '../ledger/account.ts';
import { eventText } from '../ledger/row-text.ts';
import { checked, packedBody, parseJson, plainBody, readAttributes, readBody } from './body.ts';
import { LEDGER_FORMAT } from './format-number.ts';
import type { Attributes, Item } from './items.ts';

/** The rows of the ledger: how each is written, and how it is read back. Amounts outside of bodies are for conditions and for people. */

const count = z.number().int().nonnegative();

const headAttributesSchema = z.object({ seq: count, positions: z.array(z.string()).readonly(), orders: z.array(z.string()).readonly() });

// Made once: a schema is compiled when it is used first, which costs as much as a hundred rows.
const seqSchema = z.object({ seq: count });

/** A head with the ids of the rows that belong to it, in the account's own order. */
export interface HeadRow {
  readonly head: z.infer<typeof accountHeadSchema>;
  readonly positionIds: readonly string[];
  readonly orderIds: readonly string[];
}

export function headAttributes(account: Account): Attributes {
  const { positions, orders, ...head } = account;
  return {
    seq: head.seq,
    hash: head.hash,
    status: head.status,
    cash: text(head.cash),
    reserved: text(reserved(account)),
    positions: [...positions.keys()],
    orders: [...orders.keys()],
    body: plainBody(head),
  };
}

export function readHead(item: Item): HeadRow {
  const { positions, orders, seq } = readAttributes(item, headAttributesSchema);
  const head = readBody(item, accountHeadSchema);
  if (head.seq !== seq) {
    throw new StoreError('corrupt', `Row ${item.pk} ${item.sk} counts ${seq} rows, its body ${head.seq}`, { pk: item.pk, sk: item.sk });
  }
  return { head, positionIds: positions, orderIds: orders };
}

export const readSeq = (item: Item): number => readAttributes(item, seqSchema).seq;

export const journalAttributes = (row: JournalRow): Attributes => ({
  seq: row.seq,
  hash: row.hash,
  commandId: row.commandId,
  type: row.event.type,
  body: eventText(row),
});

export const readJournalRow = (item: Item): JournalRow =>
  checked(item, journalRowSchema, () => ({ ...item.attributes, event: parseJson(item.attributes.body) }));

export const positionAttributes = (position: Position): Attributes => ({ version: position.version, body: plainBody(position) });

export const readPosition = (item: Item): Position => readBody(item, positionSchema);

const standingSchema = z.object({ state: orderStateSchema, reason: z.string().nullable(), endedMs: count.nullable() });

export const orderAttributes = (stored: StoredOrder): Attributes => ({
  version: stored.order.version,
  filledQuantity: text(stored.order.filledQuantity),
  state: stored.state,
  ...(stored.reason === null ? {} : { reason: stored.reason }),
  ...(stored.endedMs === null ? {} : { endedMs: stored.endedMs }),
  body: plainBody(stored.order),
});

export function readOrder(item: Item): StoredOrder {
  const standing = { state: item.attributes.state, reason: item.attributes.reason ?? null, endedMs: item.attributes.endedMs ?? null };
  return { order: readBody(item, orderSchema), ...checked(item, standingSchema, () => standing) };
}

const receiptSchema = z.object({ id: z.string(), bodyDigest: z.string().nullable(), seq: count, outcome: z.unknown() });

export const receiptAttributes = (receipt: Receipt): Attributes => ({ seq: receipt.seq, body: plainBody(receipt) });

export function readReceipt(item: Item): Receipt {
  const { id, bodyDigest, seq, outcome } = readBody(item, receiptSchema);
  return { id, bodyDigest, seq, outcome: outcome ?? null };
}

export const scanAttributes = (scan: ScanRecord): Attributes => ({ ordinal: scan.ordinal, body: packedBody(scan) });

export const readScan = (item: Item): ScanRecord => readBody(item, scanRecordSchema);

export const tradeAttributes = (trade: Trade): Attributes => ({ positionId: trade.id, net: text(trade.realised.net), body: plainBody(trade) });

export const readTrade = (item: Item): Trade => readBody(item, tradeSchema);

const summarySchema = z.object({ sessionId: z.string(), startedMs: count });

export const sessionAttributes = (account: Account): Attributes => ({
  sessionId: account.sessionId,
  startedMs: account.startedMs,
  format: LEDGER_FORMAT,
});

export const readSession = (item: Item): SessionSummary => readAttributes(item, summarySchema);

const activeSchema = z.object({ sessionId: z.string() });

export const readActive = (item: Item): string => readAttributes(item, activeSchema).sessionId;

/** How far a session's journal has been relayed to the bus: the journal itself is the outbox. */
export interface Relay {
  readonly sessionId: string;
  readonly startedMs: EpochMs;
  readonly relayedSeq: number;
}

export const relayAttributes = (relay: Relay): Attributes => ({ ...relay });

const relaySchema = summarySchema.extend({ relayedSeq: count });

export const readRelay = (item: Item): Relay => readAttributes(item, relaySchema);

const placeSchema = z.object({ orderId: z.string() });

export const readOrderId = (item: Item): string => readAttributes(item, placeSchema).orderId;
