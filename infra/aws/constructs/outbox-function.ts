import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import type { IEventBus } from 'aws-cdk-lib/aws-events';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { EventSourceMapping, StartingPosition } from 'aws-cdk-lib/aws-lambda';
import { SqsDlq } from 'aws-cdk-lib/aws-lambda-event-sources';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { BUS_NAME_VARIABLE } from '../../../shared/config/outbox.ts';
import { NightdeskError } from '../../../shared/kernel/errors.ts';
import { JOURNAL_PREFIX } from '../../../shared/store/keys.ts';
import { FUNCTION_MEMORY_MIB } from '../function-memory.ts';
import { deadLetterQueue } from './dead-letter-queue.ts';
import { type HouseFunction, houseFunction } from './house-function.ts';

export class OutboxError extends NightdeskError<'no_stream'> {}

export interface Outbox extends HouseFunction {
  /** What could not be told. */
  readonly undelivered: IQueue;
}

/**
 * Tells every new row of the journal on the bus: the journal is its own outbox, because a row that is committed is in the
 * table's stream. An event may be told twice; consumers know it by its partition (the session) and sequence.
 * A function and no pipe: reading the stream is free for a function's trigger, and four times a second all month it is not.
 */
export function outboxFunction(parent: Construct, { ledger, bus }: { readonly ledger: Table; readonly bus: IEventBus }): Outbox {
  const scope = new Construct(parent, 'Outbox');
  const source = streamOf(ledger);
  const undelivered = deadLetterQueue(scope, 'Undelivered');
  const made = houseFunction(parent, {
    name: 'outbox',
    description: 'Tells new rows of the journal on the bus',
    memoryMiB: FUNCTION_MEMORY_MIB.outbox,
    timeoutSeconds: 30,
    environment: { [BUS_NAME_VARIABLE]: bus.eventBusName },
  });
  made.role.addToPolicy(
    new PolicyStatement({
      actions: ['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator', 'dynamodb:ListStreams'],
      resources: [source],
    }),
  );
  made.role.addToPolicy(new PolicyStatement({ actions: ['events:PutEvents'], resources: [bus.eventBusArn] }));
  const mapping = new EventSourceMapping(scope, 'Journal', {
    target: made.lambda,
    eventSourceArn: source,
    // Events that were committed before the function was there are told too.
    startingPosition: StartingPosition.TRIM_HORIZON,
    batchSize: 100,
    retryAttempts: 10,
    bisectBatchOnError: true,
    reportBatchItemFailures: true,
    filters: [{ pattern: JSON.stringify(NEW_JOURNAL_ROW) }],
    onFailure: new SqsDlq(undelivered),
  });
  // The mapping is refused as long as the function may not read the stream.
  mapping.node.addDependency(made.role);
  return { ...made, undelivered };
}

const NEW_JOURNAL_ROW = { eventName: ['INSERT'], dynamodb: { Keys: { sk: { S: [{ prefix: JOURNAL_PREFIX }] } } } };

function streamOf(table: Table): string {
  if (table.tableStreamArn === undefined) {
    throw new OutboxError('no_stream', `The outbox needs a table with a stream, received ${table.node.path} without one`);
  }
  return table.tableStreamArn;
}
