import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda';
import { problemOf } from '../middleware/http-errors.ts';
import type { HttpHandler } from '../middleware/http-function.ts';
import { lambdaContext } from '../middleware/lambda-context.ts';
import { problemResponse } from '../middleware/problem.ts';
import { createApiHandler } from './app.ts';

let made: Promise<HttpHandler> | undefined;

/** The Lambda behind the HTTP API. Its handler is made by the first request and kept. */
export async function handler(event: APIGatewayProxyEventV2, context: Context): Promise<APIGatewayProxyStructuredResultV2> {
  made ??= lambdaContext().then(createApiHandler);
  let answer: HttpHandler;
  try {
    answer = await made;
  } catch (error) {
    // The next request tries again: what kept this one from starting may be over by then.
    made = undefined;
    const problem = problemOf(error);
    if (problem === null) throw error;
    return problemResponse(problem);
  }
  return answer(event, context);
}
