import { ROUTES, type RouteName } from '../../shared/contracts/routes.ts';

/** The route that a request is for, and what stands in the places of its parameters. */
export interface FoundRoute {
  readonly name: RouteName;
  readonly params: Readonly<Record<string, string>>;
}

interface Compiled {
  readonly name: RouteName;
  readonly method: string;
  readonly pattern: RegExp;
}

// A path without parameters goes before one with: it is the nearer description.
const COMPILED: readonly Compiled[] = ROUTES.map(({ name, method, path }) => ({
  name,
  method,
  path,
  pattern: new RegExp(`^${path.replace(/\{([^}]+)\}/g, '(?<$1>[^/]+)')}/?$`),
})).sort((a, b) => Number(a.path.includes('{')) - Number(b.path.includes('{')));

/**
 * Finds the route of a request; a slash at the end of the path makes no difference. Of our own and not middy's router, whose
 * package loads all of `node:http` and of `fetch` behind it into every cold start.
 */
export function findRoute(method: string, path: string): FoundRoute | null {
  for (const route of COMPILED) {
    const match = route.method === method ? route.pattern.exec(path) : null;
    if (match !== null) return { name: route.name, params: { ...match.groups } };
  }
  return null;
}

/** Methods that a path takes; none for a path that there is not. */
export const methodsOf = (path: string): readonly string[] => COMPILED.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method);
