import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda';
import type { HttpHandler } from '../middleware/http-function.ts';
import { lambdaContext } from '../middleware/lambda-context.ts';
import { createApiHandler } from './app.ts';

let made: Promise<HttpHandler> | undefined;

/** The Lambda behind the HTTP API. Its handler is made by the first request and kept. */
export async function handler(event: APIGatewayProxyEventV2, context: Context): Promise<APIGatewayProxyStructuredResultV2> {
  made ??= lambdaContext().then(createApiHandler);
  const answer = await made;
  return answer(event, context);
}
