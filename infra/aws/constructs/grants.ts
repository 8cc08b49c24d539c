import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import { type IGrantable, PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam';
import { ALERTS_PARTITION } from '../../../shared/store/keys.ts';

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

/** New alerts in their own partition, and nothing else of the ledger: nothing of it is changed or taken away. */
export function grantRaisingAlerts(ledger: ITable, role: Role): void {
  role.addToPolicy(alertsStatement(ledger, ['dynamodb:PutItem']));
}

/** All that is done with alerts: raising, telling, remembering. */
export function grantAlerts(ledger: ITable, role: Role): void {
  role.addToPolicy(alertsStatement(ledger, ['dynamodb:PutItem', 'dynamodb:UpdateItem', 'dynamodb:DeleteItem']));
}

const alertsStatement = (ledger: ITable, actions: string[]): PolicyStatement =>
  new PolicyStatement({
    actions,
    resources: [ledger.tableArn],
    conditions: { 'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': [ALERTS_PARTITION] } },
  });
