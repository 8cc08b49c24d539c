import { Arn, Aws, Duration, Stack } from 'aws-cdk-lib';
import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import { type IEventBus, Rule, RuleTargetInput } from 'aws-cdk-lib/aws-events';
import { LambdaFunction, SnsTopic } from 'aws-cdk-lib/aws-events-targets';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { TOLD_EVENTS } from '../../../shared/alerts/event-alerts.ts';
import { ALERT_VARIABLES } from '../../../shared/config/alert-settings.ts';
import { ALERT_MAIL, BUS_SOURCE } from '../../../shared/contracts/bus-event.ts';
import { grantAlerts, grantLedgerRead, grantMarketRead } from './grants.ts';
import type { HouseFunction } from './house-function.ts';

/** The SecureString with the channels' secrets. Nobody but its owner writes it, and no template knows what it says. */
const ALERTS_PARAMETER = '/nightdesk/alerts';

const RETRIES = 8;
const WORTH_TELLING = Duration.hours(6);

/** What a person chose in the configuration. */
export interface AlertWishes {
  /** Where alerts are mailed to; null for nowhere. */
  readonly email: string | null;
  readonly quiet: string;
  readonly muted: string;
}

/** What the function that tells has besides the settings of every function. */
export function alertVariables({ email, quiet, muted }: AlertWishes, bus: IEventBus): Record<string, string> {
  return {
    [ALERT_VARIABLES.parameter]: ALERTS_PARAMETER,
    [ALERT_VARIABLES.mailBus]: email === null ? 'none' : bus.eventBusName,
    [ALERT_VARIABLES.quiet]: quiet,
    [ALERT_VARIABLES.muted]: muted,
  };
}

export interface AlertsProps {
  readonly made: HouseFunction;
  readonly bus: IEventBus;
  readonly ledger: ITable;
  readonly market: ITable;
  readonly undelivered: IQueue;
  readonly wishes: AlertWishes;
}

/**
 * Hands the events that may tell something to the function that tells, and lets it read what it looks at. It may write alerts and
 * nothing else of the ledger: whatever goes wrong in it, no account is touched.
 */
export function alerts(parent: Construct, { made, bus, ledger, market, undelivered, wishes }: AlertsProps): void {
  const scope = new Construct(parent, 'Alerts');
  grantLedgerRead(ledger, made.role);
  grantMarketRead(market, made.role);
  grantAlerts(ledger, made.role);
  made.role.addToPolicy(
    new PolicyStatement({
      actions: ['ssm:GetParameter'],
      resources: [Arn.format({ service: 'ssm', resource: 'parameter', resourceName: ALERTS_PARAMETER.slice(1) }, Stack.of(scope))],
    }),
  );
  new Rule(scope, 'Events', {
    description: 'Domain events that may be worth telling',
    eventBus: bus,
    eventPattern: { source: [BUS_SOURCE], account: [Aws.ACCOUNT_ID], detailType: [...TOLD_EVENTS] },
    targets: [new LambdaFunction(made.lambda, { deadLetterQueue: undelivered, retryAttempts: RETRIES, maxEventAge: WORTH_TELLING })],
  });
  if (wishes.email !== null) mail(scope, { made, bus, undelivered, email: wishes.email });
}

function mail(
  scope: Construct,
  { made, bus, undelivered, email }: Pick<AlertsProps, 'made' | 'bus' | 'undelivered'> & { readonly email: string },
): void {
  const topic = new Topic(scope, 'Mail', { displayName: 'Nightdesk', enforceSSL: true });
  topic.addSubscription(new EmailSubscription(email, { deadLetterQueue: undelivered }));
  made.role.addToPolicy(new PolicyStatement({ actions: ['events:PutEvents'], resources: [bus.eventBusArn] }));
  new Rule(scope, 'Mails', {
    description: 'Alerts that are to be mailed',
    eventBus: bus,
    eventPattern: { source: [BUS_SOURCE], account: [Aws.ACCOUNT_ID], detailType: [ALERT_MAIL] },
    targets: [
      new SnsTopic(topic, {
        message: RuleTargetInput.fromEventPath('$.detail.text'),
        deadLetterQueue: undelivered,
        retryAttempts: RETRIES,
        maxEventAge: WORTH_TELLING,
      }),
    ],
  });
}
