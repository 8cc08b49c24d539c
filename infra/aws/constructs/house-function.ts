import { fileURLToPath } from 'node:url';
import { Duration, Validations } from 'aws-cdk-lib';
import { PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { ApplicationLogLevel, Architecture, LoggingFormat, type ParamsAndSecretsLayerVersion, Runtime, SystemLogLevel } from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction, OutputFormat } from 'aws-cdk-lib/aws-lambda-nodejs';
import { Construct } from 'constructs';
import { logGroup } from './log-group.ts';

/** The root of the repository. */
export const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** Packages that are CommonJS inside an ES module bundle call `require`, which ES modules do not have. */
export const REQUIRE_BANNER = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";

export interface HouseFunctionProps {
  /** The folder under `functions/` whose `handler.ts` exports `handler`. */
  readonly name: string;
  readonly description: string;
  readonly memoryMiB: number;
  readonly timeoutSeconds: number;
  readonly environment: Readonly<Record<string, string>>;
  /** For a function that reads secrets. */
  readonly paramsAndSecrets?: ParamsAndSecretsLayerVersion;
}

export interface HouseFunction {
  readonly lambda: NodejsFunction;
  /** May write its own log and nothing else until it is granted more. */
  readonly role: Role;
}

/** A function as this house runs them: one bundled ES module on ARM, JSON logs that expire, a role of its own. */
export function houseFunction(
  parent: Construct,
  { name, description, memoryMiB, timeoutSeconds, environment, paramsAndSecrets }: HouseFunctionProps,
): HouseFunction {
  const scope = new Construct(parent, `${name.charAt(0).toUpperCase()}${name.slice(1)}Function`);
  const logs = logGroup(scope, 'Logs');
  const role = new Role(scope, 'Role', {
    assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
    description: `Nightdesk ${name}`,
    inlinePolicies: {
      logs: new PolicyDocument({
        statements: [new PolicyStatement({ actions: ['logs:CreateLogStream', 'logs:PutLogEvents'], resources: [logs.logGroupArn] })],
      }),
    },
  });
  const lambda = new NodejsFunction(scope, 'Function', {
    description,
    entry: `${ROOT}functions/${name}/handler.ts`,
    handler: 'handler',
    projectRoot: ROOT,
    depsLockFilePath: `${ROOT}package-lock.json`,
    runtime: Runtime.NODEJS_24_X,
    architecture: Architecture.ARM_64,
    memorySize: memoryMiB,
    timeout: Duration.seconds(timeoutSeconds),
    role,
    logGroup: logs,
    ...(paramsAndSecrets === undefined ? {} : { paramsAndSecrets }),
    loggingFormat: LoggingFormat.JSON,
    applicationLogLevelV2: ApplicationLogLevel.INFO,
    systemLogLevelV2: SystemLogLevel.WARN,
    environment: { ...environment, NODE_OPTIONS: '--enable-source-maps' },
    bundling: {
      format: OutputFormat.ESM,
      target: 'node24',
      mainFields: ['module', 'main'],
      minify: true,
      keepNames: true,
      sourceMap: true,
      sourcesContent: false,
      bundleAwsSDK: true,
      banner: REQUIRE_BANNER,
    },
  });
  Validations.of(lambda).acknowledge(...ACKNOWLEDGED);
  return { lambda, role };
}

const ACKNOWLEDGED = [
  {
    id: 'Serverless::Serverless-LambdaDLQ',
    reason:
      'API Gateway calls and hears the error itself; every function that is started asynchronously has an on-failure destination, which keeps the error beside the event, as a dead-letter queue does not. A test holds them to it.',
  },
  {
    id: 'Serverless::Serverless-LambdaTracing',
    reason:
      'Each run logs the id that leads from tick to fill. X-Ray would trace some 130,000 scheduled runs a month, more than is free, to show a call or two to DynamoDB in each.',
  },
];
