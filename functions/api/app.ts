import httpRouterHandler, { type Route as RouterRoute } from '@middy/http-router';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { ROUTES, type RouteName } from '../../shared/contracts/routes.ts';
import type { EngineContext } from '../../shared/engine/context.ts';
import { type HttpHandler, httpFunction, jsonAnswer } from '../middleware/http-function.ts';
import { HttpProblem } from '../middleware/problem.ts';
import type { ApiHandlers } from './answer.ts';
import { apiHandlers } from './handlers.ts';
import { readRequest } from './request.ts';

type RouteHandler = (event: APIGatewayProxyEventV2) => Promise<APIGatewayProxyStructuredResultV2>;

/** The v8 API over an engine: every route of `shared/contracts/routes.ts`, behind the one HTTP stack. */
export function createApiHandler(context: EngineContext): HttpHandler {
  const handlers = apiHandlers(context);
  const routes = ROUTES.map(({ name, method, path }) => ({ method, path, handler: routeHandler(handlers, name) }));
  const router = httpRouterHandler<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2>({
    routes: routes as RouterRoute<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2>[],
    notFoundResponse: refuseRoute,
  }) as unknown as RouteHandler;
  // The router throws for a route that it does not know; awaiting makes that the request's error.
  return httpFunction(async (event) => await router(event), context.log);
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
function refuseRoute({ method, path }: { readonly method: string; readonly path: string }): never {
  const allowed = ROUTES.filter((route) => pattern(route.path).test(path)).map((route) => route.method);
  if (allowed.length > 0) {
    const headers = { allow: allowed.join(', ') };
    throw new HttpProblem(405, 'method_not_allowed', `${path} takes ${allowed.join(', ')}, received ${method}`, { allowed }, { headers });
  }
  const routes = ROUTES.map((route) => `${route.method} ${route.path}`);
  throw new HttpProblem(404, 'unknown_route', `There is no route ${method} ${path}`, { routes });
}

const pattern = (path: string): RegExp => new RegExp(`^${path.replace(/\{[^}]+\}/g, '[^/]+')}/?$`);
