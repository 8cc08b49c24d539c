import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import * as z from 'zod';
import type { BodyOf, QueryOf, Route, RouteName } from '../../shared/contracts/routes.ts';
import { jsonBody } from '../middleware/http-body.ts';
import { HttpProblem } from '../middleware/problem.ts';

/** A request as its route's handler sees it: validated, in our own types. */
export interface ApiRequest<Name extends RouteName> {
  readonly params: Readonly<Record<string, string | undefined>>;
  readonly query: QueryOf<Name>;
  readonly body: BodyOf<Name>;
  /** The client's Idempotency-Key, or null. */
  readonly key: string | null;
  /** What the gateway calls this request: an id for what a client gave none. */
  readonly requestId: string;
}

const idempotencyKey = z.string().regex(/^[\x21-\x7e]{1,128}$/);

/**
 * Reads a request by its route's schemas.
 * @throws HttpProblem 400 for what cannot be read, 413 for a body too large, 422 for unknown and invalid fields
 */
export function readRequest<Name extends RouteName>(route: Route & { readonly name: Name }, event: APIGatewayProxyEventV2): ApiRequest<Name> {
  return {
    params: decoded(event.pathParameters ?? {}),
    query: validated(route.query, event.queryStringParameters ?? {}, 'query') as QueryOf<Name>,
    body: (route.body === null ? null : validated(route.body, jsonBody(event), 'body')) as BodyOf<Name>,
    key: keyOf(event.headers['idempotency-key']),
    requestId: event.requestContext.requestId,
  };
}

/** Longer than any id of ours. A store takes keys of a certain length, and would not even look for longer ones. */
const MAX_ID_LENGTH = 256;

/** Path parameters as they were meant: ids have colons in them, which some clients escape. */
function decoded(params: Readonly<Record<string, string | undefined>>): ApiRequest<RouteName>['params'] {
  return Object.fromEntries(Object.entries(params).map(([name, value]) => [name, value === undefined ? value : idIn(value)]));
}

function idIn(escaped: string): string {
  const id = unescaped(escaped);
  if (id.length <= MAX_ID_LENGTH) return id;
  throw new HttpProblem(404, 'unknown_id', `No id has more than ${MAX_ID_LENGTH} characters, received ${id.length}: ${id.slice(0, 40)}...`);
}

function unescaped(escaped: string): string {
  try {
    return decodeURIComponent(escaped);
  } catch (error) {
    throw new HttpProblem(400, 'malformed_path', 'The path has an escape that is none', { received: escaped.slice(0, 200) }, { cause: error });
  }
}

function validated(schema: z.ZodType, value: unknown, part: 'query' | 'body'): unknown {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const errors = result.error.issues.map(({ path, message }) => ({ field: path.join('.'), message }));
  const told = errors.map(({ field, message }) => (field === '' ? message : `${field}: ${message}`)).join('; ');
  throw new HttpProblem(422, `invalid_${part}`, `The ${part} is not valid: ${told}`, { errors });
}

function keyOf(header: string | undefined): string | null {
  if (header === undefined) return null;
  const result = idempotencyKey.safeParse(header);
  if (result.success) return result.data;
  throw new HttpProblem(400, 'invalid_idempotency_key', 'An Idempotency-Key is 1 to 128 visible ASCII characters', {
    received: header.slice(0, 200),
  });
}
