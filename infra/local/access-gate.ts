import type { APIGatewayProxyEventV2, APIGatewayRequestAuthorizerEventV2 } from 'aws-lambda';
import { type Authorizer, createAuthorizer } from '../../functions/authorizer/authorizer.ts';
import { HttpProblem } from '../../functions/middleware/problem.ts';
import type { TokenBookStore } from '../../shared/access/token-book-store.ts';
import { ROUTES } from '../../shared/contracts/routes.ts';
import type { Log } from '../../shared/kernel/log.ts';

/** Lets a request by, or refuses it. @throws HttpProblem 401 without a token, 403 with one that is not accepted */
export type AccessGate = (event: APIGatewayProxyEventV2) => Promise<void>;

/** The gate that asks for a token of this book, by the authorizer that runs on AWS. */
export function tokenGate(books: Pick<TokenBookStore, 'read'>, log: Log): AccessGate {
  // A file costs nothing to read: here a revocation is heard at once.
  return accessGate(createAuthorizer({ books, now: Date.now, log, keepBookMs: 0 }));
}

/**
 * What API Gateway does in front of a route with an authorizer: without the header nobody is asked and the answer is 401,
 * else the authorizer decides between the route and 403. The answers say what the gateway's say (`message`), as problem
 * documents. Unlike the gateway it keeps no answer: the next request is asked about again.
 */
export function accessGate(authorizer: Authorizer): AccessGate {
  return async (event) => {
    const header = event.headers.authorization;
    if (header === undefined || header === '') throw unauthorized();
    const { isAuthorized } = await authorizer(authorizerEvent(event, header));
    if (!isAuthorized) throw forbidden();
  };
}

const unauthorized = (): HttpProblem =>
  new HttpProblem(
    401,
    'unauthorized',
    'A token is asked for: Authorization: Bearer TOKEN. Create one with npm run token -- create --local',
    { message: 'Unauthorized' },
    { headers: { 'www-authenticate': 'Bearer' } },
  );

const forbidden = (): HttpProblem =>
  new HttpProblem(403, 'forbidden', 'The token is not accepted: it is not one, is unknown, has expired or was revoked', { message: 'Forbidden' });

function authorizerEvent(
  { rawPath, rawQueryString, headers, requestContext }: APIGatewayProxyEventV2,
  header: string,
): APIGatewayRequestAuthorizerEventV2 {
  const { method } = requestContext.http;
  const routeKey = routeKeyOf(method, rawPath);
  return {
    version: '2.0',
    type: 'REQUEST',
    routeArn: `arn:aws:execute-api:local:000000000000:local/$default/${method}${rawPath}`,
    identitySource: [header],
    routeKey,
    rawPath,
    rawQueryString,
    cookies: [],
    headers,
    requestContext: { ...requestContext, routeKey },
    pathParameters: {},
    stageVariables: {},
  };
}

function routeKeyOf(method: string, path: string): string {
  const found = ROUTES.find((route) => route.method === method && new RegExp(`^${route.path.replace(/\{[^}]+\}/g, '[^/]+')}$`).test(path));
  return found === undefined ? '$default' : `${found.method} ${found.path}`;
}
