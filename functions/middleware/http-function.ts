import { randomUUID } from 'node:crypto';
import middy from '@middy/core';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda';
import { messageOf } from '../../shared/kernel/errors.ts';
import type { Log } from '../../shared/kernel/log.ts';
import { problemOf } from './http-errors.ts';
import { ANSWER_HEADERS, HttpProblem, problemResponse } from './problem.ts';

/** A Lambda handler behind API Gateway, payload version 2. The local host calls it with the same events. */
export type HttpHandler = (event: APIGatewayProxyEventV2, context?: Context) => Promise<APIGatewayProxyStructuredResultV2>;

/**
 * The one stack of every HTTP function: every error becomes a problem document, the unexpected ones are logged under an id
 * that the answer names.
 * middy runs error steps in reverse: the step that answers is registered first, the one that translates after it.
 */
export function httpFunction(handle: (event: APIGatewayProxyEventV2) => Promise<APIGatewayProxyStructuredResultV2>, log: Log): HttpHandler {
  const stack = middy((event: APIGatewayProxyEventV2) => handle(event))
    .use({ onError: answerProblem })
    .use({ onError: translateErrors(log) });
  return async (event, context = LOCAL_CONTEXT) => await stack(event, context);
}

/** An answer as JSON. */
export function jsonAnswer(status: number, body: unknown): APIGatewayProxyStructuredResultV2 {
  return {
    statusCode: status,
    headers: { ...ANSWER_HEADERS, 'content-type': 'application/json; charset=utf-8' },
    body: JSON.stringify(body),
  };
}

// The host on one machine has no Lambda context; middy asks it for the remaining time only where there is one.
const LOCAL_CONTEXT = {} as Context;

type Request = middy.Request<APIGatewayProxyEventV2>;

const translateErrors =
  (log: Log) =>
  (request: Request): void => {
    request.error = problemOf(request.error) ?? unexpected(request, log);
  };

function unexpected({ error, event }: Request, log: Log): HttpProblem {
  const errorId = randomUUID();
  const { method, path } = event.requestContext.http;
  log('error', 'request-failed', { errorId, method, path, why: messageOf(error), stack: error instanceof Error ? error.stack : undefined });
  return new HttpProblem(500, 'internal_error', `An unexpected error; the log has it under ${errorId}`, { errorId }, { cause: error });
}

function answerProblem(request: Request): void {
  if (request.error instanceof HttpProblem) request.response = problemResponse(request.error);
}
