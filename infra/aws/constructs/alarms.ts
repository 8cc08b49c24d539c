import { Aws, Duration } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, type IMetric, MathExpression, Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import { Rule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { Deployment } from '../../../shared/config/deployment.ts';
import { METRIC_NAMESPACE, type MetricName } from '../../../shared/config/metrics.ts';
import { ALARM_CHANGE, ALARM_SOURCE } from '../../../shared/contracts/alarm-event.ts';
import { MINUTE_MS, SECOND_MS } from '../../../shared/kernel/time.ts';

/** A metric of ours; see `shared/config/metrics.ts`. */
export const ours = (metricName: MetricName, statistic: string, period = Duration.minutes(1)): Metric =>
  new Metric({ namespace: METRIC_NAMESPACE, metricName, statistic, period });

/** How many messages lie in a queue. SQS measures it, and for hours does not where nothing happens. */
export const depthOf = (queue: IQueue): Metric =>
  queue.metricApproximateNumberOfMessagesVisible({ statistic: 'Maximum', period: Duration.minutes(5) });

export interface AlarmsProps {
  readonly deployment: Pick<Deployment, 'alarmEmail' | 'schedules'>;
  /** Queues in which nothing may lie. */
  readonly deadLetters: Readonly<Record<string, IQueue>>;
  readonly outbox: IFunction;
  readonly ledger: ITable;
  readonly apiId: string;
  /** The function that tells, and where what it could not be given is kept. */
  readonly teller: IFunction;
  readonly undelivered: IQueue;
}

interface Declared {
  readonly id: string;
  readonly description: string;
  readonly metric: IMetric;
  readonly above: number;
  /** Data points in a row that must be above. */
  readonly times: number;
  readonly missing: TreatMissingData;
  /** Off where the configuration has switched off what makes its metric: nobody is to be told of their own wish. */
  readonly isOn: boolean;
  /** Whether the trader is told of the same by an alert of its own. */
  readonly hasOwnAlert: boolean;
}

/** A silence that is seen twice in a row, a minute apart, has lasted two minutes. */
const SILENT_MS = MINUTE_MS;
const UNSCANNED_MS = 150 * SECOND_MS;
const EVENTS_LATE_MS = 5 * MINUTE_MS;
const FAILED_CALLS = 5;
const THROTTLED_WRITES = 10;

/**
 * The alarms, by e-mail where there is an address, and through the channels of alerts. Ten metrics of alarms are free: the three
 * queues of one alarm count thrice. What is missing means: the monitor is dead (prices), nothing has happened (queues, calls,
 * events), or it is not night yet (the ledger, whose alarm stays as it is).
 */
export function alarms(parent: Construct, props: AlarmsProps): readonly Alarm[] {
  const scope = new Construct(parent, 'Alarms');
  const topic = props.deployment.alarmEmail === null ? null : mailTopic(scope, props.deployment.alarmEmail, props.undelivered);
  const made = declared(props).map((each) => ({ ...each, alarm: alarm(scope, each, topic) }));
  tellTrader(
    scope,
    made.filter(({ hasOwnAlert, isOn }) => isOn && !hasOwnAlert).map((each) => each.alarm),
    props,
  );
  return made.map((each) => each.alarm);
}

function declared({ deployment, deadLetters, outbox, ledger, apiId }: AlarmsProps): readonly Declared[] {
  const { schedules } = deployment;
  const five = Duration.minutes(5);
  return [
    {
      id: 'PricesSilent',
      description: 'An open market has been without a price for two minutes, or the monitor that would tell is dead. Runbook: Feed down',
      metric: ours('PriceSilenceMs', 'Maximum'),
      above: SILENT_MS,
      times: 2,
      missing: TreatMissingData.BREACHING,
      isOn: schedules.monitor,
      hasOwnAlert: false,
    },
    {
      id: 'ScansMissed',
      description: 'An open market that a session trades has not been scanned for minutes. Runbook: Scans missed',
      metric: ours('ScanSilenceMs', 'Maximum'),
      above: UNSCANNED_MS,
      times: 2,
      // A monitor that is dead is told of by PricesSilent.
      missing: TreatMissingData.NOT_BREACHING,
      isOn: schedules.monitor && schedules['scan-nse'] && schedules['scan-crypto'],
      hasOwnAlert: false,
    },
    {
      id: 'DeadLetters',
      description: 'Something could not be done or delivered, and lies in a queue. Runbook: Something in a dead-letter queue',
      metric: depthOfAll(deadLetters),
      above: 0,
      times: 1,
      missing: TreatMissingData.NOT_BREACHING,
      isOn: true,
      hasOwnAlert: false,
    },
    {
      id: 'LedgerUnsound',
      description: 'Books are not what their journal says. Runbook: Ledger verify failed',
      metric: ours('UnsoundSessions', 'Maximum', Duration.hours(1)),
      above: 0,
      times: 1,
      missing: TreatMissingData.IGNORE,
      isOn: schedules.nightly,
      hasOwnAlert: true,
    },
    {
      id: 'EntriesHalted',
      description: 'The day’s loss has reached its limit: nothing is opened any more today, exits go on',
      metric: ours('EntriesHalted', 'Maximum', five),
      above: 0,
      times: 1,
      missing: TreatMissingData.NOT_BREACHING,
      isOn: true,
      hasOwnAlert: true,
    },
    {
      id: 'EventsLate',
      description: 'The journal is told on the bus five minutes late: alerts are late, trading is not. Runbook: Something in a dead-letter queue',
      metric: outbox.metric('IteratorAge', { statistic: 'Maximum', period: five }),
      above: EVENTS_LATE_MS,
      times: 1,
      missing: TreatMissingData.NOT_BREACHING,
      isOn: true,
      hasOwnAlert: false,
    },
    {
      id: 'LedgerThrottled',
      description: 'The ledger takes fewer writes than it is asked for: fills come late. Runbook: Ledger throttled',
      metric: ledger.metric('WriteThrottleEvents', { statistic: 'Sum', period: five }),
      above: THROTTLED_WRITES,
      times: 1,
      missing: TreatMissingData.NOT_BREACHING,
      isOn: true,
      hasOwnAlert: false,
    },
    {
      id: 'ApiFails',
      description: 'The API answers with errors of its own. Its log has each under an errorId',
      metric: apiFailures(apiId),
      above: FAILED_CALLS - 1,
      times: 1,
      missing: TreatMissingData.NOT_BREACHING,
      isOn: true,
      hasOwnAlert: false,
    },
  ];
}

const apiFailures = (apiId: string): Metric =>
  new Metric({ namespace: 'AWS/ApiGateway', metricName: '5xx', dimensionsMap: { ApiId: apiId }, statistic: 'Sum', period: Duration.minutes(5) });

function depthOfAll(queues: Readonly<Record<string, IQueue>>): MathExpression {
  const names = Object.keys(queues);
  return new MathExpression({
    label: 'messages',
    // A queue without data has had nothing in it for hours.
    expression: names.map((name) => `FILL(${name}, 0)`).join(' + '),
    usingMetrics: Object.fromEntries(Object.entries(queues).map(([name, queue]) => [name, depthOf(queue)])),
    period: Duration.minutes(5),
  });
}

function alarm(scope: Construct, { id, description, metric, above, times, missing, isOn }: Declared, topic: Topic | null): Alarm {
  const made = new Alarm(scope, id, {
    alarmDescription: description,
    metric,
    threshold: above,
    comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
    evaluationPeriods: times,
    treatMissingData: missing,
    actionsEnabled: isOn,
  });
  if (topic !== null) {
    made.addAlarmAction(new SnsAction(topic));
    made.addOkAction(new SnsAction(topic));
  }
  return made;
}

/** The way to a person that needs no function of ours: it works when everything else is down. */
function mailTopic(scope: Construct, email: string, undelivered: IQueue): Topic {
  const topic = new Topic(scope, 'Mail', { displayName: 'Nightdesk alarms', enforceSSL: true });
  topic.addSubscription(new EmailSubscription(email, { deadLetterQueue: undelivered }));
  // A policy of its own takes the place of the one that lets the account's alarms publish.
  topic.addToResourcePolicy(
    new PolicyStatement({
      principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
      actions: ['sns:Publish'],
      resources: [topic.topicArn],
      conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
    }),
  );
  return topic;
}

/** Changes of alarms become alerts, and so reach the webhook, the chat and the list that the trader chose. CloudWatch tells them on the account's default bus. */
function tellTrader(scope: Construct, told: readonly Alarm[], { teller, undelivered }: AlarmsProps): void {
  new Rule(scope, 'Changes', {
    description: 'Alarms of Nightdesk that begin or end',
    eventPattern: { source: [ALARM_SOURCE], detailType: [ALARM_CHANGE], account: [Aws.ACCOUNT_ID], resources: told.map(({ alarmArn }) => alarmArn) },
    targets: [new LambdaFunction(teller, { deadLetterQueue: undelivered, retryAttempts: 8, maxEventAge: Duration.hours(6) })],
  });
}
