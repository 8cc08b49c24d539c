import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { ROUTES, type RouteName } from '../../shared/contracts/routes.ts';
import type { EngineContext } from '../../shared/engine/context.ts';
import { type HttpHandler, httpFunction, jsonAnswer } from '../middleware/http-function.ts';
import { HttpProblem } from '../middleware/problem.ts';
import type { ApiHandlers } from './answer.ts';
import { findRoute, methodsOf } from './find-route.ts';
import { apiHandlers } from './handlers.ts';
import { readRequest } from './request.ts';

type RouteHandler = (event: APIGatewayProxyEventV2) => Promise<APIGatewayProxyStructuredResultV2>;

/** The v8 API over an engine: every route of `shared/contracts/routes.ts`, behind the one HTTP stack. */
export function createApiHandler(context: EngineContext): HttpHandler {
  const handlers = apiHandlers(context);
  const byName = new Map(ROUTES.map(({ name }) => [name, routeHandler(handlers, name)]));
  return httpFunction(async (event) => {
    const { method, path } = event.requestContext.http;
    const found = findRoute(method, path);
    const handle = found === null ? undefined : byName.get(found.name);
    if (found === null || handle === undefined) return refuseRoute(method, path);
    return handle({ ...event, pathParameters: { ...found.params, ...event.pathParameters } });
  }, context.log);
}

function routeHandler<Name extends RouteName>(handlers: ApiHandlers, name: Name): RouteHandler {
  const route = ROUTES.find((each) => each.name === name);
  const handle = handlers[name];
  return async (event) => {
    if (route === undefined) throw new HttpProblem(404, 'unknown_route', `There is no route ${name}`);
    const { status, body } = await handle(readRequest<Name>(route as typeof route & { readonly name: Name }, event));
    return jsonAnswer(status, body);
  };
}

/** A known path asked with another method is 405, all else 404 with the routes that exist. */
function refuseRoute(method: string, path: string): never {
  const allowed = methodsOf(path);
  if (allowed.length > 0) {
    const headers = { allow: allowed.join(', ') };
    throw new HttpProblem(405, 'method_not_allowed', `${path} takes ${allowed.join(', ')}, received ${method}`, { allowed }, { headers });
  }
  const routes = ROUTES.map((route) => `${route.method} ${route.path}`);
  throw new HttpProblem(404, 'unknown_route', `There is no route ${method} ${path}`, { routes });
}
