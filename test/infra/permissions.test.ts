import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { at, type Resource, referred, synthesise } from './synthesis.ts';

const { resources } = synthesise();

const oneOrMore = z.union([z.string().transform((one) => [one]), z.array(z.string())]);
const statementSchema = z.object({ Effect: z.enum(['Allow', 'Deny']), Action: oneOrMore, Resource: z.unknown() });
const documentSchema = z.object({ Statement: z.array(statementSchema) });

interface Grant {
  readonly role: string;
  readonly actions: readonly string[];
  readonly on: unknown;
}

const allowed = (role: string, document: unknown): readonly Grant[] =>
  documentSchema
    .parse(document)
    .Statement.filter(({ Effect }) => Effect === 'Allow')
    .map(({ Action, Resource: on }) => ({ role, actions: Action, on }));

function grantsOf(resource: Resource): readonly Grant[] {
  if (resource.Type === 'AWS::IAM::Role') {
    const inline = z.array(z.object({ PolicyDocument: z.unknown() })).parse(at(resource, 'Policies') ?? []);
    return inline.flatMap(({ PolicyDocument }) => allowed(resource.id, PolicyDocument));
  }
  if (resource.Type !== 'AWS::IAM::Policy') return [];
  return referred(at(resource, 'Roles')).flatMap((role) => allowed(role, at(resource, 'PolicyDocument')));
}

const grants = resources.flatMap(grantsOf);
const roles = resources.filter(({ Type }) => Type === 'AWS::IAM::Role');

/** A logical id without the hash at its end. */
const plain = (id: string): string => id.replace(/[0-9A-F]{8}$/, '');

const LOG = { 'logs:CreateLogStream': true, 'logs:PutLogEvents': true };
const lines = (role: string): readonly string[] =>
  [
    ...new Set(
      grants
        .filter((grant) => plain(grant.role) === role)
        .flatMap(({ actions, on }) => actions.map((action) => `${action} ${referred(on).map(plain).join(' ') || JSON.stringify(on)}`)),
    ),
  ]
    .filter((line) => !Object.keys(LOG).some((log) => line.startsWith(log)))
    .sort();

const LEDGER = ['BatchGetItem', 'ConditionCheckItem', 'DeleteItem', 'GetItem', 'PutItem', 'Query', 'UpdateItem'].map(
  (action) => `dynamodb:${action} Ledger`,
);
const MARKET_READ = ['BatchGetItem', 'GetItem', 'Query'].map((action) => `dynamodb:${action} Market`);
const MARKET_WRITE = ['ConditionCheckItem', 'DeleteItem', 'PutItem', 'UpdateItem'].map((action) => `dynamodb:${action} Market`);
const TRADES = [...LEDGER, ...MARKET_READ, 'sqs:SendMessage Nudges'];
const GIVES_UP = ['sqs:GetQueueAttributes FailedRuns', 'sqs:GetQueueUrl FailedRuns', 'sqs:SendMessage FailedRuns'];
const STARTS = (name: string): readonly string[] => [`lambda:InvokeFunction ${name}Function`, 'sqs:SendMessage FailedRuns'];

/** Who may do what besides writing its own log, spelt out: a new right, and a misspelt one, must be written down here. */
const RIGHTS: Readonly<Record<string, readonly string[]>> = {
  ScanFunctionRole: [...TRADES, ...GIVES_UP],
  MonitorFunctionRole: [...TRADES, ...GIVES_UP],
  SessionFunctionRole: [...TRADES, ...GIVES_UP],
  ApiFunctionRole: TRADES,
  FeedTaskTaskRole: [...LEDGER, ...MARKET_READ, ...MARKET_WRITE, 'sqs:DeleteMessage Nudges', 'sqs:ReceiveMessage Nudges'],
  FeedTaskExecutionRole: ['ecr:GetAuthorizationToken "*"'],
  scanschedulerrole: STARTS('Scan'),
  monitorschedulerrole: STARTS('Monitor'),
  sessionschedulerrole: STARTS('Session'),
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
const PULLS = /^ecr:(BatchCheckLayerAvailability|BatchGetImage|GetDownloadUrlForLayer) .*container-assets/;

describe('the permissions of the stack', () => {
  it('are those of the table, role by role', () => {
    const found = Object.fromEntries(roles.map(({ id }) => [plain(id), lines(plain(id)).filter((line) => !PULLS.test(line))]));
    expect(found).toEqual(Object.fromEntries(Object.entries(RIGHTS).map(([role, rights]) => [role, [...rights].sort()])));
  });

  it('never allow an action by a wildcard', () => {
    expect(grants.length).toBeGreaterThan(10);
    expect(grants.flatMap(({ actions }) => actions).filter((action) => action.includes('*'))).toEqual([]);
  });

  it('name their resource wherever AWS lets them', () => {
    const wild = grants.filter(({ on }) => JSON.stringify(on).includes('*'));
    expect(wild.flatMap(({ actions }) => actions)).toEqual(['ecr:GetAuthorizationToken']);
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
    expect([...services].sort()).toEqual(['dynamodb', 'ecr', 'events', 'lambda', 'logs', 'sqs']);
  });
});
