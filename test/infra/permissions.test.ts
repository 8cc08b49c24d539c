import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { TOKEN_PARAMETER } from '../../shared/access/token-parameter.ts';
import { ALERTS_PARTITION, alertKeys, ledgerKeys } from '../../shared/store/keys.ts';
import { REPORTS_PREFIX } from '../../shared/store/reports/s3-reports.ts';
import { grantsOf, namedResource, permissionsPage, plain } from './permissions-table.ts';
import { at, ROOT, referred, synthesise } from './synthesis.ts';

const { resources } = synthesise();

const grants = grantsOf(resources);
const roles = resources.filter(({ Type }) => Type === 'AWS::IAM::Role');

const LOG = { 'logs:CreateLogStream': true, 'logs:PutLogEvents': true };
const lines = (role: string): readonly string[] =>
  [
    ...new Set(
      grants.filter((grant) => plain(grant.role) === role).flatMap(({ actions, on }) => actions.map((action) => `${action} ${namedResource(on)}`)),
    ),
  ]
    .filter((line) => !Object.keys(LOG).some((log) => line.startsWith(log)))
    .sort();

const LEDGER = ['BatchGetItem', 'DeleteItem', 'GetItem', 'PutItem', 'Query'].map((action) => `dynamodb:${action} Ledger`);
const MARKET_READ = ['BatchGetItem', 'GetItem', 'Query'].map((action) => `dynamodb:${action} Market`);
const MARKET_WRITE = ['ConditionCheckItem', 'PutItem', 'UpdateItem'].map((action) => `dynamodb:${action} Market`);
const TRADES = [...LEDGER, ...MARKET_READ, 'sqs:SendMessage Nudges'];
const GIVES_UP = ['sqs:GetQueueAttributes FailedRuns', 'sqs:GetQueueUrl FailedRuns', 'sqs:SendMessage FailedRuns'];
const STARTS = (name: string): readonly string[] => [`lambda:InvokeFunction ${name}Function`, 'sqs:SendMessage FailedRuns'];

/** Where `cdk bootstrap` lets deployments upload to. */
const UPLOADS = 'arn:aws:s3:::cdk-hnb659fds-assets-<accountid>-ap-south-1';

/** Who may do what besides writing its own log, spelt out: a new right, and a misspelt one, must be written down here. */
const RIGHTS: Readonly<Record<string, readonly string[]>> = {
  ScanFunctionRole: [...TRADES, ...GIVES_UP],
  MonitorFunctionRole: [...TRADES, ...GIVES_UP],
  SessionFunctionRole: [...TRADES, ...GIVES_UP],
  AlertsFunctionRole: [
    ...['BatchGetItem', 'GetItem', 'Query'].map((action) => `dynamodb:${action} Ledger, Market`),
    // Of alerts only: see below.
    ...['DeleteItem', 'PutItem', 'UpdateItem'].map((action) => `dynamodb:${action} Ledger`),
    'ssm:GetParameter arn:aws:ssm:ap-south-1:<accountid>:parameter/nightdesk/alerts',
    ...GIVES_UP,
  ],
  // It can change no book and read no report: alerts are the one thing that it writes to the ledger, see below.
  NightlyFunctionRole: [
    ...['BatchGetItem', 'GetItem', 'PutItem', 'Query'].map((action) => `dynamodb:${action} Ledger`),
    's3:PutObject Reports',
    ...GIVES_UP,
  ],
  ApiFunctionRole: TRADES,
  AuthorizerFunctionRole: [`ssm:GetParameter arn:aws:ssm:ap-south-1:<accountid>:parameter${TOKEN_PARAMETER}`],
  FeedTaskTaskRole: [...LEDGER, ...MARKET_READ, ...MARKET_WRITE, 'sqs:DeleteMessage Nudges', 'sqs:ReceiveMessage Nudges'],
  ImageFunctionRole: ['codebuild:BatchGetBuilds FeedImageProject', 'codebuild:StartBuild FeedImageProject'],
  FeedImageBuildRole: [
    ...[
      'BatchCheckLayerAvailability',
      'BatchGetImage',
      'CompleteLayerUpload',
      'DescribeImages',
      'InitiateLayerUpload',
      'PutImage',
      'UploadLayerPart',
    ].map((action) => `ecr:${action} FeedImageImages`),
    'ecr:GetAuthorizationToken *',
    ...['GetBucketLocation', 'ListBucket'].map((action) => `s3:${action} ${UPLOADS}`),
    ...['GetObject', 'GetObjectVersion'].map((action) => `s3:${action} ${UPLOADS}/<hash>.zip`),
  ],
  FeedTaskExecutionRole: ['ecr:GetAuthorizationToken *'],
  scanschedulerrole: STARTS('Scan'),
  monitorschedulerrole: STARTS('Monitor'),
  sessionschedulerrole: STARTS('Session'),
  alertsschedulerrole: STARTS('Alerts'),
  nightlyschedulerrole: STARTS('Nightly'),
  OutboxFunctionRole: [
    'dynamodb:DescribeStream Ledger',
    'dynamodb:GetRecords Ledger',
    'dynamodb:GetShardIterator Ledger',
    'dynamodb:ListStreams Ledger',
    'events:PutEvents Events',
    'sqs:GetQueueAttributes OutboxUndelivered',
    'sqs:GetQueueUrl OutboxUndelivered',
    'sqs:SendMessage OutboxUndelivered',
  ],
};
const PULLS = /^ecr:(BatchCheckLayerAvailability|BatchGetImage|GetDownloadUrlForLayer) FeedImageImages/;

describe('the permissions of the stack', () => {
  it('are those of the table, role by role', () => {
    const found = Object.fromEntries(
      roles.map(({ id }) => [plain(id), lines(plain(id)).filter((line) => plain(id) !== 'FeedTaskExecutionRole' || !PULLS.test(line))]),
    );
    expect(found).toEqual(Object.fromEntries(Object.entries(RIGHTS).map(([role, rights]) => [role, [...rights].sort()])));
  });

  it.each(['AlertsFunctionRole', 'NightlyFunctionRole'])('let %s write alerts, and nothing else of the ledger', (name) => {
    const writes = grants.filter(
      ({ role, actions }) => plain(role) === name && actions.some((action) => /^dynamodb:(Put|Update|Delete)Item$/.test(action)),
    );
    expect(writes.map(({ when }) => when)).toEqual([{ 'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': [ALERTS_PARTITION] } }]);
    const keys = [alertKeys.alert(1, 'a'), alertKeys.known('a'), alertKeys.open(1, 'a'), alertKeys.watch('s'), alertKeys.paces];
    expect(new Set(keys.map(({ pk }) => pk))).toEqual(new Set([ALERTS_PARTITION]));
    expect(ledgerKeys.head('s').pk).not.toBe(ALERTS_PARTITION);
  });

  it('never allow an action by a wildcard', () => {
    expect(grants.length).toBeGreaterThan(10);
    expect(grants.flatMap(({ actions }) => actions).filter((action) => action.includes('*'))).toEqual([]);
  });

  it('name their resource wherever AWS lets them', () => {
    const wild = grants.filter(({ on }) => JSON.stringify(on).includes('*'));
    // A report is named by its day.
    expect(wild.flatMap(({ actions }) => actions).sort()).toEqual(['ecr:GetAuthorizationToken', 'ecr:GetAuthorizationToken', 's3:PutObject']);
    const puts = wild.filter(({ actions }) => actions.includes('s3:PutObject'));
    expect(puts.map(({ on }) => JSON.stringify(on).includes(`/${REPORTS_PREFIX}*`))).toEqual([true]);
  });

  it('let every process write its own log and no other', () => {
    for (const { role, on } of grants.filter(({ actions }) => actions.includes('logs:PutLogEvents'))) {
      const owner = plain(role).replace(/(TaskExecution)?Role$/, '');
      expect(referred(on).map(plain)).toEqual([`${owner}Logs`]);
    }
  });

  it('come from no managed policy, which would allow what nobody here wrote down', () => {
    expect(roles.filter((role) => at(role, 'ManagedPolicyArns') !== undefined).map(({ id }) => id)).toEqual([]);
  });

  it('reach services of AWS only', () => {
    const services = new Set(grants.flatMap(({ actions }) => actions).map((action) => action.split(':')[0]));
    expect([...services].sort()).toEqual(['codebuild', 'dynamodb', 'ecr', 'events', 'lambda', 'logs', 's3', 'sqs', 'ssm']);
  });

  it('let the authorizer read the parameter of the hashes, the teller that of its channels, and nobody else any', () => {
    const readers = grants.filter(({ actions }) => actions.some((action) => action.startsWith('ssm:')));
    expect(readers.map(({ role, actions }) => [plain(role), ...actions]).sort()).toEqual([
      ['AlertsFunctionRole', 'ssm:GetParameter'],
      ['AuthorizerFunctionRole', 'ssm:GetParameter'],
    ]);
    const variables = resources.filter(({ Type }) => Type === 'AWS::Lambda::Function').map((each) => at(each, 'Environment', 'Variables'));
    expect(variables.filter((each) => JSON.stringify(each).includes(TOKEN_PARAMETER))).toHaveLength(1);
  });

  it('let API Gateway start the API and the authorizer, from the API of this stack, and the bus the teller, and nobody else any function', () => {
    const permissions = resources.filter(({ Type }) => Type === 'AWS::Lambda::Permission');
    const told = permissions.filter((each) => at(each, 'Principal') === 'events.amazonaws.com');
    expect(told.flatMap((each) => referred(at(each, 'FunctionName')).map(plain))).toEqual(['AlertsFunction', 'AlertsFunction']);
    const starters = permissions.filter((each) => !told.includes(each));
    const api = resources.filter(({ Type }) => Type === 'AWS::ApiGatewayV2::Api').map(({ id }) => id);
    expect(api).toHaveLength(1);
    for (const starter of starters) {
      expect(at(starter, 'Principal')).toBe('apigateway.amazonaws.com');
      expect(referred(at(starter, 'SourceArn'))).toEqual(expect.arrayContaining(api));
    }
    const started = starters.flatMap((starter) => referred(at(starter, 'FunctionName')).map(plain));
    expect([...new Set(started)].sort()).toEqual(['ApiFunction', 'AuthorizerFunction']);
  });

  it('are taken by the service that a role is for, and by no account', () => {
    for (const role of roles) expect(JSON.stringify(at(role, 'AssumeRolePolicyDocument'))).not.toMatch(/"(?:AWS|Federated|\*)"\s*:/);
  });

  it('stand in the documentation as they are', () => {
    expect(readFileSync(join(ROOT, 'docs/permissions.md'), 'utf8'), 'run npm run docs:permissions').toBe(permissionsPage(resources));
  });
});
