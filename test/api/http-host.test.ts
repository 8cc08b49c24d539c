import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { HttpHandler } from '../../functions/middleware/http-function.ts';
import { type HttpHost, startHttpHost } from '../../infra/local/http-host.ts';
import type { Problem } from '../../shared/contracts/problem.ts';
import { MAX_BODY_BYTES } from '../../shared/contracts/routes.ts';

const echo: HttpHandler = async (event) => ({ statusCode: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(event) });

async function hosted(handler: HttpHandler = echo): Promise<HttpHost> {
  const host = await startHttpHost({ port: 0, handler });
  onTestFinished(() => host.stop(100));
  return host;
}

interface Raw {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

/** A request with headers that `fetch` would not let through. */
function raw(port: number, headers: Readonly<Record<string, string>>, method = 'GET'): Promise<Raw> {
  return new Promise((resolve, reject) => {
    const sent = httpRequest({ port, host: '127.0.0.1', path: '/', method, headers, setHost: false }, (response) => {
      let text = '';
      response.on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: text === '' ? {} : JSON.parse(text) }));
    });
    sent.on('error', reject);
    sent.end();
  });
}

describe('the HTTP host on one machine', () => {
  it('hands a request on as an API Gateway event of payload version 2.0', async () => {
    const { url } = await hosted();
    const response = await fetch(`${url}/a/b%20c?x=1&y=2&x=3`, { method: 'POST', body: '{"é":1}', headers: { 'X-Thing': 'Value' } });
    expect(await response.json()).toMatchObject({
      version: '2.0',
      rawPath: '/a/b%20c',
      rawQueryString: 'x=1&y=2&x=3',
      queryStringParameters: { x: '1,3', y: '2' },
      headers: { 'x-thing': 'Value' },
      body: '{"é":1}',
      isBase64Encoded: false,
      requestContext: { stage: '$default', http: { method: 'POST', path: '/a/b%20c', protocol: 'HTTP/1.1', sourceIp: '127.0.0.1' } },
    });
  });

  it('hands on a body that is not UTF-8 in base64', async () => {
    const { url } = await hosted();
    const response = await fetch(url, { method: 'POST', body: new Uint8Array([0xff, 0xfe, 0x00]) });
    expect(await response.json()).toMatchObject({ isBase64Encoded: true, body: '//4A' });
  });

  it('answers under the names of this machine only, whatever a foreign DNS says', async () => {
    const { port } = await hosted();
    for (const host of [`127.0.0.1:${port}`, `localhost:${port}`, `LOCALHOST:${port}`, `[::1]:${port}`]) {
      expect((await raw(port, { host })).status, host).toBe(200);
    }
    for (const host of ['evil.example', `evil.example:${port}`, 'localhost', `localhost:${port + 1}`, `localhost.evil.example:${port}`]) {
      const answer = await raw(port, { host });
      expect(answer, host).toMatchObject({ status: 403, body: { code: 'foreign_host', status: 403 } });
    }
  });

  it('refuses pages of other origins, and of none', async () => {
    const { port } = await hosted();
    const host = `127.0.0.1:${port}`;
    expect((await raw(port, { host, origin: `http://localhost:${port}` }, 'POST')).status).toBe(200);
    for (const origin of ['https://evil.example', 'null', `https://localhost:${port}`, `http://localhost:${port}.evil.example`, 'http://localhost']) {
      expect(await raw(port, { host, origin }, 'POST'), origin).toMatchObject({ status: 403, body: { code: 'foreign_origin' } });
    }
  });

  it('reads a body of 16 kB and refuses a longer one, told or counted, without calling the handler', async () => {
    let calls = 0;
    const { url } = await hosted(async (event, context) => {
      calls += 1;
      return echo(event, context);
    });
    expect((await fetch(url, { method: 'POST', body: 'x'.repeat(MAX_BODY_BYTES) })).status).toBe(200);
    const told = await fetch(url, { method: 'POST', body: 'x'.repeat(MAX_BODY_BYTES + 1) });
    expect([told.status, told.headers.get('content-type'), ((await told.json()) as Problem).code]).toEqual([
      413,
      'application/problem+json',
      'body_too_large',
    ]);
    const large = await fetch(url, { method: 'POST', body: 'x'.repeat(5_000_000) });
    expect([large.status, ((await large.json()) as Problem).code]).toEqual([413, 'body_too_large']);
    const stream = new ReadableStream({
      pull: (controller) => controller.enqueue(new Uint8Array(4_096)),
    });
    const counted = await fetch(url, { method: 'POST', body: stream, duplex: 'half' } as RequestInit).then(
      (response) => response.status,
      (error: unknown) => error,
    );
    expect(counted).toBe(413);
    expect(calls).toBe(1);
    expect((await fetch(url)).status).toBe(200);
  });

  it('says in one line that its port is taken', async () => {
    const { port } = await hosted();
    await expect(startHttpHost({ port, handler: echo })).rejects.toMatchObject({
      code: 'port_in_use',
      message: `Port ${port} of 127.0.0.1 is in use: end what listens there, or choose another with --port`,
    });
  });

  it('lets requests under way end when it stops, and takes no new ones', async () => {
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const entered = Promise.withResolvers<void>();
    const host = await startHttpHost({
      port: 0,
      handler: async (event) => {
        entered.resolve();
        await held;
        return echo(event);
      },
    });
    const slow = fetch(host.url);
    await entered.promise;
    const stopped = host.stop(5_000);
    await expect(fetch(host.url)).rejects.toThrow();
    release();
    expect((await slow).status).toBe(200);
    await stopped;
  });

  it('cuts off a client that never ends its request', async () => {
    const host = await startHttpHost({ port: 0, handler: echo });
    const socket = connect(host.port, '127.0.0.1');
    await new Promise((resolve) => socket.once('connect', resolve));
    socket.write(`POST / HTTP/1.1\r\nhost: localhost:${host.port}\r\ncontent-length: 10\r\n\r\nabc`);
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.on('error', () => undefined);
    await new Promise((resolve) => setTimeout(resolve, 50));
    await host.stop(50);
    await closed;
    expect(socket.destroyed).toBe(true);
  });

  it('refuses a target that is not a path', async () => {
    const { port } = await hosted();
    const answer = await new Promise<string>((resolve) => {
      const socket = connect(port, '127.0.0.1', () =>
        socket.write(`GET http://evil.example/ HTTP/1.1\r\nhost: localhost:${port}\r\nconnection: close\r\n\r\n`),
      );
      let text = '';
      socket.on('data', (chunk) => {
        text += chunk;
      });
      socket.on('close', () => resolve(text));
    });
    expect(answer).toContain('HTTP/1.1 400');
    expect(answer).toContain('malformed_target');
  });
});
