import { Duration, Stack, Validations } from 'aws-cdk-lib';
import { SubnetType } from 'aws-cdk-lib/aws-ec2';
import {
  AwsLogDriverMode,
  Cluster,
  type ContainerImage,
  ContainerInsights,
  CpuArchitecture,
  FargateService,
  FargateTaskDefinition,
  LogDrivers,
  OperatingSystemFamily,
  Secret,
} from 'aws-cdk-lib/aws-ecs';
import type { IRole } from 'aws-cdk-lib/aws-iam';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import { Construct } from 'constructs';
import type { Deployment } from '../../../shared/config/deployment.ts';
import { feedImage } from './feed-image.ts';
import { feedNetwork } from './feed-network.ts';
import { logGroup } from './log-group.ts';

const MEMORY_MIB = 512;
/** The rest of the task's memory is for buffers, code and the kernel. */
const HEAP_MIB = 360;

export interface FeedService {
  readonly role: IRole;
  readonly service: FargateService;
  readonly logs: ILogGroup;
}

/**
 * The task that holds the venues' sockets and is the matcher. Two of them run for a moment during an update: the lease in
 * the market table decides which one writes and fills.
 */
export function feedService(
  parent: Construct,
  { environment, deployment }: { readonly environment: Readonly<Record<string, string>>; readonly deployment: Deployment },
): FeedService {
  const { feed } = deployment;
  const scope = new Construct(parent, 'Feed');
  const task = new FargateTaskDefinition(scope, 'Task', {
    cpu: 256,
    memoryLimitMiB: MEMORY_MIB,
    runtimePlatform: { cpuArchitecture: CpuArchitecture.ARM64, operatingSystemFamily: OperatingSystemFamily.LINUX },
  });
  const { image, ready } = feedImage(scope, feed.image);
  const logs = logGroup(scope, 'Logs');
  addContainer(scope, task, { image, environment, secrets: secretsFor(scope, deployment), logs });

  const { vpc, securityGroup } = feedNetwork(scope);
  const cluster = new Cluster(scope, 'Cluster', { vpc, containerInsightsV2: ContainerInsights.DISABLED, enableFargateCapacityProviders: true });
  Validations.of(cluster).acknowledge({
    id: 'AwsSolutions::AwsSolutions-ECS4',
    reason: 'Container Insights would cost more than the one task it watches; the monitor function watches the age of prices instead.',
  });
  const service = new FargateService(scope, 'Service', {
    cluster,
    taskDefinition: task,
    desiredCount: 1,
    capacityProviderStrategies: [{ capacityProvider: feed.capacity === 'spot' ? 'FARGATE_SPOT' : 'FARGATE', weight: 1 }],
    minHealthyPercent: 100,
    maxHealthyPercent: 200,
    circuitBreaker: { enable: true, rollback: true },
    assignPublicIp: true,
    vpcSubnets: { subnetType: SubnetType.PUBLIC },
    securityGroups: [securityGroup],
  });
  if (ready !== null) service.node.addDependency(ready);
  Validations.of(task).acknowledge({
    id: 'AwsSolutions::AwsSolutions-IAM5[Resource::*]',
    reason: 'ecr:GetAuthorizationToken, with which the image is pulled, takes no resource. Everything else in this role names its resource.',
  });
  return { role: task.taskRole, service, logs };
}

interface ContainerProps {
  readonly image: ContainerImage;
  readonly environment: Readonly<Record<string, string>>;
  readonly secrets: Readonly<Record<string, Secret>>;
  readonly logs: ILogGroup;
}

function addContainer(scope: Construct, task: FargateTaskDefinition, { image, environment, secrets, logs }: ContainerProps): void {
  task.addContainer('feed', {
    image,
    environment: {
      ...environment,
      AWS_REGION: Stack.of(scope).region,
      NODE_OPTIONS: `--enable-source-maps --max-old-space-size=${HEAP_MIB}`,
    },
    secrets,
    readonlyRootFilesystem: true,
    user: 'node',
    stopTimeout: Duration.seconds(120),
    // Of the process only: a venue that is down is told by `status` and the monitor, and a new task would not bring it back.
    healthCheck: {
      command: ['CMD-SHELL', "grep -q '^State:[[:space:]]*[RSD]' /proc/1/status"],
      interval: Duration.seconds(30),
      timeout: Duration.seconds(5),
      retries: 3,
      startPeriod: Duration.seconds(60),
    },
    // A slow log must never hold up a tick: lines that do not fit the buffer are dropped.
    logging: LogDrivers.awsLogs({ streamPrefix: 'feed', logGroup: logs, mode: AwsLogDriverMode.NON_BLOCKING }),
  });
  Validations.of(task).acknowledge({
    id: 'AwsSolutions::AwsSolutions-ECS2',
    reason: 'The variables are names of tables, a queue and a region; there is no secret among them.',
  });
}

/** Where a person puts the read-only token of Upstox: `aws ssm put-parameter --type SecureString` (docs/runbook.md). */
const UPSTOX_TOKEN_PARAMETER = '/nightdesk/upstox-token';

/** Secrets come from the parameter store when the task starts; templates and environment hold their names only. */
function secretsFor(scope: Construct, { nse }: Deployment): Readonly<Record<string, Secret>> {
  if (nse !== 'upstox') return {};
  const parameter = StringParameter.fromSecureStringParameterAttributes(scope, 'UpstoxToken', { parameterName: UPSTOX_TOKEN_PARAMETER });
  return { NIGHTDESK_UPSTOX_TOKEN: Secret.fromSsmParameter(parameter) };
}
