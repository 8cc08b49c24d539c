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

// Table and not TableV2, because only Table can take the provisioned capacity of the free tier later without being replaced.
function table(scope: Construct, id: string, declared: TableDeclaration, isProtected: boolean): Table {
  return new Table(scope, id, {
    partitionKey: { name: declared.partitionKey, type: AttributeType.STRING },
    sortKey: { name: declared.sortKey, type: AttributeType.STRING },
    billingMode: BillingMode.PAY_PER_REQUEST,
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: declared.isRetained },
    deletionProtection: isProtected,
    removalPolicy: isProtected ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    ...(declared.ttlAttribute === null ? {} : { timeToLiveAttribute: declared.ttlAttribute }),
    ...(declared.hasStream ? { stream: StreamViewType.NEW_IMAGE } : {}),
  });
}
