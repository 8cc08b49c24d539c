import * as z from 'zod';
import { messageOf } from '../../shared/kernel/errors.ts';

/** What CloudFormation sends when the image of a stack is to be made; other fields are its own. */
const requestSchema = z.object({
  RequestType: z.enum(['Create', 'Update', 'Delete']),
  ResponseURL: z.url(),
  StackId: z.string(),
  RequestId: z.string(),
  LogicalResourceId: z.string(),
  ResourceProperties: z.object({ project: z.string(), source: z.string(), tag: z.string() }),
});
type BuildRequest = z.infer<typeof requestSchema>;

/** How a build stands. */
export interface BuildState {
  readonly status: 'running' | 'succeeded' | 'failed';
  readonly says: string;
}

/** The builder, and the way back to CloudFormation. */
export interface BuildPorts {
  /** The same `token` starts one build, however often it is asked for. @returns the build's id */
  readonly start: (build: { readonly project: string; readonly source: string; readonly tag: string; readonly token: string }) => Promise<string>;
  readonly state: (buildId: string) => Promise<BuildState>;
  readonly answer: (url: string, body: string) => Promise<void>;
  readonly sleep: (ms: number) => Promise<void>;
  readonly leftMs: () => number;
}

const LOOK_EVERY_MS = 5_000;
/** Time to answer in, before the function is ended and the stack waits for nothing. */
const ANSWER_MS = 20_000;

/**
 * Has the image built and tells CloudFormation how it went, so that the service that needs the image is changed only when it
 * is there. A deleted image needs nothing: the repository goes with the stack.
 * @throws when CloudFormation could not be told
 */
export async function buildImage(event: unknown, ports: BuildPorts): Promise<BuildState> {
  const request = requestSchema.parse(event);
  const outcome = request.RequestType === 'Delete' ? { status: 'succeeded' as const, says: 'nothing to do' } : await built(request, ports);
  const { StackId, RequestId, LogicalResourceId } = request;
  const Status = outcome.status === 'succeeded' ? 'SUCCESS' : 'FAILED';
  // One name for every image: another would have CloudFormation delete the one before.
  const body = { Status, Reason: outcome.says, PhysicalResourceId: 'feed-image', StackId, RequestId, LogicalResourceId };
  await ports.answer(request.ResponseURL, JSON.stringify(body));
  return outcome;
}

async function built({ RequestId, ResourceProperties }: BuildRequest, ports: BuildPorts): Promise<BuildState> {
  try {
    const buildId = await ports.start({ ...ResourceProperties, token: RequestId });
    for (;;) {
      const state = await ports.state(buildId);
      if (state.status !== 'running') return { ...state, says: `${buildId}: ${state.says}` };
      if (ports.leftMs() < ANSWER_MS + LOOK_EVERY_MS) return { status: 'failed', says: `${buildId} did not end in time` };
      await ports.sleep(LOOK_EVERY_MS);
    }
  } catch (error) {
    return { status: 'failed', says: `The image was not built: ${messageOf(error)}` };
  }
}
