import { Aws } from 'aws-cdk-lib';
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import type { IEventBus } from 'aws-cdk-lib/aws-events';
import { PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { CfnPipe } from 'aws-cdk-lib/aws-pipes';
import { Construct } from 'constructs';
import { BUS_SOURCE } from '../../../shared/contracts/bus-event.ts';
import { NightdeskError } from '../../../shared/kernel/errors.ts';
import { JOURNAL_PREFIX } from '../../../shared/store/keys.ts';
import { deadLetterQueue } from './dead-letter-queue.ts';
import { logGroup } from './log-group.ts';

export class OutboxError extends NightdeskError<'no_stream'> {}

/**
 * Tells every new row of the journal on the bus: the journal is its own outbox, because a row that is committed is in the
 * table's stream. An event may be told twice; consumers know it by its partition (the session) and sequence.
 * The detail of an event is `{ partition, seq, event }`, all text: a pipe copies values of a row, it cannot parse them, so
 * `event` is the JSON text of the journal's event.
 */
export function outboxPipe(parent: Construct, { ledger, bus }: { readonly ledger: Table; readonly bus: IEventBus }): CfnPipe {
  const scope = new Construct(parent, 'Outbox');
  const source = streamOf(ledger);
  const undelivered = deadLetterQueue(scope, 'Undelivered');
  // Pipes writes its log by vended delivery, which may write to groups of this prefix.
  const logs = logGroup(scope, 'Logs', `/aws/vendedlogs/pipes/${Aws.STACK_NAME}-outbox`);
  const role = new Role(scope, 'Role', {
    assumedBy: new ServicePrincipal('pipes.amazonaws.com', { conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } } }),
    description: 'Nightdesk outbox: journal stream to event bus',
    inlinePolicies: {
      outbox: new PolicyDocument({
        statements: [
          new PolicyStatement({
            actions: ['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator', 'dynamodb:ListStreams'],
            resources: [source],
          }),
          new PolicyStatement({ actions: ['events:PutEvents'], resources: [bus.eventBusArn] }),
          new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [undelivered.queueArn] }),
          new PolicyStatement({ actions: ['logs:CreateLogStream', 'logs:PutLogEvents'], resources: [logs.logGroupArn] }),
        ],
      }),
    },
  });
  return new CfnPipe(scope, 'Pipe', {
    description: 'New rows of the journal become domain events',
    roleArn: role.roleArn,
    source,
    sourceParameters: {
      filterCriteria: { filters: [{ pattern: JSON.stringify(NEW_JOURNAL_ROW) }] },
      dynamoDbStreamParameters: {
        startingPosition: 'TRIM_HORIZON',
        batchSize: 10,
        maximumRetryAttempts: 10,
        onPartialBatchItemFailure: 'AUTOMATIC_BISECT',
        deadLetterConfig: { arn: undelivered.queueArn },
      },
    },
    target: bus.eventBusArn,
    targetParameters: {
      eventBridgeEventBusParameters: { source: BUS_SOURCE, detailType: '$.dynamodb.NewImage.type.S' },
      inputTemplate: DETAIL,
    },
    logConfiguration: { level: 'ERROR', cloudwatchLogsLogDestination: { logGroupArn: logs.logGroupArn } },
  });
}

const NEW_JOURNAL_ROW = { eventName: ['INSERT'], dynamodb: { Keys: { sk: { S: [{ prefix: JOURNAL_PREFIX }] } } } };

const DETAIL = '{"partition": <$.dynamodb.NewImage.pk.S>, "seq": <$.dynamodb.NewImage.seq.N>, "event": <$.dynamodb.NewImage.body.S>}';

function streamOf(table: Table): string {
  if (table.tableStreamArn === undefined) {
    throw new OutboxError('no_stream', `The outbox needs a table with a stream, received ${table.node.path} without one`);
  }
  return table.tableStreamArn;
}
