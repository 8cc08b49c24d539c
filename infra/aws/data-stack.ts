import { CfnOutput, type Environment, Stack } from 'aws-cdk-lib';
import type { IEventBus } from 'aws-cdk-lib/aws-events';
import type { Construct } from 'constructs';
import { eventBus } from './constructs/event-bus.ts';
import { outboxFunction } from './constructs/outbox-function.ts';
import { type Tables, tables } from './constructs/tables.ts';

export interface DataStack extends Tables {
  readonly stack: Stack;
  readonly bus: IEventBus;
}

export interface DataStackProps {
  readonly env: Environment;
  /** Whether the ledger may be deleted: the last step before it is. */
  readonly isLedgerReleased: boolean;
}

/** What outlives every deployment: the tables, and the bus on which the ledger's events are told. */
export function dataStack(scope: Construct, { env, isLedgerReleased }: DataStackProps): DataStack {
  const stack = new Stack(scope, 'NightdeskData', {
    env,
    description: 'Nightdesk: account ledger, market data, domain events',
    terminationProtection: !isLedgerReleased,
  });
  const { ledger, market } = tables(stack, { isLedgerReleased });
  const bus = eventBus(stack);
  outboxFunction(stack, { ledger, bus });
  new CfnOutput(stack, 'LedgerTable', { value: ledger.tableName });
  new CfnOutput(stack, 'MarketTable', { value: market.tableName });
  new CfnOutput(stack, 'EventBus', { value: bus.eventBusName });
  return { stack, bus, ledger, market };
}
