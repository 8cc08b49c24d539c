import { CfnOutput, type Environment, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { apiAccessOf } from '../../shared/config/api-access.ts';
import { autoStartText } from '../../shared/config/auto-start.ts';
import { type Deployment, symbolsOf } from '../../shared/config/deployment.ts';
import { toVariables } from '../../shared/config/environment.ts';
import { liveScope } from '../../shared/config/nse-scope.ts';
import { REPORTS_BUCKET_VARIABLE } from '../../shared/config/reports.ts';
import type { OutsideModel } from '../../shared/ml/onnx/outside-model.ts';
import { alarms } from './constructs/alarms.ts';
import { alerts, alertVariables } from './constructs/alerts.ts';
import { costBudget } from './constructs/budget.ts';
import { dashboard } from './constructs/dashboard.ts';
import { deadLetterQueue } from './constructs/dead-letter-queue.ts';
import { feedService } from './constructs/feed-service.ts';
import { grantLedger, grantMarketRead, grantMarketWrite } from './constructs/grants.ts';
import { httpApi } from './constructs/http-api.ts';
import { modelFunction } from './constructs/model-function.ts';
import { nightly } from './constructs/nightly.ts';
import { nudgeQueue } from './constructs/nudge-queue.ts';
import { scheduledFunctions } from './constructs/scheduled-functions.ts';
import type { DataStack } from './data-stack.ts';

export interface TradingStackProps {
  readonly env: Environment;
  readonly deployment: Deployment;
  readonly data: DataStack;
  /** Models of somebody else's, which run in a function of their own. */
  readonly outside: readonly OutsideModel[];
}

/** What trades: the feed with its matcher, the scheduled functions, and the API; and what tells of it. It holds no state of its own. */
export function tradingStack(scope: Construct, { env, deployment, data, outside }: TradingStackProps): Stack {
  const { bus, ledger, market, outbox, reports } = data;
  const stack = new Stack(scope, 'NightdeskTrading', { env, description: 'Nightdesk: feed and matcher, schedules, API' });
  const nudges = nudgeQueue(stack);
  const models = outside.length === 0 ? null : modelFunction(stack, outside);
  const settings = toVariables({
    ledgerTable: ledger.tableName,
    marketTable: market.tableName,
    nudgeQueueUrl: nudges.queueUrl,
    world: liveScope(deployment.nse ?? 'simulated'),
    marketMode: deployment.marketMode,
    nseHours: deployment.nseHours,
    symbols: symbolsOf(deployment).join(','),
    autoStart: autoStartText(deployment.autoStart),
  });
  const environment = { ...settings, ...models?.environment };

  const failedRuns = deadLetterQueue(stack, 'FailedRuns');
  const wishes = { email: deployment.alerts.email, quiet: deployment.alerts.quiet, muted: deployment.alerts.mute.join(',') || 'none' };
  const {
    alerts: teller,
    nightly: reporter,
    ...scheduled
  } = scheduledFunctions(stack, {
    environment,
    failedRuns,
    enabled: deployment.schedules,
    own: {
      alerts: { environment: alertVariables(wishes, bus) },
      nightly: { environment: { [REPORTS_BUCKET_VARIABLE]: reports.bucketName } },
    },
  });
  const undelivered = deadLetterQueue(stack, 'UndeliveredEvents');
  alerts(stack, { made: teller, bus, ledger, market, undelivered, wishes });
  nightly({ made: reporter, ledger, reports });
  const api = httpApi(stack, { environment, access: apiAccessOf(deployment.api) });
  for (const { role } of [...Object.values(scheduled), api]) {
    grantLedger(ledger, role);
    grantMarketRead(market, role);
    nudges.grant(role, 'sqs:SendMessage');
  }

  for (const { role } of [scheduled.scan, api]) models?.grantAsking(role);

  const feed = feedService(stack, { environment, deployment });
  grantLedger(ledger, feed.role);
  grantMarketRead(market, feed.role);
  grantMarketWrite(market, feed.role);
  nudges.grant(feed.role, 'sqs:ReceiveMessage', 'sqs:DeleteMessage');

  costBudget(stack, { ...deployment.budget, email: deployment.budget.email ?? deployment.alarmEmail });
  const deadLetters = { failedRuns, undeliveredEvents: undelivered, untoldEvents: outbox.undelivered };
  const raised = alarms(stack, {
    deployment,
    deadLetters,
    outbox: outbox.lambda,
    ledger,
    apiId: api.apiId,
    teller: teller.lambda,
    undelivered,
  });
  dashboard(stack, {
    alarms: raised,
    functions: { ...scheduled, alerts: teller, nightly: reporter, api, outbox },
    queues: deadLetters,
    ledger,
    feed,
  });
  new CfnOutput(stack, 'ApiUrl', { value: api.url });
  return stack;
}
