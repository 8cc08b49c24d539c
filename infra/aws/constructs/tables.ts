import { RemovalPolicy, Validations } from 'aws-cdk-lib';
import { AttributeType, BillingMode, StreamViewType, Table } from 'aws-cdk-lib/aws-dynamodb';
import type { Construct } from 'constructs';
import { TABLES, type TableDeclaration } from '../../../shared/store/tables.ts';

export interface Tables {
  readonly ledger: Table;
  readonly market: Table;
}

/** The tables as `shared/store/tables.ts` declares them. */
export function tables(scope: Construct, { isLedgerReleased }: { readonly isLedgerReleased: boolean }): Tables {
  const ledger = table(scope, 'Ledger', TABLES.ledger, !isLedgerReleased);
  const market = table(scope, 'Market', TABLES.market, false);
  Validations.of(market).acknowledge({
    id: 'AwsSolutions::AwsSolutions-DDB3',
    reason: 'Prices and bars expire within days and come again from their source: a backup of them would cost money and restore nothing.',
  });
  return { ledger, market };
}

// Table and not TableV2, because only Table takes a fixed capacity, such as the free tier's. No scaling of it: its alarms cost more than the units.
function table(scope: Construct, id: string, declared: TableDeclaration, isProtected: boolean): Table {
  return new Table(scope, id, {
    partitionKey: { name: declared.partitionKey, type: AttributeType.STRING },
    sortKey: { name: declared.sortKey, type: AttributeType.STRING },
    ...(declared.capacity === null
      ? { billingMode: BillingMode.PAY_PER_REQUEST }
      : { billingMode: BillingMode.PROVISIONED, writeCapacity: declared.capacity.writeUnits, readCapacity: declared.capacity.readUnits }),
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: declared.isRetained },
    deletionProtection: isProtected,
    removalPolicy: isProtected ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    ...(declared.ttlAttribute === null ? {} : { timeToLiveAttribute: declared.ttlAttribute }),
    ...(declared.hasStream ? { stream: StreamViewType.NEW_IMAGE } : {}),
  });
}
