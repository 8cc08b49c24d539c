import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';

/** Reads and commits of the ledger. A transaction needs the permission of each of its parts; there is no scan and no table administration. */
export function grantLedger(ledger: ITable, grantee: IGrantable): void {
  ledger.grant(
    grantee,
    'dynamodb:GetItem',
    'dynamodb:BatchGetItem',
    'dynamodb:Query',
    'dynamodb:PutItem',
    'dynamodb:UpdateItem',
    'dynamodb:DeleteItem',
    'dynamodb:ConditionCheckItem',
  );
}

export function grantLedgerRead(ledger: ITable, grantee: IGrantable): void {
  ledger.grant(grantee, 'dynamodb:GetItem', 'dynamodb:BatchGetItem', 'dynamodb:Query');
}

export function grantMarketRead(market: ITable, grantee: IGrantable): void {
  market.grant(grantee, 'dynamodb:GetItem', 'dynamodb:BatchGetItem', 'dynamodb:Query');
}

/** Prices and bars, and the lease by which fills are fenced inside the ledger's transaction. */
export function grantMarketWrite(market: ITable, grantee: IGrantable): void {
  market.grant(grantee, 'dynamodb:PutItem', 'dynamodb:UpdateItem', 'dynamodb:DeleteItem', 'dynamodb:ConditionCheckItem');
}
