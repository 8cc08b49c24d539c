import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as z from 'zod';
import { messageOf } from '../../shared/kernel/errors.ts';

/** One event as the bus got it. */
export interface BusEvent {
  readonly id: string;
  readonly source: string;
  readonly detailType: string;
  readonly detail: unknown;
}

export type BusListener = (event: BusEvent) => void | Promise<void>;

/** EventBridge on one machine: what PutEvents sends is handed to the listeners. */
export interface LocalEventBridge {
  readonly endpoint: string;
  /** A listener that fails has not got the event: whoever put it is told so. */
  readonly onEvent: (listener: BusListener) => void;
  readonly stop: () => Promise<void>;
}

const putEvents = z.object({
  Entries: z
    .array(z.object({ Source: z.string(), DetailType: z.string(), Detail: z.string(), EventBusName: z.string().optional() }))
    .min(1)
    .max(10),
});

const MAX_BODY_BYTES = 1_048_576;

/** Serves `AWSEvents.PutEvents` (JSON 1.1) on a free port of the loopback, so that the SDK's own client speaks to it. */
export async function startEventBridge(): Promise<LocalEventBridge> {
  const listeners: BusListener[] = [];
  let count = 0;
  const accept = async (body: string): Promise<unknown> => {
    const { Entries } = putEvents.parse(JSON.parse(body));
    const answers: object[] = [];
    for (const entry of Entries) {
      count += 1;
      const detail = JSON.parse(entry.Detail) as unknown;
      answers.push(await handOver({ id: `local-${count}`, source: entry.Source, detailType: entry.DetailType, detail }, listeners));
    }
    return { FailedEntryCount: answers.filter((answer) => 'ErrorCode' in answer).length, Entries: answers };
  };
  const server = createServer((request, response) => void serve(request, response, accept));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    onEvent: (listener) => {
      listeners.push(listener);
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function handOver(event: BusEvent, listeners: readonly BusListener[]): Promise<object> {
  try {
    for (const listener of listeners) await listener(event);
    return { EventId: event.id };
  } catch (error) {
    return { ErrorCode: 'InternalFailure', ErrorMessage: messageOf(error) };
  }
}

async function serve(request: IncomingMessage, response: ServerResponse, accept: (body: string) => Promise<unknown>): Promise<void> {
  const answer = (status: number, body: unknown): void => {
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' });
    response.end(JSON.stringify(body));
  };
  if (request.headers['x-amz-target'] !== 'AWSEvents.PutEvents') {
    answer(400, {
      __type: 'UnknownOperationException',
      message: `Only AWSEvents.PutEvents is served here, received ${String(request.headers['x-amz-target'])}`,
    });
    return;
  }
  try {
    answer(200, await accept(await readBody(request)));
  } catch (error) {
    answer(400, { __type: 'ValidationException', message: messageOf(error) });
  }
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    const bytes = chunk as Buffer;
    size += bytes.length;
    if (size > MAX_BODY_BYTES) throw new Error(`The body is larger than ${MAX_BODY_BYTES} bytes`);
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString('utf8');
}
