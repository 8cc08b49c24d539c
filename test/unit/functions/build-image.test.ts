import { describe, expect, it } from 'vitest';
import { type BuildPorts, type BuildState, buildImage } from '../../../functions/image/build-image.ts';

const request = (kind: string): Record<string, unknown> => ({
  RequestType: kind,
  ServiceToken: 'arn:aws:lambda:ap-south-1:1:function:f',
  ResponseURL: 'https://cloudformation.example/answer?signed=1',
  StackId: 'stack',
  RequestId: 'request',
  LogicalResourceId: 'FeedImageBuilt',
  ResourceType: 'Custom::FeedImage',
  ResourceProperties: { ServiceToken: 'arn', project: 'p', source: 'bucket/key.zip', tag: 'abc' },
});

interface Told {
  readonly ports: BuildPorts;
  readonly started: unknown[];
  readonly answers: { url: string; body: Record<string, unknown> }[];
}

function builder(states: readonly (BuildState | Error)[], leftMs = 800_000): Told {
  const started: unknown[] = [];
  const answers: Told['answers'] = [];
  let left = leftMs;
  let next = 0;
  const ports: BuildPorts = {
    start: async (build) => {
      started.push(build);
      const [first] = states;
      if (first instanceof Error) throw first;
      return 'p:1';
    },
    state: async () => {
      const state = states[Math.min(next++, states.length - 1)];
      if (state === undefined || state instanceof Error) throw state ?? new Error('no state');
      return state;
    },
    answer: async (url, body) => void answers.push({ url, body: JSON.parse(body) as Record<string, unknown> }),
    sleep: async (ms) => {
      left -= ms;
    },
    leftMs: () => left,
  };
  return { ports, started, answers };
}

const RUNNING: BuildState = { status: 'running', says: 'IN_PROGRESS' };

describe('an image that is built for a stack', () => {
  it('is waited for, and CloudFormation is told when it is there', async () => {
    const { ports, started, answers } = builder([RUNNING, RUNNING, { status: 'succeeded', says: 'SUCCEEDED' }]);
    await buildImage(request('Create'), ports);
    expect(started).toEqual([{ project: 'p', source: 'bucket/key.zip', tag: 'abc', token: 'request' }]);
    expect(answers).toEqual([
      {
        url: 'https://cloudformation.example/answer?signed=1',
        body: expect.objectContaining({ Status: 'SUCCESS', PhysicalResourceId: 'feed-image', StackId: 'stack', RequestId: 'request' }),
      },
    ]);
  });

  it('that fails ends the deployment, which says where the log is', async () => {
    const { ports, answers } = builder([{ status: 'failed', says: 'FAILED, see https://log' }]);
    await buildImage(request('Update'), ports);
    expect(answers[0]?.body).toMatchObject({ Status: 'FAILED', Reason: 'p:1: FAILED, see https://log' });
  });

  it('that never ends is given up while there is still time to say so', async () => {
    const { ports, answers } = builder([RUNNING], 60_000);
    await buildImage(request('Create'), ports);
    expect(answers[0]?.body).toMatchObject({ Status: 'FAILED', Reason: 'p:1 did not end in time' });
    expect(ports.leftMs()).toBeGreaterThanOrEqual(20_000);
  });

  it('that cannot be started does not leave the stack waiting', async () => {
    const { ports, answers } = builder([new Error('AccessDenied')]);
    await buildImage(request('Create'), ports);
    expect(answers[0]?.body).toMatchObject({ Status: 'FAILED', Reason: 'The image was not built: AccessDenied' });
  });

  it('needs nothing done when the stack goes', async () => {
    const { ports, started, answers } = builder([RUNNING]);
    await buildImage(request('Delete'), ports);
    expect(started).toEqual([]);
    expect(answers[0]?.body).toMatchObject({ Status: 'SUCCESS' });
  });
});
