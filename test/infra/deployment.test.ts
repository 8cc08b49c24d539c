import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { configurationSchema } from '../../infra/deploy/config-schema.ts';
import { autoStartOf } from '../../shared/config/auto-start.ts';
import { type Deployment, readDeployment } from '../../shared/config/deployment.ts';
import { at, type Resource, ROOT, referred, type Synthesis, synthesise } from './synthesis.ts';

const of = (content: unknown, flags: Readonly<Record<string, string>> = {}): Synthesis =>
  synthesise(undefined, { deployment: readDeployment(content), flags });
const ofType = ({ resources }: Synthesis, type: string): readonly Resource[] => resources.filter(({ Type }) => Type === type);
const variablesOf = (synthesis: Synthesis): readonly Readonly<Record<string, unknown>>[] => [
  ...ofType(synthesis, 'AWS::Lambda::Function')
    .filter(({ id }) => !/^(Image|Authorizer|Outbox)Function/.test(id))
    .map((each) => z.record(z.string(), z.unknown()).parse(at(each, 'Environment', 'Variables'))),
  ...ofType(synthesis, 'AWS::ECS::TaskDefinition').map((each) => {
    const [container] = z
      .array(z.object({ Environment: z.array(z.object({ Name: z.string(), Value: z.unknown() })) }))
      .parse(at(each, 'ContainerDefinitions'));
    return Object.fromEntries(container?.Environment.map(({ Name, Value }) => [Name, Value]) ?? []);
  }),
];

const EVERYTHING = {
  region: 'eu-central-1',
  markets: ['CRYPTO'],
  symbols: ['ETH', 'BTC'],
  marketMode: 'both',
  nse: 'yahoo',
  nseHours: '2026-11-08=18:00-19:00',
  schedules: { 'scan-nse': false },
  autoStart: { when: 'always', strategies: ['swing'], startingCapital: 5_000, riskLimits: { maxDailyLoss: 0.02 } },
  budget: { monthlyUsd: 12, email: 'trader@example.org' },
  feed: { capacity: 'spot', image: 'docker' },
} as const;

describe('a configuration that says all of it', () => {
  const synthesis = of(EVERYTHING);

  it('reaches every process in its environment', () => {
    const variables = variablesOf(synthesis);
    expect(variables.length).toBeGreaterThan(4);
    for (const each of variables) {
      expect(each).toMatchObject({
        NIGHTDESK_SYMBOLS: 'BTC,ETH',
        NIGHTDESK_MARKETS: 'both',
        NIGHTDESK_WORLD: 'live:yahoo',
        NIGHTDESK_NSE_HOURS: '2026-11-08=18:00-19:00',
      });
      expect(autoStartOf(String(each.NIGHTDESK_AUTO_START))).toEqual(EVERYTHING.autoStart);
    }
  });

  it('switches a schedule off and leaves it in the stack', () => {
    const states = Object.fromEntries(
      ofType(synthesis, 'AWS::Scheduler::Schedule').map((each) => [
        z.object({ name: z.string() }).parse(JSON.parse(String(at(each, 'Target', 'Input')))).name,
        at(each, 'State'),
      ]),
    );
    const on = { 'scan-crypto': 'ENABLED', monitor: 'ENABLED', session: 'ENABLED', alerts: 'ENABLED', nightly: 'ENABLED' };
    expect(states).toEqual({ 'scan-nse': 'DISABLED', ...on });
  });

  it('tells a person of the bill before it is passed', () => {
    const [budget] = ofType(synthesis, 'AWS::Budgets::Budget');
    expect(budget && at(budget, 'Budget')).toEqual({ BudgetType: 'COST', TimeUnit: 'MONTHLY', BudgetLimit: { Amount: 12, Unit: 'USD' } });
    const told = z
      .array(z.object({ Notification: z.record(z.string(), z.unknown()), Subscribers: z.array(z.unknown()) }))
      .parse(budget && at(budget, 'NotificationsWithSubscribers'));
    expect(told.map(({ Notification }) => [Notification.NotificationType, Notification.Threshold])).toEqual([
      ['ACTUAL', 80],
      ['FORECASTED', 100],
    ]);
    for (const { Subscribers } of told) expect(Subscribers).toEqual([{ SubscriptionType: 'EMAIL', Address: 'trader@example.org' }]);
  });

  it('runs the task on Spot', () => {
    const [service] = ofType(synthesis, 'AWS::ECS::Service');
    expect(service && at(service, 'CapacityProviderStrategy')).toEqual([{ CapacityProvider: 'FARGATE_SPOT', Weight: 1 }]);
    expect(service && at(service, 'LaunchType')).toBeUndefined();
  });

  it('has the image built by the engine of the machine that deploys, and nothing in the account for it', () => {
    expect(ofType(synthesis, 'AWS::CodeBuild::Project')).toEqual([]);
    expect(ofType(synthesis, 'AWS::ECR::Repository')).toEqual([]);
    expect(ofType(synthesis, 'AWS::Lambda::Function').map(({ id }) => id)).not.toContainEqual(expect.stringMatching(/^Image/));
    expect(JSON.stringify(ofType(synthesis, 'AWS::ECS::TaskDefinition'))).toContain('container-assets');
  });

  it('is deployed where it says', () => {
    expect(JSON.stringify(synthesis.resources)).toContain('eu-central-1');
    expect(JSON.stringify(synthesis.resources)).not.toContain('ap-south-1');
  });
});

describe('prices of Upstox', () => {
  it('come with a token that the parameter store gives to the task and to nobody else', () => {
    const { resources } = of({ nse: 'upstox' });
    const holders = resources
      .filter((each) => JSON.stringify(each).includes('upstox-token'))
      .map(({ Type, id }) => [Type, id.replace(/[0-9A-F]{8}$/, '')]);
    expect(holders).toEqual([
      ['AWS::ECS::TaskDefinition', 'FeedTask'],
      ['AWS::IAM::Policy', 'FeedTaskExecutionRoleDefaultPolicy'],
    ]);
    const [task] = resources.filter(({ Type }) => Type === 'AWS::ECS::TaskDefinition');
    const [container] = z.array(z.object({ Secrets: z.array(z.object({ Name: z.string() })) })).parse(task && at(task, 'ContainerDefinitions'));
    expect(container?.Secrets.map(({ Name }) => Name)).toEqual(['NIGHTDESK_UPSTOX_TOKEN']);
  });
});

describe('without a configuration', () => {
  const synthesis = of({});
  const [project] = ofType(synthesis, 'AWS::CodeBuild::Project');
  const [repository] = ofType(synthesis, 'AWS::ECR::Repository');
  const [built] = ofType(synthesis, 'Custom::FeedImage');
  if (!project || !repository || !built) throw new Error('the image is not built in the account');

  it('nothing starts by itself, nobody is sent a budget, and the task runs on demand', () => {
    expect(variablesOf(synthesis).map((each) => autoStartOf(String(each.NIGHTDESK_AUTO_START))?.when)).toEqual(
      variablesOf(synthesis).map(() => 'off'),
    );
    expect(ofType(synthesis, 'AWS::Budgets::Budget')).toEqual([]);
    const [service] = ofType(synthesis, 'AWS::ECS::Service');
    expect(service && at(service, 'CapacityProviderStrategy')).toEqual([{ CapacityProvider: 'FARGATE', Weight: 1 }]);
  });

  it('the image is built on ARM in the account, for the cheapest price, with an end', () => {
    expect(at(project, 'Environment')).toMatchObject({ Type: 'ARM_CONTAINER', ComputeType: 'BUILD_GENERAL1_SMALL', PrivilegedMode: true });
    expect(at(project, 'TimeoutInMinutes')).toBe(10);
    expect(at(project, 'Source', 'Type')).toBe('S3');
  });

  it('the build reads the folder that goes up, and pushes only what is not there yet', () => {
    expect(at(built, 'source')).toEqual(at(project, 'Source', 'Location'));
    const script = String(at(project, 'Source', 'BuildSpec'));
    expect(script.indexOf('describe-images')).toBeLessThan(script.indexOf('docker push'));
    expect(script).toContain('--platform linux/arm64');
  });

  it('the task runs the image that was built, and the service waits for it', () => {
    const task = JSON.stringify(ofType(synthesis, 'AWS::ECS::TaskDefinition'));
    expect(task).toContain(`:${String(at(built, 'tag'))}`);
    expect(referred(JSON.parse(task))).toContain(repository.id);
    const template = JSON.stringify(ofType(synthesis, 'AWS::ECS::Service').map(({ DependsOn }) => DependsOn));
    expect(template).toContain(built.id);
  });

  it('images cannot be changed, the old ones go, and the last go with the stack', () => {
    expect(at(repository, 'ImageTagMutability')).toBe('IMMUTABLE');
    expect(JSON.parse(String(at(repository, 'LifecyclePolicy', 'LifecyclePolicyText'))).rules[0].selection).toMatchObject({ countNumber: 5 });
    expect(at(repository, 'EmptyOnDelete')).toBe(true);
  });
});

describe('the ledger', () => {
  const ledgerOf = (synthesis: Synthesis): Resource => {
    const found = ofType(synthesis, 'AWS::DynamoDB::Table').find(({ id }) => id.startsWith('Ledger'));
    if (!found) throw new Error('no ledger');
    return found;
  };

  it('can be deleted only by the flag that the destroy command sets', () => {
    expect(ledgerOf(of({}))).toMatchObject({ DeletionPolicy: 'Retain', Properties: { DeletionProtectionEnabled: true } });
    expect(ledgerOf(of({}, { 'nightdesk:release-ledger': 'yes' }))).toMatchObject({ DeletionPolicy: 'Retain' });
    expect(ledgerOf(of({}, { 'nightdesk:release-ledger': 'true' }))).toMatchObject({
      DeletionPolicy: 'Delete',
      Properties: { DeletionProtectionEnabled: false },
    });
  });

  it('keeps its identity when it is released: nothing is replaced on the way', () => {
    const [kept, released] = [ledgerOf(of({})), ledgerOf(of({}, { 'nightdesk:release-ledger': 'true' }))];
    expect(released.id).toBe(kept.id);
    expect(at(released, 'KeySchema')).toEqual(at(kept, 'KeySchema'));
  });
});

describe('the files beside the configuration', () => {
  it('the example is valid, and says the defaults', () => {
    const example: unknown = JSON.parse(readFileSync(join(ROOT, 'nightdesk.config.example.json'), 'utf8'));
    const { $schema, ...read } = readDeployment(example);
    expect($schema).toBe('./nightdesk.config.schema.json');
    const expected: Partial<Deployment> = readDeployment({});
    expect(read).toEqual(expected);
  });

  it('the JSON schema is the one that the program reads by', () => {
    const committed: unknown = JSON.parse(readFileSync(join(ROOT, 'nightdesk.config.schema.json'), 'utf8'));
    expect(committed, 'write it anew: npm run config:schema').toEqual(configurationSchema());
  });
});
