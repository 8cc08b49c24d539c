import { CfnOutput, type Environment, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { type ApiAccess, apiAccessOf } from '../../shared/config/api-access.ts';
import { toVariables } from '../../shared/config/environment.ts';
import { nseCalendar, specialHoursOf } from '../../shared/config/nse-calendar.ts';
import { alerts, alertVariables, alertWishes, parametersLayer } from './constructs/alerts.ts';
import { deadLetterQueue } from './constructs/dead-letter-queue.ts';
import { feedService } from './constructs/feed-service.ts';
import { grantLedger, grantMarketRead, grantMarketWrite } from './constructs/grants.ts';
import { httpApi } from './constructs/http-api.ts';
import { nudgeQueue } from './constructs/nudge-queue.ts';
import { scheduledFunctions } from './constructs/scheduled-functions.ts';
import type { DataStack } from './data-stack.ts';

/** What trades: the feed with its matcher, the scheduled functions, and the API; and what tells of it. It holds no state of its own. */
export function tradingStack(scope: Construct, env: Environment, { bus, ledger, market }: DataStack): Stack {
  const stack = new Stack(scope, 'NightdeskTrading', { env, description: 'Nightdesk: feed and matcher, schedules, API' });
  const nudges = nudgeQueue(stack);
  const environment = toVariables({
    ledgerTable: ledger.tableName,
    marketTable: market.tableName,
    nudgeQueueUrl: nudges.queueUrl,
    world: 'live',
    marketMode: 'switch',
    // Muhurat hours are told by a circular of the year: --context nseHours=2026-11-08=18:00-19:00
    nseHours: nseHours(scope.node.tryGetContext('nseHours')),
  });

  const failedRuns = deadLetterQueue(stack, 'FailedRuns');
  const wishes = alertWishes((name) => scope.node.tryGetContext(name));
  const { alerts: teller, ...scheduled } = scheduledFunctions(stack, {
    environment,
    failedRuns,
    own: { alerts: { environment: alertVariables(wishes, bus), paramsAndSecrets: parametersLayer() } },
  });
  alerts(stack, { made: teller, bus, ledger, market, undelivered: deadLetterQueue(stack, 'UndeliveredEvents'), wishes });
  const api = httpApi(stack, { environment, access: apiAccess(scope) });
  for (const { role } of [...Object.values(scheduled), api]) {
    grantLedger(ledger, role);
    grantMarketRead(market, role);
    nudges.grant(role, 'sqs:SendMessage');
  }

  const feed = feedService(stack, { environment });
  grantLedger(ledger, feed.role);
  grantMarketRead(market, feed.role);
  grantMarketWrite(market, feed.role);
  nudges.grant(feed.role, 'sqs:ReceiveMessage', 'sqs:DeleteMessage');

  new CfnOutput(stack, 'ApiUrl', { value: api.url });
  return stack;
}

/**
 * Who may call, from the context: `--context allowedOrigins=https://desk.example` (several by commas), and
 * `--context jwtIssuer=https://... --context jwtAudience=...` in place of the house's own tokens.
 * @throws ApiAccessError `bad_access` before anything is deployed
 */
function apiAccess({ node }: Construct): ApiAccess {
  const list = (value: unknown): unknown => (typeof value === 'string' ? value.split(',') : value);
  return apiAccessOf({
    jwtIssuer: node.tryGetContext('jwtIssuer'),
    jwtAudience: list(node.tryGetContext('jwtAudience')),
    allowedOrigins: list(node.tryGetContext('allowedOrigins')),
  });
}

/** The context's hours of special sessions. @throws CalendarError `bad_hours`, `no_special_session` before anything is deployed */
function nseHours(context: unknown): string {
  if (typeof context !== 'string') return 'none';
  nseCalendar(specialHoursOf(context));
  return context;
}
