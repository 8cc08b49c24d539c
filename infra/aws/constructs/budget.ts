import { CfnBudget } from 'aws-cdk-lib/aws-budgets';
import type { Construct } from 'constructs';
import type { Deployment } from '../../../shared/config/deployment.ts';

/** Share of the budget at which somebody is told, while there is still time to do something. */
const TOLD_AT_PERCENT = 80;

/** Tells a person by e-mail when the account's bill comes near its budget, and when its forecast passes it. Without an address there is none. */
export function costBudget(scope: Construct, { monthlyUsd, email }: Deployment['budget']): CfnBudget | null {
  if (email === null) return null;
  const subscribers = [{ subscriptionType: 'EMAIL', address: email }];
  const told = (notificationType: 'ACTUAL' | 'FORECASTED', threshold: number) => ({
    notification: { notificationType, comparisonOperator: 'GREATER_THAN', threshold, thresholdType: 'PERCENTAGE' },
    subscribers,
  });
  return new CfnBudget(scope, 'Budget', {
    budget: { budgetType: 'COST', timeUnit: 'MONTHLY', budgetLimit: { amount: monthlyUsd, unit: 'USD' } },
    notificationsWithSubscribers: [told('ACTUAL', TOLD_AT_PERCENT), told('FORECASTED', 100)],
  });
}
