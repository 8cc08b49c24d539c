import { randomBytes } from 'node:crypto';
import type { APIGatewayRequestAuthorizerEventV2 } from 'aws-lambda';
import { describe, expect, it } from 'vitest';
import { createAuthorizer } from '../../../functions/authorizer/authorizer.ts';
import { tokenDigest, tokenFrom } from '../../../shared/access/token.ts';
import { EMPTY_BOOK, type TokenBook, withToken } from '../../../shared/access/token-book.ts';

const NOW = Date.parse('2026-11-22T10:00:00Z');
const token = tokenFrom(randomBytes(32));
const wrong = tokenFrom(randomBytes(32));
const book = withToken(EMPTY_BOOK, token, NOW);

function asked(header: string): APIGatewayRequestAuthorizerEventV2 {
  const http = { method: 'GET', path: '/api/v8/live/status', protocol: 'HTTP/1.1', sourceIp: '203.0.113.7', userAgent: 'curl' };
  return {
    version: '2.0',
    type: 'REQUEST',
    routeArn: 'arn:aws:execute-api:ap-south-1:1:x/$default/GET/api/v8/live/status',
    identitySource: [header],
    routeKey: 'GET /api/v8/live/status',
    rawPath: '/api/v8/live/status',
    rawQueryString: '',
    cookies: [],
    headers: { authorization: header },
    pathParameters: {},
    stageVariables: {},
    requestContext: {
      accountId: '1',
      apiId: 'x',
      domainName: 'x.execute-api',
      domainPrefix: 'x',
      requestId: 'r-1',
      routeKey: 'GET /api/v8/live/status',
      stage: '$default',
      time: '',
      timeEpoch: NOW,
      http,
    },
  };
}

function world(read: () => Promise<TokenBook | null> = async () => book, keepBookMs = 30_000) {
  const logged: string[] = [];
  let nowMs = NOW;
  let reads = 0;
  const authorize = createAuthorizer({
    books: {
      read: async () => {
        reads += 1;
        const stored = await read();
        return stored === null ? null : { book: stored, version: 1 };
      },
    },
    now: () => nowMs,
    log: (level, event, facts) => logged.push(JSON.stringify({ level, event, ...facts })),
    keepBookMs,
  });
  return { authorize, logged, reads: () => reads, pass: (ms: number) => (nowMs += ms) };
}

describe('the authorizer', () => {
  it('lets the bearer of a token pass, under the id of that token', async () => {
    const { authorize } = world();
    const passed = { isAuthorized: true, context: { tokenId: tokenDigest(token).slice(0, 8) } };
    for (const header of [`Bearer ${token}`, `bearer ${token}`, `BEARER  ${token}`]) expect(await authorize(asked(header))).toEqual(passed);
  });

  it.each([
    ['another token', `Bearer ${wrong}`],
    ['the token in another scheme', `Basic ${token}`],
    ['the bare token', token],
    ['the token with something behind it', `Bearer ${token} x`],
    ['the hash that is kept', `Bearer ${tokenDigest(token)}`],
    ['two tokens', `Bearer ${token},${token}`],
    ['no token', 'Bearer '],
    ['nothing', ''],
  ])('refuses %s', async (_name, header) => {
    expect(await world().authorize(asked(header))).toEqual({ isAuthorized: false, context: { tokenId: 'none' } });
  });

  it('refuses everything while there is no token, and says in the log what to do', async () => {
    const { authorize, logged } = world(async () => null);
    expect((await authorize(asked(`Bearer ${token}`))).isAuthorized).toBe(false);
    expect(logged.join()).toContain('npm run token -- create');
  });

  it('logs who was refused and why, and never a token nor a part of one', async () => {
    const { authorize, logged } = world();
    await authorize(asked(`Bearer ${wrong}`));
    await authorize(asked('Bearer hunter2-hunter2'));
    await authorize(asked(`Bearer ${token}`));
    expect(logged.map((line) => JSON.parse(line))).toMatchObject([
      { event: 'access-denied', why: 'unknown', route: 'GET /api/v8/live/status', sourceIp: '203.0.113.7' },
      { event: 'access-denied', why: 'malformed' },
    ]);
    for (const secret of [wrong.slice(10, 20), token.slice(10, 20), 'hunter2']) expect(logged.join()).not.toContain(secret);
  });

  it('reads the book once for many wrong tokens, and again when it has kept it long enough', async () => {
    const { authorize, reads, pass } = world();
    for (let n = 0; n < 50; n++) await authorize(asked(`Bearer ${tokenFrom(randomBytes(32))}`));
    expect(reads()).toBe(1);
    pass(30_000);
    await authorize(asked(`Bearer ${token}`));
    expect(reads()).toBe(2);
  });

  it('hears of a revocation when it reads the book again', async () => {
    let stored = book;
    const { authorize, pass } = world(async () => stored);
    expect((await authorize(asked(`Bearer ${token}`))).isAuthorized).toBe(true);
    stored = EMPTY_BOOK;
    pass(30_000);
    expect((await authorize(asked(`Bearer ${token}`))).isAuthorized).toBe(false);
  });

  it('answers nothing when the book cannot be read, so that the gateway refuses, and goes on when it can', async () => {
    let fault: Error | null = new Error('SSM is throttled');
    const { authorize, logged } = world(async () => {
      if (fault !== null) throw fault;
      return book;
    });
    await expect(authorize(asked(`Bearer ${token}`))).rejects.toThrow('SSM is throttled');
    expect(logged.join()).toContain('authorizer-failed');
    fault = null;
    expect((await authorize(asked(`Bearer ${token}`))).isAuthorized).toBe(true);
  });
});
