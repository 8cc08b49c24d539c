import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpUrlIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';

import { FUNCTION_MEMORY_MIB } from '../../infra/aws/function-memory.ts';

import { TOKEN_PARAMETER, TOKEN_PARAMETER_VARIABLE } from '../../shared/access/token-parameter.ts';
import { ALERT_VARIABLES } from '../../shared/config/alert-settings.ts';
import { autoStartText, NO_AUTO_START } from '../../shared/config/auto-start.ts';
import { DeploymentConfigError, readDeployment } from '../../shared/config/deployment.ts';

import { readEnvironment, toVariables } from '../../shared/config/environment.ts';
import { EnvironmentError } from '../../shared/config/environment-error.ts';
import { REPORTS_BUCKET_VARIABLE } from '../../shared/config/reports.ts';
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

/** Those that work for the deployment or the bus alone are given nothing of the desk. */
const isOfTheDesk = ({ id }: Resource): boolean => !/^(Image|Outbox)Function/.test(id);

/** The environment of every process of the desk, by the id of its resource. */
const environments: ReadonlyMap<string, Readonly<Record<string, unknown>>> = new Map([
  ...functions.filter(isOfTheDesk).map((each) => [each.id, z.record(z.string(), z.unknown()).parse(at(each, 'Environment', 'Variables'))] as const),
  ['feed', Object.fromEntries(container.Environment.map(({ Name, Value }) => [Name, Value]))] as const,
]);

/** The authorizer works on no table: it knows one variable, which names where the hashes are. */
const isAuthorizer = (id: string): boolean => id.startsWith('AuthorizerFunction');

describe('the functions', () => {
  it('are those that have a folder, and no helper of the framework beside them', () => {
    const names = functions.map(({ id }) => id.replace(/Function[0-9A-F]{8}$/, '').toLowerCase()).sort();
    expect(names).toEqual(['alerts', 'api', 'authorizer', 'image', 'monitor', 'nightly', 'outbox', 'scan', 'session']);
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
      if (each.id.startsWith('Image')) expect(at(each, 'Environment', 'Variables')).toEqual({ NODE_OPTIONS: '--enable-source-maps' });
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
  it('of the authorizer names the parameter of the hashes, and nothing of trading', () => {
    const [variables, ...others] = [...environments].filter(([id]) => isAuthorizer(id)).map(([, each]) => each);
    expect(others).toEqual([]);
    expect(variables).toEqual({ [TOKEN_PARAMETER_VARIABLE]: TOKEN_PARAMETER, NODE_OPTIONS: '--enable-source-maps' });
  });

  it('holds no secret: they are in SSM, and a variable says at most where', () => {
    for (const [id, variables] of environments) {
      const suspects = Object.entries(variables).filter(([name]) => /token|secret|password|key|credential/i.test(name));
      expect(
        suspects.filter(([, value]) => !String(value).startsWith('/nightdesk/')),
        id,
      ).toEqual([]);
    }
    const text = JSON.stringify(resources);
    expect(text).not.toMatch(/resolve:(?:ssm|secretsmanager)/);
    expect(ofType('AWS::SSM::Parameter')).toEqual([]);
    expect(ofType('AWS::SecretsManager::Secret')).toEqual([]);
  });

  it.each([...environments.keys()].filter((id) => !isAuthorizer(id)))('of %s is what its code reads, and names what the stack has', (id) => {
    const variables = environments.get(id) ?? {};
    const asText = Object.fromEntries(
      Object.entries(variables).map(([name, value]) => [
        name,
        typeof value === 'string' ? value : name.endsWith('_URL') ? 'https://queue' : referred(value)[0],
      ]),
    );
    const read = readEnvironment(asText);
    const own = id.startsWith('AlertsFunction') ? Object.values(ALERT_VARIABLES) : id.startsWith('NightlyFunction') ? [REPORTS_BUCKET_VARIABLE] : [];
    const ours = Object.keys(asText).filter((name) => name.startsWith('NIGHTDESK_'));
    expect(ours.sort()).toEqual([...Object.keys(toVariables(read)), ...own].sort());
    expect(asText).toMatchObject(toVariables(read));
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
      symbols: 'all',
      autoStart: autoStartText(NO_AUTO_START),
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

  it('asks the authorizer about every route', () => {
    const authorizer = only('AWS::ApiGatewayV2::Authorizer').id;
    expect(routes.length).toBe(ROUTES.length);
    for (const route of routes) {
      expect([at(route, 'AuthorizationType'), referred(at(route, 'AuthorizerId'))], String(at(route, 'RouteKey'))).toEqual(['CUSTOM', [authorizer]]);
    }
  });

  it('gives the authorizer the header and takes a simple answer, which it keeps for five minutes', () => {
    const authorizer = only('AWS::ApiGatewayV2::Authorizer');
    expect(authorizer.Properties).toMatchObject({
      AuthorizerType: 'REQUEST',
      AuthorizerPayloadFormatVersion: '2.0',
      EnableSimpleResponses: true,
      IdentitySource: ['$request.header.Authorization'],
      AuthorizerResultTtlInSeconds: 300,
    });
    expect(referred(at(authorizer, 'AuthorizerUri'))).toEqual([expect.stringMatching(/^AuthorizerFunction/)]);
  });

  it('leaves no route open that is added without a word about who may call', () => {
    const planted = synthesise(({ trading }) => {
      const api = trading.node.findAll().find((each) => each instanceof HttpApi);
      const integration = new HttpUrlIntegration('Planted', 'https://example.com');
      api?.addRoutes({ path: '/planted', integration });
    }).resources.filter((each) => at(each, 'RouteKey') === 'ANY /planted');
    expect(planted.map((route) => at(route, 'AuthorizationType'))).toEqual(['CUSTOM']);
  });

  it('is throttled, and logs who asked for what and nothing that is secret', () => {
    const stage = only('AWS::ApiGatewayV2::Stage');
    expect(at(stage, 'DefaultRouteSettings')).toEqual({ ThrottlingRateLimit: 20, ThrottlingBurstLimit: 40 });
    expect(referred(at(stage, 'AccessLogSettings', 'DestinationArn'))).toEqual([expect.stringContaining('AccessLogs')]);
    const format = String(at(stage, 'AccessLogSettings', 'Format'));
    expect(format).not.toMatch(/authorization|header|body/i);
    expect(JSON.parse(format)).toMatchObject({
      caller: '$context.authorizer.tokenId',
      route: '$context.routeKey',
      sourceIp: '$context.identity.sourceIp',
    });
  });

  it('has no other stage, and no route that asks for a limit of its own above the stage', () => {
    expect(at(only('AWS::ApiGatewayV2::Stage'), 'StageName')).toBe('$default');
    expect(at(only('AWS::ApiGatewayV2::Stage'), 'RouteSettings')).toBeUndefined();
  });

  it('opens no browser origin', () => {
    expect(at(only('AWS::ApiGatewayV2::Api'), 'CorsConfiguration')).toBeUndefined();
  });

  it('opens the origins that are named, to what the API takes and no more, without cookies', () => {
    const named = apiOf({ allowedOrigins: ['https://desk.example', 'http://localhost:5173'] });
    expect(at(named('AWS::ApiGatewayV2::Api'), 'CorsConfiguration')).toEqual({
      AllowOrigins: ['https://desk.example', 'http://localhost:5173'],
      AllowMethods: ['DELETE', 'GET', 'POST'],
      AllowHeaders: ['authorization', 'content-type', 'idempotency-key'],
      AllowCredentials: false,
      MaxAge: 3_600,
    });
  });

  it.each(['*', 'https://*.desk.example', 'https://desk.example/', 'http://desk.example', 'desk.example', ''])(
    'is not deployed for the origin %j',
    (origin) => {
      expect(() => apiOf({ allowedOrigins: [origin] })).toThrow(DeploymentConfigError);
    },
  );

  it('takes tokens of a configured issuer in place of its own, on every route, and then has no authorizer function', () => {
    const jwt = apiOf({ jwtIssuer: 'https://issuer.example', jwtAudience: ['nightdesk'] });
    const authorizer = jwt('AWS::ApiGatewayV2::Authorizer');
    expect(authorizer.Properties).toMatchObject({
      AuthorizerType: 'JWT',
      IdentitySource: ['$request.header.Authorization'],
      JwtConfiguration: { Issuer: 'https://issuer.example', Audience: ['nightdesk'] },
    });
    const opened = jwt.all.filter(({ Type }) => Type === 'AWS::ApiGatewayV2::Route');
    expect(opened).toHaveLength(ROUTES.length);
    for (const route of opened) {
      expect([at(route, 'AuthorizationType'), referred(at(route, 'AuthorizerId'))]).toEqual(['JWT', [authorizer.id]]);
    }
    expect(jwt.all.filter(({ id }) => isAuthorizer(id))).toEqual([]);
  });

  it.each<Readonly<Record<string, unknown>>>([
    { jwtIssuer: 'https://issuer.example' },
    { jwtAudience: ['nightdesk'] },
    { jwtIssuer: 'http://issuer.example', jwtAudience: ['nightdesk'] },
  ])('is not deployed for a half told issuer: %j', (given) => {
    expect(() => apiOf(given)).toThrow(DeploymentConfigError);
  });
});

/** The stack as another configuration would have it. */
function apiOf(api: Readonly<Record<string, unknown>>): ((type: string) => Resource) & { readonly all: readonly Resource[] } {
  const all = synthesise(undefined, { deployment: readDeployment({ api }) }).resources;
  const one = (type: string): Resource => {
    const [found, ...others] = all.filter(({ Type }) => Type === type);
    if (!found || others.length > 0) throw new Error(`expected one ${type}`);
    return found;
  };
  return Object.assign(one, { all });
}

describe('a function that is started asynchronously', () => {
  it('keeps what it could not do: every function is asked by API Gateway or has a destination for its failures', () => {
    const asked = ['AWS::ApiGatewayV2::Integration', 'AWS::ApiGatewayV2::Authorizer'].flatMap(ofType).flatMap((each) => referred(each.Properties));
    const kept = ofType('AWS::Lambda::EventInvokeConfig').filter((each) => referred(at(each, 'DestinationConfig', 'OnFailure')).length === 1);
    const answered = new Set([...asked, ...kept.flatMap((each) => referred(at(each, 'FunctionName')))]);
    // CloudFormation starts the one that has the image built, and is itself what waits for its answer.
    expect(functions.filter(isOfTheDesk).flatMap(({ id }) => (answered.has(id) ? [] : id))).toEqual([]);
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
    expect(dockerfile).toMatch(new RegExp(`^FROM \\S+/node:${devDependencies.node.replaceAll('.', '\\.')}-bookworm-slim@sha256:[0-9a-f]{64}$`, 'm'));
    expect(dockerfile).not.toMatch(/^RUN /m);
    expect(dockerfile).toMatch(/^USER node$/m);
  });

  it('is started with the young generation of npm start', () => {
    const { scripts } = z.object({ scripts: z.object({ start: z.string() }) }).parse(JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')));
    const flag = /--max-semi-space-size=\d+/.exec(scripts.start)?.[0];
    expect(flag).toBeDefined();
    expect(readFileSync(join(ROOT, 'infra/aws/feed-image/Dockerfile'), 'utf8')).toContain(`CMD ["node", "${flag}", "feed.mjs"]`);
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
    expect(groups).toHaveLength(functions.length + 3);
    for (const group of groups) expect(at(group, 'RetentionInDays')).toBe(30);
  });

  it('is encrypted in every queue, and refused without TLS', () => {
    const queues = ofType('AWS::SQS::Queue');
    expect(queues).toHaveLength(5);
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
