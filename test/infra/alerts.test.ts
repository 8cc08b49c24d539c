import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { TOLD_EVENTS } from '../../shared/alerts/event-alerts.ts';
import { DeploymentConfigError, readDeployment } from '../../shared/config/deployment.ts';
import { ALERT_MAIL, BUS_SOURCE } from '../../shared/contracts/bus-event.ts';
import { at, type Resource, referred, synthesise } from './synthesis.ts';

const EMAIL = 'trader@example.com';
const plain = synthesise().resources;
const chosen = synthesise(undefined, {
  deployment: readDeployment({ alerts: { email: EMAIL, quiet: '22:30-07:00 Asia/Kolkata', mute: ['fill', 'session'] } }),
}).resources;

const ofType = (resources: readonly Resource[], type: string): readonly Resource[] => resources.filter(({ Type }) => Type === type);
const teller = (resources: readonly Resource[]): Resource => {
  const found = ofType(resources, 'AWS::Lambda::Function').find(({ id }) => id.startsWith('AlertsFunction'));
  if (found === undefined) throw new Error('no function tells');
  return found;
};
const variables = (resources: readonly Resource[]) => z.record(z.string(), z.unknown()).parse(at(teller(resources), 'Environment', 'Variables'));
/** Rules of our own bus; that of the account's default bus names none. */
const rules = (resources: readonly Resource[]): readonly Resource[] =>
  ofType(resources, 'AWS::Events::Rule').filter((rule) => at(rule, 'EventBusName') !== undefined);
const targetsSchema = z.array(z.looseObject({ Arn: z.unknown(), DeadLetterConfig: z.unknown(), InputPath: z.string().optional() })).length(1);
const targetOf = (rule: Resource) => {
  const [target] = targetsSchema.parse(at(rule, 'Targets'));
  if (target === undefined) throw new Error('a rule without a target');
  return target;
};

describe('the function that tells', () => {
  it('is handed the events that may tell something, of this account, from our bus, and no other', () => {
    const [rule, ...others] = rules(plain);
    expect(others).toEqual([]);
    expect(rule && at(rule, 'EventPattern')).toEqual({ source: [BUS_SOURCE], account: [{ Ref: 'AWS::AccountId' }], 'detail-type': [...TOLD_EVENTS] });
    expect(referred(rule && at(rule, 'EventBusName'))).toEqual([expect.stringMatching(/^Events/)]);
    expect(referred(rule && targetOf(rule).Arn)).toEqual([teller(plain).id]);
  });

  it('may be started by its rule, and what it could not be given is kept', () => {
    const [rule] = rules(plain);
    const allowed = ofType(plain, 'AWS::Lambda::Permission').filter((each) => at(each, 'Principal') === 'events.amazonaws.com');
    const alarms = ofType(plain, 'AWS::Events::Rule').filter((each) => at(each, 'EventBusName') === undefined);
    expect(allowed.map((each) => referred(at(each, 'SourceArn')))).toEqual([rule, ...alarms].map((each) => [each?.id]));
    const [queue] = referred(rule && targetOf(rule).DeadLetterConfig);
    expect(queue).toContain('UndeliveredEvents');
    const policies = ofType(plain, 'AWS::SQS::QueuePolicy').filter((each) => referred(at(each, 'Queues')).includes(queue ?? ''));
    expect(JSON.stringify(policies)).toContain('events.amazonaws.com');
  });

  it('reads its secrets from SSM, and has none in its environment', () => {
    expect(variables(plain)).toMatchObject({
      NIGHTDESK_ALERTS_PARAMETER: '/nightdesk/alerts',
      NIGHTDESK_ALERTS_MAIL_BUS: 'none',
      NIGHTDESK_ALERTS_QUIET: 'none',
      NIGHTDESK_ALERTS_MUTE: 'none',
    });
    const others = ofType(plain, 'AWS::Lambda::Function').filter(({ id }) => id !== teller(plain).id);
    expect(others.flatMap((each) => Object.keys(at(each, 'Environment', 'Variables') ?? {})).filter((name) => name.includes('ALERTS'))).toEqual([]);
    expect(ofType(plain, 'AWS::Lambda::Function').filter((each) => at(each, 'Layers') !== undefined)).toEqual([]);
    expect(ofType(plain, 'AWS::SSM::Parameter')).toEqual([]);
  });
});

describe('the mail of alerts', () => {
  it('does not exist before somebody names an address', () => {
    expect(ofType(plain, 'AWS::SNS::Topic')).toEqual([]);
    expect(JSON.stringify(plain)).not.toContain(ALERT_MAIL);
  });

  it('goes by a rule of the bus to a topic that takes messages by TLS only, and from there to the address', () => {
    const mails = rules(chosen).filter((rule) => JSON.stringify(at(rule, 'EventPattern')).includes(ALERT_MAIL));
    expect(mails.map((rule) => at(rule, 'EventPattern'))).toEqual([
      { source: [BUS_SOURCE], account: [{ Ref: 'AWS::AccountId' }], 'detail-type': [ALERT_MAIL] },
    ]);
    const [topic] = ofType(chosen, 'AWS::SNS::Topic');
    const [target] = mails.map(targetOf);
    expect(referred(target?.Arn)).toEqual([topic?.id]);
    expect(target?.InputPath).toBe('$.detail.text');
    expect(referred(target?.DeadLetterConfig)).toEqual([expect.stringContaining('UndeliveredEvents')]);
    expect(ofType(chosen, 'AWS::SNS::Subscription').map((each) => [at(each, 'Protocol'), at(each, 'Endpoint')])).toEqual([['email', EMAIL]]);
    expect(JSON.stringify(ofType(chosen, 'AWS::SNS::TopicPolicy'))).toContain('"aws:SecureTransport":"false"');
  });

  it('is what the function may put on the bus when there is mail, and only then', () => {
    const puts = (resources: readonly Resource[]): readonly string[] =>
      ofType(resources, 'AWS::IAM::Policy')
        .filter((policy) => JSON.stringify(at(policy, 'PolicyDocument')).includes('events:PutEvents'))
        .flatMap((policy) => referred(at(policy, 'Roles')));
    // The outbox tells the journal there, in either case.
    const outbox = expect.stringMatching(/^OutboxFunctionRole/);
    expect(puts(plain)).toEqual([outbox]);
    expect([...puts(chosen)].sort()).toEqual([expect.stringMatching(/^AlertsFunctionRole/), outbox]);
    expect(referred(variables(chosen).NIGHTDESK_ALERTS_MAIL_BUS)).toEqual([expect.stringMatching(/^Events/)]);
  });
});

describe('the wishes of a person', () => {
  it('reach the function that tells', () => {
    expect(variables(chosen)).toMatchObject({ NIGHTDESK_ALERTS_QUIET: '22:30-07:00 Asia/Kolkata', NIGHTDESK_ALERTS_MUTE: 'fill,session' });
  });

  it.each([
    ['email', 'me'],
    ['quiet', '22:30-07:00'],
    ['quiet', '22:30-07:00 Asia/Nowhere'],
    ['mute', ['fills']],
  ])('are checked before anything is deployed: %s %j', (name, value) => {
    expect(() => readDeployment({ alerts: { [name]: value } })).toThrow(DeploymentConfigError);
    expect(() => readDeployment({ alerts: { [name]: value } })).toThrow(`alerts.${name}`);
  });
});
