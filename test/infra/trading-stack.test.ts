import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { FUNCTION_MEMORY_MIB } from '../../infra/aws/function-memory.ts';
import { EnvironmentError, readEnvironment, toVariables } from '../../shared/config/environment.ts';
import { ROUTES } from '../../shared/contracts/routes.ts';
import { binanceUrls } from '../../shared/feeds/binance/binance-endpoints.ts';
import { TABLES } from '../../shared/store/tables.ts';
import { at, type Resource, ROOT, referred, synthesise } from './synthesis.ts';

const { resources } = synthesise();
const ofType = (type: string): readonly Resource[] => resources.filter(({ Type }) => Type === type);
const only = (type: string): Resource => {
  const [found, ...others] = ofType(type);
  if (!found || others.length > 0) throw new Error(`expected one ${type}, found ${ofType(type).length}`);
  return found;
};
const ids = new Set(resources.map(({ id }) => id));

const functions = ofType('AWS::Lambda::Function');
const container = z
  .object({
    Environment: z.array(z.object({ Name: z.string(), Value: z.unknown() })),
    HealthCheck: z.object({ Command: z.array(z.string()) }),
    LogConfiguration: z.unknown(),
    ReadonlyRootFilesystem: z.boolean(),
    StopTimeout: z.number(),
    User: z.string(),
  })
  .parse(
    z
      .array(z.unknown())
      .length(1)
      .parse(at(only('AWS::ECS::TaskDefinition'), 'ContainerDefinitions'))[0],
  );

/** The outbox works for the bus alone, and is told of nothing else: see the data stack. */
const trading = functions.filter(({ stack }) => stack === 'NightdeskTrading');

/** The environment of every process that trades, by the id of its resource. */
const environments: ReadonlyMap<string, Readonly<Record<string, unknown>>> = new Map([
  ...trading.map((each) => [each.id, z.record(z.string(), z.unknown()).parse(at(each, 'Environment', 'Variables'))] as const),
  ['feed', Object.fromEntries(container.Environment.map(({ Name, Value }) => [Name, Value]))] as const,
]);

describe('the functions', () => {
  it('are those that have a folder, and no helper of the framework beside them', () => {
    const names = functions.map(({ id }) => id.replace(/Function[0-9A-F]{8}$/, '').toLowerCase()).sort();
    expect(names).toEqual(['api', 'monitor', 'outbox', 'scan', 'session']);
    for (const name of names) expect(existsSync(join(ROOT, 'functions', name, 'handler.ts'))).toBe(true);
  });

  it('have the memory that the bill reckons with', () => {
    const given = functions.map((each) => [each.id.replace(/Function[0-9A-F]{8}$/, '').toLowerCase(), at(each, 'MemorySize')]);
    expect(Object.fromEntries(given)).toEqual(FUNCTION_MEMORY_MIB);
  });

  it('run on Node 24 on ARM, with source maps', () => {
    for (const each of functions) {
      expect(each.Properties).toMatchObject({ Runtime: 'nodejs24.x', Architectures: ['arm64'], Handler: 'index.handler' });
      expect(at(each, 'Environment', 'Variables')).toMatchObject({ NODE_OPTIONS: '--enable-source-maps' });
    }
  });

  it('log JSON into a group of their own', () => {
    const groups = functions.map((each) => {
      expect(at(each, 'LoggingConfig', 'LogFormat')).toBe('JSON');
      return referred(at(each, 'LoggingConfig', 'LogGroup'))[0];
    });
    expect(new Set(groups).size).toBe(functions.length);
    for (const group of groups) expect(ofType('AWS::Logs::LogGroup').map(({ id }) => id)).toContain(group);
  });
});

describe('the environment', () => {
  it.each([...environments.keys()])('of %s is what its code reads, and names what the stack has', (id) => {
    const variables = environments.get(id) ?? {};
    const asText = Object.fromEntries(
      Object.entries(variables).map(([name, value]) => [
        name,
        typeof value === 'string' ? value : name.endsWith('_URL') ? 'https://queue' : referred(value)[0],
      ]),
    );
    const read = readEnvironment(asText);
    expect(toVariables(read)).toEqual(Object.fromEntries(Object.entries(asText).filter(([name]) => name.startsWith('NIGHTDESK_'))));
    expect(read.world).toBe('live');
    for (const value of Object.values(variables).filter((each) => typeof each !== 'string')) {
      expect(referred(value)).toHaveLength(1);
      for (const target of referred(value)) expect(ids).toContain(target);
    }
    expect(referred(variables[TABLES.ledger.variable])).toEqual([expect.stringMatching(/^Ledger/)]);
    expect(referred(variables[TABLES.market.variable])).toEqual([expect.stringMatching(/^Market/)]);
    expect(referred(variables.NIGHTDESK_NUDGE_QUEUE_URL)).toEqual([expect.stringMatching(/^Nudges/)]);
  });

  it('that lacks a variable or has one of another form is refused, with every fault named', () => {
    const whole = toVariables({
      ledgerTable: 'l',
      marketTable: 'm',
      nudgeQueueUrl: 'https://queue',
      world: 'live',
      marketMode: 'switch',
      nseHours: 'none',
    });
    expect(readEnvironment(whole).ledgerTable).toBe('l');
    const broken = { ...whole, NIGHTDESK_LEDGER_TABLE: undefined, NIGHTDESK_MARKETS: 'all', NIGHTDESK_WORLD: 'dead' };
    expect(() => readEnvironment(broken)).toThrow(EnvironmentError);
    expect(() => readEnvironment(broken)).toThrow(
      expect.objectContaining({
        code: 'bad_environment',
        message: expect.stringMatching(
          /NIGHTDESK_LEDGER_TABLE: received nothing.*NIGHTDESK_WORLD: received "dead".*NIGHTDESK_MARKETS: received "all"/,
        ),
      }),
    );
  });
});

describe('the API', () => {
  const routes = ofType('AWS::ApiGatewayV2::Route');

  it('has the declared routes and no other', () => {
    expect(routes.map((route) => at(route, 'RouteKey')).sort()).toEqual(ROUTES.map(({ method, path }) => `${method} ${path}`).sort());
  });

  it('asks every route for a signed request', () => {
    expect(routes.length).toBeGreaterThan(0);
    expect(routes.filter((route) => at(route, 'AuthorizationType') !== 'AWS_IAM')).toEqual([]);
  });

  it('is throttled, and logs who asked for what and nothing that is secret', () => {
    const stage = only('AWS::ApiGatewayV2::Stage');
    expect(at(stage, 'DefaultRouteSettings')).toEqual({ ThrottlingRateLimit: 20, ThrottlingBurstLimit: 40 });
    expect(referred(at(stage, 'AccessLogSettings', 'DestinationArn'))).toEqual([expect.stringContaining('AccessLogs')]);
    expect(String(at(stage, 'AccessLogSettings', 'Format'))).not.toMatch(/authorization|header|body/i);
  });

  it('opens no browser origin', () => {
    expect(at(only('AWS::ApiGatewayV2::Api'), 'CorsConfiguration')).toBeUndefined();
  });
});

describe('the feed', () => {
  it('is one small ARM task, of which the next is up before the old one goes', () => {
    expect(only('AWS::ECS::TaskDefinition').Properties).toMatchObject({
      Cpu: '256',
      Memory: '512',
      RuntimePlatform: { CpuArchitecture: 'ARM64', OperatingSystemFamily: 'LINUX' },
    });
    expect(at(only('AWS::ECS::Service'), 'DesiredCount')).toBe(1);
    expect(at(only('AWS::ECS::Service'), 'DeploymentConfiguration')).toMatchObject({
      MinimumHealthyPercent: 100,
      MaximumPercent: 200,
      DeploymentCircuitBreaker: { Enable: true, Rollback: true },
    });
  });

  it('runs without root on a root that it cannot write, and has two minutes to put its state away', () => {
    expect(container).toMatchObject({ ReadonlyRootFilesystem: true, User: 'node', StopTimeout: 120 });
    expect(container.HealthCheck.Command[0]).toBe('CMD-SHELL');
  });

  it('leaves its heap room inside the memory of the task', () => {
    const heapMiB = Number(/--max-old-space-size=(\d+)/.exec(String(environments.get('feed')?.NODE_OPTIONS))?.[1]);
    expect(heapMiB).toBeGreaterThan(0);
    expect(heapMiB).toBeLessThanOrEqual(512 * 0.75);
  });

  it('runs the Node that the project is tested with', () => {
    const dockerfile = readFileSync(join(ROOT, 'infra/aws/feed-image/Dockerfile'), 'utf8');
    const { devDependencies } = z
      .object({ devDependencies: z.object({ node: z.string() }) })
      .parse(JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')));
    expect(dockerfile).toMatch(new RegExp(`^FROM \\S+/node:${devDependencies.node.replaceAll('.', '\\.')}-\\S+$`, 'm'));
    expect(dockerfile).not.toMatch(/^RUN /m);
  });
});

describe('the network', () => {
  it('has no NAT gateway, no load balancer and no private subnet that would need one', () => {
    const costly = ['AWS::EC2::NatGateway', 'AWS::EC2::EIP', 'AWS::ElasticLoadBalancingV2::LoadBalancer', 'AWS::EC2::FlowLog'];
    expect(costly.flatMap(ofType)).toEqual([]);
    expect(at(only('AWS::ECS::Service'), 'NetworkConfiguration', 'AwsvpcConfiguration', 'AssignPublicIp')).toBe('ENABLED');
  });

  it('reaches DynamoDB and S3 by gateway endpoints, which cost nothing', () => {
    const endpoints = ofType('AWS::EC2::VPCEndpoint');
    expect(endpoints.map((endpoint) => at(endpoint, 'VpcEndpointType'))).toEqual(['Gateway', 'Gateway']);
    expect(JSON.stringify(endpoints)).toMatch(/dynamodb.*s3/);
  });

  it('lets nothing in', () => {
    expect(at(only('AWS::EC2::SecurityGroup'), 'SecurityGroupIngress')).toBeUndefined();
    expect(ofType('AWS::EC2::SecurityGroupIngress')).toEqual([]);
  });

  it('lets the feed out to every port of its venues, and to no other', () => {
    const egress = z
      .array(z.object({ FromPort: z.number(), ToPort: z.number(), IpProtocol: z.literal('tcp') }))
      .parse(at(only('AWS::EC2::SecurityGroup'), 'SecurityGroupEgress'));
    const { webSocket, rest } = binanceUrls({});
    const wanted = new Set([443, ...[...webSocket, ...rest].map((url) => Number(new URL(url).port || 443))]);
    expect(egress.map(({ FromPort, ToPort }) => [FromPort, ToPort])).toEqual([...wanted].sort((a, b) => a - b).map((port) => [port, port]));
  });
});

describe('everything that is kept', () => {
  it('has a log retention, in every log group', () => {
    const groups = ofType('AWS::Logs::LogGroup');
    expect(groups).toHaveLength(functions.length + 2);
    for (const group of groups) expect(at(group, 'RetentionInDays')).toBe(30);
  });

  it('is encrypted in every queue, and refused without TLS', () => {
    const queues = ofType('AWS::SQS::Queue');
    expect(queues).toHaveLength(4);
    for (const queue of queues) {
      expect(at(queue, 'SqsManagedSseEnabled')).toBe(true);
      const policy = ofType('AWS::SQS::QueuePolicy').find((each) => referred(at(each, 'Queues')).includes(queue.id));
      expect(JSON.stringify(policy && at(policy, 'PolicyDocument'))).toContain(
        '"Condition":{"Bool":{"aws:SecureTransport":"false"}},"Effect":"Deny"',
      );
    }
  });

  it('keeps a nudge no longer than it means anything', () => {
    const nudges = ofType('AWS::SQS::Queue').find(({ id }) => id.startsWith('Nudges'));
    expect(nudges?.Properties).toMatchObject({ MessageRetentionPeriod: 60, ReceiveMessageWaitTimeSeconds: 20 });
    expect(referred(nudges && at(nudges, 'RedrivePolicy'))).toEqual([expect.stringContaining('RefusedNudges')]);
  });
});
