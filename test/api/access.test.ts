import { randomBytes } from 'node:crypto';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { HttpHandler } from '../../functions/middleware/http-function.ts';
import { accessGate, tokenGate } from '../../infra/local/access-gate.ts';
import { startHttpHost } from '../../infra/local/http-host.ts';
import { problemSchema } from '../../shared/contracts/problem.ts';
import { ROUTES } from '../../shared/contracts/routes.ts';
import { type ApiFixture, apiFixture } from '../support/api-fixture.ts';
import { booksOf, freshToken } from '../support/tokens.ts';

const quiet = (): void => undefined;
const token = freshToken();
const guarded = (): Promise<ApiFixture> => apiFixture({ gate: tokenGate(booksOf(token), quiet) });
const bearer = (text: string): Readonly<Record<string, string>> => ({ authorization: `Bearer ${text}` });

describe('a route behind the authorizer', () => {
  it('is every route that the API declares', () => {
    expect(ROUTES.length).toBeGreaterThan(20);
  });

  it.each(ROUTES)('$method $path answers 401 without a token, and has changed nothing', async ({ name }) => {
    const { refused } = await guarded();
    for (const headers of [{}, { authorization: '' }]) {
      const { status, headers: answered, body } = await refused(name, { headers });
      expect([status, body.code, body.message, answered.get('www-authenticate')]).toEqual([401, 'unauthorized', 'Unauthorized', 'Bearer']);
    }
  });

  it.each(ROUTES)('$method $path answers 403 to a wrong token, and has changed nothing', async ({ name }) => {
    const { refused } = await guarded();
    const changed = `${token.slice(0, 20)}${token[20] === 'x' ? 'y' : 'x'}${token.slice(21)}`;
    for (const authorization of [`Bearer ${freshToken()}`, `Bearer ${changed}`, 'Bearer secret', `Basic ${token}`, token]) {
      const { status, body } = await refused(name, { headers: { authorization } });
      expect([status, body.code, body.message], authorization.slice(0, 8)).toEqual([403, 'forbidden', 'Forbidden']);
    }
  });

  it.each(ROUTES)('$method $path answers by its content to the right token', async ({ method, path, answer, statuses }) => {
    const { url } = await guarded();
    const target = `${url}${path.replace('{strategy}', 'scalping').replace('{id}', 'none')}`;
    const response = await fetch(target, { method, headers: bearer(token), ...(method === 'POST' ? { body: '{}' } : {}) });
    const body = await response.json();
    if ((statuses as readonly number[]).includes(response.status)) {
      expect(answer.safeParse(body).error).toBeUndefined();
      return;
    }
    // What the route itself says about an empty request: never that the caller may not, nor that there is no such route.
    const problem = problemSchema.parse(body);
    expect([404, 409, 422]).toContain(problem.status);
    expect(['unauthorized', 'forbidden', 'unknown_route', 'foreign_host', 'foreign_origin']).not.toContain(problem.code);
  });

  it('that does not exist tells nobody so without a token', async () => {
    const { url } = await guarded();
    expect((await fetch(`${url}/api/v8/live/nothing`)).status).toBe(401);
    expect((await fetch(`${url}/`, { headers: bearer(freshToken()) })).status).toBe(403);
    expect((await fetch(`${url}/api/v8/live/nothing`, { headers: bearer(token) })).status).toBe(404);
  });
});

const echo: HttpHandler = async (event) => ({ statusCode: 200, headers: {}, body: event.body ?? '' });

async function hosted(options: Partial<Parameters<typeof startHttpHost>[0]>): Promise<{ url: string; port: number }> {
  const host = await startHttpHost({ port: 0, handler: echo, ...options });
  onTestFinished(() => host.stop(100));
  return host;
}

describe('the gate', () => {
  it('asks for the token before it reads a body', async () => {
    const { url } = await hosted({ gate: tokenGate(booksOf(token), quiet) });
    const large = new Uint8Array(5_000_000);
    expect((await fetch(url, { method: 'POST', body: large })).status).toBe(401);
    expect((await fetch(url, { method: 'POST', body: large, headers: bearer(freshToken()) })).status).toBe(403);
    expect((await fetch(url, { method: 'POST', body: large, headers: bearer(token) })).status).toBe(413);
    expect(await (await fetch(url, { method: 'POST', body: 'small', headers: bearer(token) })).text()).toBe('small');
  });

  it('does not ask the authorizer about a request without a token, as API Gateway does not', async () => {
    let asked = 0;
    const gate = accessGate(async () => {
      asked += 1;
      return { isAuthorized: true, context: { tokenId: 'any' } };
    });
    const { url } = await hosted({ gate });
    expect([(await fetch(url)).status, asked]).toEqual([401, 0]);
    expect([(await fetch(url, { headers: bearer('x') })).status, asked]).toEqual([200, 1]);
  });

  it('stays shut when the hashes cannot be read', async () => {
    const gate = tokenGate({ read: async () => Promise.reject(new Error(`no disk ${randomBytes(4).toString('hex')}`)) }, quiet);
    const { url } = await hosted({ gate });
    const response = await fetch(url, { headers: bearer(token) });
    expect([response.status, problemSchema.parse(await response.json()).code]).toEqual([500, 'authorizer_failed']);
  });

  it('tells the authorizer which route it is, as API Gateway does', async () => {
    const keys: string[] = [];
    const gate = accessGate(async ({ routeKey, identitySource, type, version }) => {
      keys.push(`${version} ${type} ${routeKey} ${identitySource}`);
      return { isAuthorized: true, context: { tokenId: 'any' } };
    });
    const { url } = await hosted({ gate });
    await fetch(`${url}/api/v8/live/positions/a%3Ab/close`, { method: 'POST', headers: bearer('x') });
    expect(keys).toEqual(['2.0 REQUEST POST /api/v8/live/positions/{id}/close Bearer x']);
  });
});

describe('a page of another origin', () => {
  const PAGE = 'https://desk.example';
  const gate = tokenGate(booksOf(token), quiet);
  const ask = { origin: PAGE, 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization' };

  it('is refused, whatever token it has, until it is allowed by name', async () => {
    const { url } = await hosted({ gate });
    const response = await fetch(url, { headers: { origin: PAGE, ...bearer(token) } });
    expect([response.status, response.headers.get('access-control-allow-origin')]).toEqual([403, null]);
    expect((await fetch(url, { method: 'OPTIONS', headers: ask })).status).toBe(403);
  });

  it('that is allowed is told what it may send without a token, and must send one all the same', async () => {
    const { url } = await hosted({ gate, allowedOrigins: [PAGE] });
    const preflight = await fetch(url, { method: 'OPTIONS', headers: ask });
    expect(preflight.status).toBe(204);
    expect(Object.fromEntries(preflight.headers)).toMatchObject({
      'access-control-allow-origin': PAGE,
      'access-control-allow-methods': 'DELETE,GET,POST',
      'access-control-allow-headers': 'authorization,content-type,idempotency-key',
      vary: 'origin',
    });
    expect(preflight.headers.get('access-control-allow-credentials')).toBeNull();
    const without = await fetch(url, { headers: { origin: PAGE } });
    // Readable by the page, so that it can tell its user why.
    expect([without.status, without.headers.get('access-control-allow-origin')]).toEqual([401, PAGE]);
    const passed = await fetch(url, { headers: { origin: PAGE, ...bearer(token) } });
    expect([passed.status, passed.headers.get('access-control-allow-origin')]).toEqual([200, PAGE]);
  });

  it('is another one with another scheme, port or beginning', async () => {
    const { url } = await hosted({ gate, allowedOrigins: [PAGE] });
    for (const origin of ['http://desk.example', `${PAGE}:8443`, `${PAGE}.evil.example`, 'https://x.desk.example', 'null', '*']) {
      const response = await fetch(url, { headers: { origin, ...bearer(token) } });
      expect([response.status, response.headers.get('access-control-allow-origin')], origin).toEqual([403, null]);
    }
  });

  it('cannot be allowed where no token is asked', async () => {
    await expect(startHttpHost({ port: 0, handler: echo, allowedOrigins: [PAGE] })).rejects.toMatchObject({ code: 'open_origin' });
  });
});
