import { BatchGetBuildsCommand, CodeBuildClient, StartBuildCommand } from '@aws-sdk/client-codebuild';
import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import { wallSleep } from '../../shared/kernel/clock-system.ts';
import { NightdeskError } from '../../shared/kernel/errors.ts';
import { type BuildPorts, type BuildState, buildImage } from './build-image.ts';

class ImageError extends NightdeskError<'not_started' | 'not_answered'> {}

const client = new CodeBuildClient({});

const ports: Omit<BuildPorts, 'leftMs'> = {
  start: async ({ project, source, tag, token }) => {
    const { build } = await client.send(
      new StartBuildCommand({
        projectName: project,
        idempotencyToken: token,
        // Of this request and not of the project, which may be an update ahead while a stack is rolled back.
        sourceLocationOverride: source,
        environmentVariablesOverride: [{ name: 'IMAGE_TAG', value: tag, type: 'PLAINTEXT' }],
      }),
    );
    if (build?.id === undefined) throw new ImageError('not_started', `CodeBuild started no build of ${project}`);
    return build.id;
  },
  state: async (buildId): Promise<BuildState> => {
    const { builds = [] } = await client.send(new BatchGetBuildsCommand({ ids: [buildId] }));
    const status = builds[0]?.buildStatus ?? 'IN_PROGRESS';
    if (status === 'IN_PROGRESS') return { status: 'running', says: status };
    return { status: status === 'SUCCEEDED' ? 'succeeded' : 'failed', says: `${status}, see ${builds[0]?.logs?.deepLink ?? 'its log'}` };
  },
  answer: async (url, body) => {
    // CloudFormation's address is signed for a request without a content type.
    const response = await fetch(url, { method: 'PUT', body, headers: { 'content-type': '' } });
    if (!response.ok) throw new ImageError('not_answered', `CloudFormation did not take the answer: ${response.status}`);
  },
  sleep: wallSleep,
};

/** The custom resource that stands for the image of the feed in the stack. */
export const handler = middy((event: unknown, context: Context) => buildImage(event, { ...ports, leftMs: () => context.getRemainingTimeInMillis() }));
