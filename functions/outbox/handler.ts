import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import middy from '@middy/core';
import type { DynamoDBStreamEvent } from 'aws-lambda';
import { busNameOf } from '../../shared/config/outbox.ts';
import { jsonLog } from '../../shared/kernel/log.ts';
import { relayJournal, type Send } from './relay.ts';

const log = jsonLog((line) => process.stdout.write(`${line}\n`), Date.now);

let made: Send | undefined;

/** Puts on the bus that the environment names, through one client a process. */
function sender(): Send {
  const busName = busNameOf(process.env);
  const client = new EventBridgeClient({ maxAttempts: 3 });
  return async (entries) => {
    const { Entries = [] } = await client.send(new PutEventsCommand({ Entries: entries.map((entry) => ({ ...entry, EventBusName: busName })) }));
    return entries.map((_, index) => Entries[index]?.EventId !== undefined);
  };
}

export const handler = middy((event: DynamoDBStreamEvent) => {
  made ??= sender();
  return relayJournal(event, made, log);
});
