import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';

/**
 * Reads and commits of the ledger. A transaction needs the permission of each of its parts: rows are put and taken away,
 * never updated in place (the one update, of the relay's mark, is of the relay on one machine). There is no scan and no
 * table administration.
 */
export function grantLedger(ledger: ITable, grantee: IGrantable): void {
  ledger.grant(grantee, 'dynamodb:GetItem', 'dynamodb:BatchGetItem', 'dynamodb:Query', 'dynamodb:PutItem', 'dynamodb:DeleteItem');
}

export function grantLedgerRead(ledger: ITable, grantee: IGrantable): void {
  ledger.grant(grantee, 'dynamodb:GetItem', 'dynamodb:BatchGetItem', 'dynamodb:Query');
}

export function grantMarketRead(market: ITable, grantee: IGrantable): void {
  market.grant(grantee, 'dynamodb:GetItem', 'dynamodb:BatchGetItem', 'dynamodb:Query');
}

/** Prices and bars, and the check of the lease by which fills are fenced. Nothing is taken away: rows expire. */
export function grantMarketWrite(market: ITable, grantee: IGrantable): void {
  market.grant(grantee, 'dynamodb:PutItem', 'dynamodb:UpdateItem', 'dynamodb:ConditionCheckItem');
}
