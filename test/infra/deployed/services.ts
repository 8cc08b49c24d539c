import { createHash, randomUUID } from 'node:crypto';
import * as z from 'zod';
import type { AwsRequest } from './aws-calls.ts';

/** An event that somebody put on the bus. */
export interface PutEvent {
  readonly Source: string;
  readonly DetailType: string;
  readonly Detail: string;
}

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

export interface Services {
  /** Does what a request asks for, as the service would. */
  readonly serve: (request: AwsRequest, isGone: () => boolean) => Promise<Answer>;
  /** What was put on the bus so far. */
  readonly events: readonly PutEvent[];
  /** Texts that wait in a queue, by its address. */
  readonly waiting: (queueUrl: string) => readonly string[];
  /** Names of the objects that were put into a bucket. */
  readonly objects: (bucket: string) => readonly string[];
  readonly setParameter: (name: string, value: string) => void;
}

const LOOK_EVERY_MS = 20;

const sendSchema = z.object({ QueueUrl: z.string(), MessageBody: z.string() });
const receiveSchema = z.object({ QueueUrl: z.string(), WaitTimeSeconds: z.number().default(0), MaxNumberOfMessages: z.number().default(1) });
const deleteSchema = z.object({ QueueUrl: z.string(), Entries: z.array(z.object({ Id: z.string(), ReceiptHandle: z.string() })) });
const putEventsSchema = z.object({ Entries: z.array(z.object({ Source: z.string(), DetailType: z.string(), Detail: z.string() })).max(10) });

const md5 = (text: string): string => createHash('md5').update(text).digest('hex');

/** SQS, SSM, S3, EventBridge and CodeBuild as far as the stack uses them, over their own protocols, in memory. */
export function createServices(): Services {
  const queues = new Map<string, { readonly id: string; readonly body: string }[]>();
  const taken = new Map<string, string>();
  const parameters = new Map<string, string>();
  const objects = new Set<string>();
  const events: PutEvent[] = [];

  const queueOf = (url: string): { readonly id: string; readonly body: string }[] => {
    const queue = queues.get(url) ?? [];
    queues.set(url, queue);
    return queue;
  };

  const receive = async (input: unknown, isGone: () => boolean): Promise<unknown> => {
    const { QueueUrl, WaitTimeSeconds, MaxNumberOfMessages } = receiveSchema.parse(input);
    const untilMs = performance.now() + WaitTimeSeconds * 1_000;
    while (queueOf(QueueUrl).length === 0 && performance.now() < untilMs && !isGone()) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
    if (isGone()) return {};
    const messages = queueOf(QueueUrl).splice(0, MaxNumberOfMessages);
    for (const { id, body } of messages) taken.set(id, body);
    return { Messages: messages.map(({ id, body }) => ({ MessageId: id, ReceiptHandle: id, Body: body, MD5OfBody: md5(body) })) };
  };

  const OPERATIONS: Readonly<Record<string, (input: unknown, isGone: () => boolean) => Promise<unknown> | unknown>> = {
    // What is in the object is not looked at here: the store's own contract does.
    's3 PutObject': () => ({}),
    'sqs SendMessage': (input) => {
      const { QueueUrl, MessageBody } = sendSchema.parse(input);
      const id = randomUUID();
      queueOf(QueueUrl).push({ id, body: MessageBody });
      return { MessageId: id, MD5OfMessageBody: md5(MessageBody) };
    },
    'sqs ReceiveMessage': receive,
    'sqs DeleteMessageBatch': (input) => {
      const { Entries } = deleteSchema.parse(input);
      const gone = Entries.filter(({ ReceiptHandle }) => taken.delete(ReceiptHandle));
      return { Successful: gone.map(({ Id }) => ({ Id })), Failed: [] };
    },
    's3 PUT object': (input) => {
      const { Bucket, Key } = z.object({ Bucket: z.string(), Key: z.string() }).parse(input);
      objects.add(`${Bucket}/${Key}`);
      return {};
    },
    'ssm GetParameter': (input) => {
      const { Name } = z.object({ Name: z.string() }).parse(input);
      const Value = parameters.get(Name);
      if (Value === undefined) throw new ServiceRefusal('ParameterNotFound', `There is no parameter ${Name}`);
      return { Parameter: { Name, Type: 'SecureString', Value, Version: 1 } };
    },
    'events PutEvents': (input) => {
      const { Entries } = putEventsSchema.parse(input);
      events.push(...Entries);
      return { FailedEntryCount: 0, Entries: Entries.map(() => ({ EventId: randomUUID() })) };
    },
    'codebuild StartBuild': (input) => ({ build: { id: `${z.object({ projectName: z.string() }).parse(input).projectName}:${randomUUID()}` } }),
    'codebuild BatchGetBuilds': (input) => ({
      builds: z
        .object({ ids: z.array(z.string()) })
        .parse(input)
        .ids.map((id) => ({ id, buildStatus: 'SUCCEEDED' })),
    }),
  };

  return {
    serve: async ({ service, operation, input }, isGone) => {
      const run = OPERATIONS[`${service} ${operation}`];
      if (run === undefined) return refusal('UnknownOperationException', `${service} ${operation} is not served here`);
      try {
        return { status: 200, body: await run(input, isGone) };
      } catch (error) {
        if (error instanceof ServiceRefusal) return refusal(error.type, error.message);
        throw error;
      }
    },
    events,
    waiting: (queueUrl) => queueOf(queueUrl).map(({ body }) => body),
    objects: (bucket) => [...objects].filter((name) => name.startsWith(`${bucket}/`)).map((name) => name.slice(bucket.length + 1)),
    setParameter: (name, value) => void parameters.set(name, value),
  };
}

class ServiceRefusal extends Error {
  readonly type: string;

  constructor(type: string, message: string) {
    super(message);
    this.type = type;
  }
}

/** An error of a service in its protocol. */
export const refusal = (type: string, message: string): Answer => ({ status: 400, body: { __type: type, message } });
