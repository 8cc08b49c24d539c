import { CfnOutput, type Environment, Stack } from 'aws-cdk-lib';
import type { IEventBus } from 'aws-cdk-lib/aws-events';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { eventBus } from './constructs/event-bus.ts';
import { type Outbox, outboxFunction } from './constructs/outbox-function.ts';
import { reportBucket } from './constructs/report-bucket.ts';
import { type Tables, tables } from './constructs/tables.ts';

export interface DataStack extends Tables {
  readonly stack: Stack;
  readonly bus: IEventBus;
  readonly outbox: Outbox;
  readonly reports: IBucket;
}

export interface DataStackProps {
  readonly env: Environment;
  /** Whether the ledger may be deleted: the last step before it is. */
  readonly isLedgerReleased: boolean;
}

/** What outlives every deployment: the tables, the bus on which the ledger's events are told, and the reports. */
export function dataStack(scope: Construct, { env, isLedgerReleased }: DataStackProps): DataStack {
  const stack = new Stack(scope, 'NightdeskData', {
    env,
    description: 'Nightdesk: account ledger, market data, domain events, reports',
    terminationProtection: !isLedgerReleased,
  });
  const { ledger, market } = tables(stack, { isLedgerReleased });
  const bus = eventBus(stack);
  const outbox = outboxFunction(stack, { ledger, bus });
  const reports = reportBucket(stack);
  new CfnOutput(stack, 'LedgerTable', { value: ledger.tableName });
  new CfnOutput(stack, 'MarketTable', { value: market.tableName });
  new CfnOutput(stack, 'EventBus', { value: bus.eventBusName });
  new CfnOutput(stack, 'ReportBucket', { value: reports.bucketName });
  return { stack, bus, ledger, market, outbox, reports };
}
