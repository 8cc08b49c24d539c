import { AssetHashType, DockerImage, Duration, Validations } from 'aws-cdk-lib';
import { PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { ApplicationLogLevel, Architecture, Code, Function as LambdaFunction, LoggingFormat, Runtime, SystemLogLevel } from 'aws-cdk-lib/aws-lambda';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { bundleFunction, ROOT } from '../bundle.ts';
import { logGroup } from './log-group.ts';

export interface HouseFunctionProps {
  /** The folder under `functions/` whose `handler.ts` exports `handler`. */
  readonly name: string;
  readonly description: string;
  readonly memoryMiB: number;
  readonly timeoutSeconds: number;
  readonly environment: Readonly<Record<string, string>>;
}

export interface HouseFunction {
  readonly lambda: LambdaFunction;
  /** May write its own log and nothing else until it is granted more. */
  readonly role: Role;
  readonly logs: ILogGroup;
}

/** A function as this house runs them: one bundled ES module on ARM, JSON logs that expire, a role of its own. */
export function houseFunction(parent: Construct, { name, description, memoryMiB, timeoutSeconds, environment }: HouseFunctionProps): HouseFunction {
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
  const lambda = new LambdaFunction(scope, 'Function', {
    description,
    code: bundledCode(name),
    handler: 'index.handler',
    runtime: Runtime.NODEJS_24_X,
    architecture: Architecture.ARM_64,
    memorySize: memoryMiB,
    timeout: Duration.seconds(timeoutSeconds),
    role,
    logGroup: logs,
    loggingFormat: LoggingFormat.JSON,
    applicationLogLevelV2: ApplicationLogLevel.INFO,
    systemLogLevelV2: SystemLogLevel.WARN,
    environment: { ...environment, NODE_OPTIONS: '--enable-source-maps' },
  });
  Validations.of(lambda).acknowledge(...ACKNOWLEDGED);
  return { lambda, role, logs };
}

/** The function's bundle. Bundled by our own call of esbuild, because the CDK's construct makes one file and no more. */
function bundledCode(name: string): Code {
  return Code.fromAsset(`${ROOT}functions/${name}`, {
    assetHashType: AssetHashType.OUTPUT,
    bundling: {
      // Never pulled: the bundling below runs here and always says that it did the work.
      image: DockerImage.fromRegistry('scratch'),
      local: {
        tryBundle(folder) {
          bundleFunction(name, folder);
          return true;
        },
      },
    },
  });
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
