import type { PutEventsRequestEntry } from '@aws-sdk/client-eventbridge';
import type { DynamoDBBatchResponse, DynamoDBRecord, DynamoDBStreamEvent } from 'aws-lambda';
import * as z from 'zod';
import { BUS_SOURCE, type BusDetail } from '../../shared/contracts/bus-event.ts';
import { busFacts } from '../../shared/contracts/bus-facts.ts';
import { messageOf, NightdeskError } from '../../shared/kernel/errors.ts';
import type { Log } from '../../shared/kernel/log.ts';

/** Puts events on the bus; the answer has for each whether it was taken, in the same order. */
export type Send = (entries: readonly PutEventsRequestEntry[]) => Promise<readonly boolean[]>;

class OutboxError extends NightdeskError<'not_told'> {}

// PutEvents takes at most ten.
const BATCH = 10;

const text = z.object({ S: z.string() });
const journalRow = z.object({ pk: text, seq: z.object({ N: z.string() }), type: text, body: text });

/**
 * Tells new rows of the journal on the bus, in their order. The first that cannot be told is named in the answer: the platform
 * comes again with it and what follows, so an event may be told twice and none is passed over. One that stands first is an
 * error instead: on errors, and on nothing else, the platform cuts a batch in two, until the row that cannot be told is alone
 * and given up by itself. Named again and again it would take the whole batch behind it along.
 * @throws OutboxError `not_told`
 */
export async function relayJournal({ Records }: DynamoDBStreamEvent, send: Send, log: Log): Promise<DynamoDBBatchResponse> {
  for (let at = 0; at < Records.length; at += BATCH) {
    const told = await tell(Records.slice(at, at + BATCH), send, log);
    const failed = told === null ? undefined : Records[at + told];
    if (failed === undefined) continue;
    const itemIdentifier = failed.dynamodb?.SequenceNumber ?? '';
    if (failed === Records[0]) throw new OutboxError('not_told', `The first of ${Records.length} rows was not told: ${itemIdentifier}`);
    return { batchItemFailures: [{ itemIdentifier }] };
  }
  return { batchItemFailures: [] };
}

/** @returns which record is the first that was not told; null when all were */
async function tell(records: readonly DynamoDBRecord[], send: Send, log: Log): Promise<number | null> {
  const entries = records.map(entryOf);
  const foreign = entries.indexOf(null);
  const sound = (foreign === -1 ? entries : entries.slice(0, foreign)).filter((entry) => entry !== null);
  if (foreign !== -1) log('error', 'outbox-row-not-read', { sequence: records[foreign]?.dynamodb?.SequenceNumber });
  try {
    const taken = sound.length === 0 ? [] : await send(sound);
    const refused = taken.indexOf(false);
    for (const entry of refused === -1 ? sound : sound.slice(0, refused)) log('info', 'event-told', toldFacts(entry));
    if (refused !== -1) log('error', 'outbox-event-refused', { sequence: records[refused]?.dynamodb?.SequenceNumber });
    if (refused !== -1) return refused;
  } catch (error) {
    log('error', 'outbox-not-told', { events: sound.length, why: messageOf(error) });
    return 0;
  }
  return foreign === -1 ? null : foreign;
}

const toldFacts = ({ DetailType, Detail = '' }: PutEventsRequestEntry) => ({ type: DetailType, ...busFacts(JSON.parse(Detail)) });

/** The event that a row of the stream is, or null for a row that is none of the journal. */
function entryOf({ dynamodb }: DynamoDBRecord): PutEventsRequestEntry | null {
  const row = journalRow.safeParse(dynamodb?.NewImage);
  if (!row.success) return null;
  const { pk, seq, type, body } = row.data;
  const detail: BusDetail = { partition: pk.S, seq: seq.N, event: body.S };
  return { Source: BUS_SOURCE, DetailType: type.S, Detail: JSON.stringify(detail) };
}
