import { CustomResource, Duration, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import { BuildSpec, ComputeType, LinuxArmBuildImage, Project, Source } from 'aws-cdk-lib/aws-codebuild';
import { Repository, RepositoryEncryption, TagMutability } from 'aws-cdk-lib/aws-ecr';
import { PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import { Asset } from 'aws-cdk-lib/aws-s3-assets';
import { Construct } from 'constructs';
import { houseFunction } from './house-function.ts';
import { logGroup } from './log-group.ts';

/** Images of so many deployments are kept, so that a roll-back finds the one before. */
const KEPT_IMAGES = 5;
/** The function that waits ends after 15 minutes; a build takes two. */
const BUILD_MINUTES = 10;

export interface BuiltImage {
  readonly repository: Repository;
  readonly tag: string;
  /** There when the image is there: what runs the image depends on it. */
  readonly ready: CustomResource;
}

/**
 * An image that is built in the account, from a folder with a Dockerfile that goes up as an asset: no container engine is
 * needed where this is deployed from. A build takes two minutes of the hundred a month that are free.
 */
export function builtImage(parent: Construct, folder: string): BuiltImage {
  const scope = new Construct(parent, 'Image');
  const source = new Asset(scope, 'Source', { path: folder });
  const repository = new Repository(scope, 'Images', {
    imageScanOnPush: true,
    imageTagMutability: TagMutability.IMMUTABLE,
    encryption: RepositoryEncryption.AES_256,
    lifecycleRules: [{ description: 'The images of the last deployments', maxImageCount: KEPT_IMAGES }],
    emptyOnDelete: true,
    removalPolicy: RemovalPolicy.DESTROY,
  });
  const project = buildProject(scope, source, repository);
  const { lambda, role } = houseFunction(Stack.of(scope), {
    name: 'image',
    description: 'Has the image of the feed built and waits for it, while the stack is deployed',
    memoryMiB: 128,
    timeoutSeconds: 900,
    environment: {},
  });
  lambda.configureAsyncInvoke({ retryAttempts: 0 });
  Validations.of(lambda).acknowledge({
    id: 'Serverless::Serverless-LambdaAsyncFailureDestination',
    reason: 'CloudFormation starts it and waits for its answer: a failure fails the deployment, in which somebody is looking.',
  });
  role.addToPolicy(new PolicyStatement({ actions: ['codebuild:StartBuild', 'codebuild:BatchGetBuilds'], resources: [project.projectArn] }));
  const tag = source.assetHash;
  const ready = new CustomResource(scope, 'Built', {
    resourceType: 'Custom::FeedImage',
    serviceToken: lambda.functionArn,
    properties: { project: project.projectName, source: `${source.s3BucketName}/${source.s3ObjectKey}`, tag },
  });
  // The function may be called as soon as its permissions are there, and not before.
  ready.node.addDependency(role, lambda, project);
  return { repository, tag, ready };
}

function buildProject(scope: Construct, source: Asset, repository: Repository): Project {
  const logs = logGroup(scope, 'BuildLogs');
  const role = buildRole(scope, { source, repository, logs });
  const project = new Project(scope, 'Project', {
    description: 'Builds the image of the feed',
    source: Source.s3({ bucket: source.bucket, path: source.s3ObjectKey }),
    role: role.withoutPolicyUpdates(),
    environment: {
      buildImage: LinuxArmBuildImage.AMAZON_LINUX_2023_STANDARD_3_0,
      computeType: ComputeType.SMALL,
      privileged: true,
    },
    environmentVariables: { REPOSITORY: { value: repository.repositoryUri }, REPOSITORY_NAME: { value: repository.repositoryName } },
    buildSpec: BuildSpec.fromObject(BUILD),
    grantReportGroupPermissions: false,
    logging: { cloudWatch: { logGroup: logs } },
    timeout: Duration.minutes(BUILD_MINUTES),
    queuedTimeout: Duration.minutes(5),
    concurrentBuildLimit: 1,
  });
  Validations.of(project).acknowledge({
    id: 'AwsSolutions::AwsSolutions-CB4',
    reason: 'The build leaves no artifact: what it makes goes to the repository, which is encrypted. A key of its own would cost a dollar a month.',
  });
  return project;
}

/** An image that is there already is not built again: a roll-back, or a deployment that changed something else. */
const BUILD = {
  version: 0.2,
  phases: {
    build: {
      commands: [
        [
          'if aws ecr describe-images --repository-name "$REPOSITORY_NAME" --image-ids imageTag="$IMAGE_TAG" > /dev/null 2>&1; then',
          '  echo "$IMAGE_TAG is there"',
          'else',
          '  set -e',
          // biome-ignore lint/suspicious/noTemplateCurlyInString: the shell cuts the repository's name off its registry
          '  aws ecr get-login-password | docker login --username AWS --password-stdin "${REPOSITORY%%/*}"',
          '  docker build --platform linux/arm64 --provenance=false --tag "$REPOSITORY:$IMAGE_TAG" .',
          '  docker push "$REPOSITORY:$IMAGE_TAG"',
          'fi',
        ].join('\n'),
      ],
    },
  },
};

/** Reads the one asset, pushes to the one repository, writes the one log. */
function buildRole(scope: Construct, to: { readonly source: Asset; readonly repository: Repository; readonly logs: ILogGroup }): Role {
  const { bucket, s3ObjectKey } = to.source;
  const role = new Role(scope, 'BuildRole', {
    assumedBy: new ServicePrincipal('codebuild.amazonaws.com'),
    description: 'Nightdesk image build',
    inlinePolicies: {
      build: new PolicyDocument({
        statements: [
          new PolicyStatement({ actions: ['logs:CreateLogStream', 'logs:PutLogEvents'], resources: [to.logs.logGroupArn] }),
          new PolicyStatement({ actions: ['s3:GetObject', 's3:GetObjectVersion'], resources: [bucket.arnForObjects(s3ObjectKey)] }),
          new PolicyStatement({ actions: ['s3:GetBucketLocation', 's3:ListBucket'], resources: [bucket.bucketArn] }),
          new PolicyStatement({ actions: ['ecr:GetAuthorizationToken'], resources: ['*'] }),
          new PolicyStatement({
            actions: [
              'ecr:BatchCheckLayerAvailability',
              'ecr:BatchGetImage',
              'ecr:CompleteLayerUpload',
              'ecr:DescribeImages',
              'ecr:InitiateLayerUpload',
              'ecr:PutImage',
              'ecr:UploadLayerPart',
            ],
            resources: [to.repository.repositoryArn],
          }),
        ],
      }),
    },
  });
  Validations.of(role).acknowledge({
    id: 'AwsSolutions::AwsSolutions-IAM5[Resource::*]',
    reason: 'ecr:GetAuthorizationToken, with which the image is pushed, takes no resource. Everything else in this role names its resource.',
  });
  return role;
}
