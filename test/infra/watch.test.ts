import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { ASSUMED } from '../../infra/cost/operations.ts';
import { readDeployment } from '../../shared/config/deployment.ts';
import { METRIC_NAMESPACE, METRICS } from '../../shared/config/metrics.ts';
import { REPORTS_BUCKET_VARIABLE } from '../../shared/config/reports.ts';
import { ALARM_CHANGE } from '../../shared/contracts/alarm-event.ts';
import { at, type Resource, referred, synthesise } from './synthesis.ts';

const EMAIL = 'trader@example.com';
const plain = synthesise().resources;
const watched = synthesise(undefined, { deployment: readDeployment({ alarmEmail: EMAIL }) }).resources;
const quiet = synthesise(undefined, {
  deployment: readDeployment({ alarmEmail: EMAIL, schedules: { monitor: false, 'scan-nse': false, nightly: false } }),
}).resources;

const ofType = (resources: readonly Resource[], type: string): readonly Resource[] => resources.filter(({ Type }) => Type === type);
const nameOf = ({ id }: Resource): string => id.replace(/^Alarms/, '').replace(/[0-9A-F]{8}$/, '');
const alarmsOf = (resources: readonly Resource[]): ReadonlyMap<string, Resource> =>
  new Map(ofType(resources, 'AWS::CloudWatch::Alarm').map((each) => [nameOf(each), each]));
const alarm = (name: string, resources = plain): Resource => {
  const found = alarmsOf(resources).get(name);
  if (found === undefined) throw new Error(`no alarm ${name}`);
  return found;
};

const statSchema = z.array(z.looseObject({ Id: z.string(), Expression: z.string().optional(), MetricStat: z.unknown().optional() }));
/** The metrics that an alarm looks at: each is paid for. */
const metricsOf = (each: Resource): number =>
  statSchema.parse(at(each, 'Metrics') ?? [{ Id: 'm', MetricStat: {} }]).filter(({ MetricStat }) => MetricStat).length;

describe('the alarms', () => {
  it('are those that matter, within what is free and what the bill reckons with', () => {
    expect([...alarmsOf(plain).keys()]).toEqual([
      'PricesSilent',
      'ScansMissed',
      'DeadLetters',
      'LedgerUnsound',
      'EntriesHalted',
      'EventsLate',
      'LedgerThrottled',
      'ApiFails',
    ]);
    expect([...alarmsOf(plain).values()].reduce((total, each) => total + metricsOf(each), 0)).toBeLessThanOrEqual(ASSUMED.alarms);
    for (const each of alarmsOf(plain).values()) expect(String(at(each, 'AlarmDescription')).length).toBeGreaterThan(40);
  });

  it.each([
    // A silence above one minute that is seen twice, a minute apart, has lasted two; a monitor that is dead tells nothing, and that is an alarm.
    ['PricesSilent', METRIC_NAMESPACE, 'PriceSilenceMs', 'Maximum', 60, 60_000, 2, 'breaching'],
    ['ScansMissed', METRIC_NAMESPACE, 'ScanSilenceMs', 'Maximum', 60, 150_000, 2, 'notBreaching'],
    // It comes once a night: until the next one it stays what it was.
    ['LedgerUnsound', METRIC_NAMESPACE, 'UnsoundSessions', 'Maximum', 3_600, 0, 1, 'ignore'],
    ['EntriesHalted', METRIC_NAMESPACE, 'EntriesHalted', 'Maximum', 300, 0, 1, 'notBreaching'],
    ['EventsLate', 'AWS/Lambda', 'IteratorAge', 'Maximum', 300, 300_000, 1, 'notBreaching'],
    ['LedgerThrottled', 'AWS/DynamoDB', 'WriteThrottleEvents', 'Sum', 300, 10, 1, 'notBreaching'],
    ['ApiFails', 'AWS/ApiGateway', '5xx', 'Sum', 300, 4, 1, 'notBreaching'],
  ] as const)('%s goes by %s %s', (name, namespace, metric, statistic, period, above, times, missing) => {
    expect(alarm(name).Properties).toMatchObject({
      Namespace: namespace,
      MetricName: metric,
      Statistic: statistic,
      Period: period,
      Threshold: above,
      EvaluationPeriods: times,
      TreatMissingData: missing,
      ComparisonOperator: 'GreaterThanThreshold',
      ActionsEnabled: true,
    });
    if (namespace === METRIC_NAMESPACE) {
      expect(Object.keys(METRICS)).toContain(metric);
      expect(at(alarm(name), 'Dimensions')).toBeUndefined();
    }
  });

  it('of dead letters watch every queue in which something may be lost, and take a queue without data for an empty one', () => {
    const metrics = statSchema.parse(at(alarm('DeadLetters'), 'Metrics'));
    const queues = metrics.flatMap(({ MetricStat }) => referred(MetricStat)).map((id) => id.replace(/[0-9A-F]{8}(?:QueueName)?$/, ''));
    expect(queues.sort()).toEqual(['FailedRuns', 'OutboxUndelivered', 'UndeliveredEvents']);
    const [{ Expression = '' } = {}] = metrics.filter((each) => each.Expression !== undefined);
    const names = metrics.filter(({ MetricStat }) => MetricStat).map(({ Id }) => Id);
    expect(Expression).toBe(names.map((name) => `FILL(${name}, 0)`).join(' + '));
    expect(alarm('DeadLetters').Properties).toMatchObject({ Threshold: 0, EvaluationPeriods: 1, TreatMissingData: 'notBreaching' });
    // All but nudges, which mean nothing a minute later: every queue that keeps things for a person to look at.
    const kept = ofType(plain, 'AWS::SQS::Queue').filter((queue) => at(queue, 'MessageRetentionPeriod') === 1_209_600);
    expect(kept.map(({ id }) => id.replace(/[0-9A-F]{8}$/, '')).sort()).toEqual([...queues, 'RefusedNudges'].sort());
  });

  it('are silent where the configuration has switched off what they watch', () => {
    const off = [...alarmsOf(quiet)].filter(([, each]) => at(each, 'ActionsEnabled') === false).map(([name]) => name);
    expect(off).toEqual(['PricesSilent', 'ScansMissed', 'LedgerUnsound']);
  });
});

describe('an alarm', () => {
  it('is mailed, beginning and end, by TLS, without a function of ours; CloudWatch of this account may publish, and nobody else', () => {
    const [topic, ...topics] = ofType(watched, 'AWS::SNS::Topic');
    expect(topics).toEqual([]);
    for (const each of alarmsOf(watched).values()) {
      for (const actions of ['AlarmActions', 'OKActions']) expect(referred(at(each, actions))).toEqual([topic?.id]);
    }
    expect(ofType(watched, 'AWS::SNS::Subscription').map((each) => [at(each, 'Protocol'), at(each, 'Endpoint')])).toEqual([['email', EMAIL]]);
    const [policy] = ofType(watched, 'AWS::SNS::TopicPolicy');
    const statements = z
      .object({ Statement: z.array(z.looseObject({ Effect: z.string(), Action: z.unknown(), Principal: z.unknown(), Condition: z.unknown() })) })
      .parse(policy && at(policy, 'PolicyDocument')).Statement;
    expect(statements.filter(({ Effect }) => Effect === 'Allow')).toMatchObject([
      {
        Action: 'sns:Publish',
        Principal: { Service: 'cloudwatch.amazonaws.com' },
        Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
      },
    ]);
    expect(JSON.stringify(statements.filter(({ Effect }) => Effect === 'Deny'))).toContain('"aws:SecureTransport":"false"');
  });

  it('has no topic where nobody wants mail, and reaches the trader’s channels all the same', () => {
    expect(ofType(plain, 'AWS::SNS::Topic')).toEqual([]);
    expect(
      [...alarmsOf(plain).values()].flatMap((each) => [at(each, 'AlarmActions'), at(each, 'OKActions')]).filter((each) => each !== undefined),
    ).toEqual([]);
    const [rule, ...rules] = ofType(plain, 'AWS::Events::Rule').filter((each) => at(each, 'EventBusName') === undefined);
    expect(rules).toEqual([]);
    expect(rule && at(rule, 'EventPattern')).toMatchObject({
      source: ['aws.cloudwatch'],
      'detail-type': [ALARM_CHANGE],
      account: [{ Ref: 'AWS::AccountId' }],
    });
    // What has an alert of its own is not told twice.
    const told = referred(rule && at(rule, 'EventPattern', 'resources')).map((id) => nameOf({ id } as Resource));
    expect(told).toEqual([...alarmsOf(plain).keys()].filter((name) => !['LedgerUnsound', 'EntriesHalted'].includes(name)));
    const [target] = z.array(z.looseObject({ Arn: z.unknown(), DeadLetterConfig: z.unknown() })).parse(rule && at(rule, 'Targets'));
    expect(referred(target?.Arn)).toEqual([expect.stringMatching(/^AlertsFunction/)]);
    expect(referred(target?.DeadLetterConfig)).toEqual([expect.stringContaining('UndeliveredEvents')]);
  });
});

describe('the budget', () => {
  it('is told of at its own address, else where alarms go', () => {
    const addressesIn = (resources: readonly Resource[]): readonly string[] =>
      ofType(resources, 'AWS::Budgets::Budget').flatMap((each) => JSON.stringify(each.Properties).match(/[\w.]+@[\w.]+/g) ?? []);
    expect(addressesIn(plain)).toEqual([]);
    expect(new Set(addressesIn(watched))).toEqual(new Set([EMAIL]));
    const own = synthesise(undefined, { deployment: readDeployment({ alarmEmail: EMAIL, budget: { email: 'money@example.com' } }) }).resources;
    expect(new Set(addressesIn(own))).toEqual(new Set(['money@example.com']));
  });
});

describe('the dashboard', () => {
  const [page, ...pages] = ofType(plain, 'AWS::CloudWatch::Dashboard');
  // What the deployment fills in is a name here: the widgets are looked at, not their resources.
  const parts = z.object({ 'Fn::Join': z.tuple([z.string(), z.array(z.unknown())]) }).parse(page && at(page, 'DashboardBody'))['Fn::Join'][1];
  const body = z
    .object({
      widgets: z.array(z.looseObject({ type: z.string(), properties: z.looseObject({ metrics: z.array(z.array(z.unknown())).optional() }) })),
    })
    .parse(JSON.parse(parts.map((part) => (typeof part === 'string' ? part : 'filled-in')).join('')));
  const shown = body.widgets.flatMap(({ properties }) => properties.metrics ?? []);

  it('is one, of at most fifty metrics, which is what a free one holds', () => {
    expect(pages).toEqual([]);
    expect(ASSUMED.dashboards).toBe(1);
    expect(shown.length).toBeGreaterThan(15);
    expect(shown.length).toBeLessThanOrEqual(50);
  });

  it('shows every alarm, every metric that is paid for, and what only logs tell', () => {
    const ours = new Set(shown.filter(([namespace]) => namespace === METRIC_NAMESPACE).map(([, name]) => name));
    expect(ours).toEqual(new Set(Object.keys(METRICS)));
    const alarms = new Set(referred(parts).filter((id) => id.startsWith('Alarms')));
    expect(alarms.size).toBe(alarmsOf(plain).size);
    const queries = body.widgets.filter(({ type }) => type === 'log').map((each) => JSON.stringify(each));
    expect(queries).toEqual([expect.stringContaining('reconnects'), expect.stringContaining('refused')]);
  });
});

describe('the bucket of reports', () => {
  const [bucket, ...buckets] = ofType(plain, 'AWS::S3::Bucket');

  it('is encrypted, closed to the public, refused without TLS, kept, and forgets in the end', () => {
    expect(buckets).toEqual([]);
    expect(bucket).toMatchObject({
      stack: 'NightdeskData',
      DeletionPolicy: 'Retain',
      UpdateReplacePolicy: 'Retain',
      Properties: {
        BucketEncryption: { ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }] },
        PublicAccessBlockConfiguration: { BlockPublicAcls: true, BlockPublicPolicy: true, IgnorePublicAcls: true, RestrictPublicBuckets: true },
        OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
        LifecycleConfiguration: { Rules: [expect.objectContaining({ ExpirationInDays: 400, Status: 'Enabled' })] },
      },
    });
    const policy = JSON.stringify(ofType(plain, 'AWS::S3::BucketPolicy'));
    expect(policy).toContain('"aws:SecureTransport":"false"');
    expect(policy).toContain('"s3:TlsVersion":1.2');
  });

  it('is named to the function that writes reports, and to no other', () => {
    const knowing = ofType(plain, 'AWS::Lambda::Function').filter(
      (each) => at(each, 'Environment', 'Variables', REPORTS_BUCKET_VARIABLE) !== undefined,
    );
    expect(knowing.map(({ id }) => id)).toEqual([expect.stringMatching(/^NightlyFunction/)]);
  });
});
