import { Duration } from 'aws-cdk-lib';
import {
  type Alarm,
  AlarmStatusWidget,
  Dashboard,
  GraphWidget,
  type IMetric,
  type IWidget,
  LogQueryVisualizationType,
  LogQueryWidget,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import type { FargateService } from 'aws-cdk-lib/aws-ecs';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { depthOf, ours } from './alarms.ts';
import type { HouseFunction } from './house-function.ts';

export interface DashboardProps {
  readonly alarms: readonly Alarm[];
  readonly functions: Readonly<Record<string, HouseFunction>> & { readonly scan: HouseFunction; readonly outbox: HouseFunction };
  readonly queues: Readonly<Record<string, IQueue>>;
  readonly ledger: ITable;
  readonly feed: { readonly service: FargateService; readonly logs: ILogGroup };
}

const FIVE = Duration.minutes(5);
const HALF = 12;
const WHOLE = 24;
const HEIGHT = 6;

/**
 * One page to look at: is it alive, what has it decided, how does it stand, does anything lie somewhere. At most fifty metrics are
 * free on a page; figures that are no metric are asked of the logs, while somebody looks.
 */
export function dashboard(scope: Construct, props: DashboardProps): Dashboard {
  return new Dashboard(scope, 'Dashboard', {
    defaultInterval: Duration.hours(12),
    widgets: [
      [new AlarmStatusWidget({ title: 'Alarms', alarms: [...props.alarms], width: WHOLE, height: 3 })],
      ...life(props),
      ...account(),
      ...plant(props),
      logs(props),
    ],
  });
}

const graph = (title: string, left: readonly IMetric[], right: readonly IMetric[] = []): GraphWidget =>
  new GraphWidget({ title, left: [...left], right: [...right], width: HALF, height: HEIGHT });

const life = ({ functions }: DashboardProps): readonly IWidget[][] => [
  [
    graph('Silence of prices and scans, ms (0 while no market is open)', [ours('PriceSilenceMs', 'Maximum'), ours('ScanSilenceMs', 'Maximum')]),
    graph('Scan: lag behind its minute, and duration, ms', [
      ours('ScanLagMs', 'p50', FIVE),
      ours('ScanLagMs', 'p99', FIVE),
      functions.scan.lambda.metricDuration({ statistic: 'p99', period: FIVE }),
    ]),
  ],
];

const account = (): readonly IWidget[][] => [
  [
    graph('Decisions and fills', [ours('DecisionsTaken', 'Sum', FIVE), ours('DecisionsRefused', 'Sum', FIVE), ours('Fills', 'Sum', FIVE)]),
    graph(
      'Equity, USD; drawdown, % (right)',
      [ours('EquityUsd', 'Average', FIVE)],
      [ours('DrawdownPercent', 'Maximum', FIVE), ours('EntriesHalted', 'Maximum', FIVE)],
    ),
  ],
];

const plant = ({ functions, queues, ledger, feed }: DashboardProps): readonly IWidget[][] => [
  [
    graph('What lies in queues', Object.values(queues).map(depthOf)),
    graph(
      'Errors of functions; age of untold events, ms (right)',
      Object.values(functions).map(({ lambda }) => lambda.metricErrors({ statistic: 'Sum', period: FIVE })),
      [functions.outbox.lambda.metric('IteratorAge', { statistic: 'Maximum', period: FIVE })],
    ),
  ],
  [
    graph(
      'Ledger: units used in five minutes; refused writes (right)',
      ['ConsumedWriteCapacityUnits', 'ConsumedReadCapacityUnits'].map((name) => ledger.metric(name, { statistic: 'Sum', period: FIVE })),
      [ledger.metric('WriteThrottleEvents', { statistic: 'Sum', period: FIVE })],
    ),
    graph(
      'Feed: processor and memory, %; unsound sessions (right)',
      [feed.service.metricCpuUtilization({ period: FIVE }), feed.service.metricMemoryUtilization({ period: FIVE })],
      [ours('UnsoundSessions', 'Maximum', Duration.hours(1))],
    ),
  ],
];

const logs = ({ functions, feed }: DashboardProps): IWidget[] => [
  new LogQueryWidget({
    title: 'Feed: trades, how many were conflated, reconnects since its start',
    logGroupNames: [feed.logs.logGroupName],
    view: LogQueryVisualizationType.TABLE,
    queryLines: [
      'filter event = "feed-minute"',
      'stats sum(trades) as allTrades, sum(conflated) as conflatedTrades, max(reconnects) as reconnected, max(fillsWaiting) as waitingFills by bin(1h) as hour',
      'sort hour desc',
    ],
    width: HALF,
    height: HEIGHT,
  }),
  new LogQueryWidget({
    title: 'Refusals by rule and limit',
    logGroupNames: [functions.scan.logs.logGroupName],
    view: LogQueryVisualizationType.TABLE,
    queryLines: [
      'filter event = "scan-ran" and DecisionsRefused > 0',
      'parse @message /"decisions":\\{(?<fared>[^}]*)\\}/',
      'stats sum(DecisionsRefused) as refused, count(*) as scans by fared',
      'sort refused desc',
    ],
    width: HALF,
    height: HEIGHT,
  }),
];
