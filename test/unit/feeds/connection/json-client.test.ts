import { describe, expect, it } from 'vitest';
import { createJsonClient, type JsonClientOptions } from '../../../../shared/feeds/connection/json-client.ts';
import { HOUR_MS, MINUTE_MS } from '../../../../shared/kernel/time.ts';
import { jumpingClock } from '../../../support/jumping-clock.ts';

const START_MS = Date.UTC(2026, 9, 13, 5);

/** A client before a service that answers with what is given, in turn; the last answer stays. */
function client(replies: readonly (Response | Error)[], options: Partial<JsonClientOptions> = {}) {
  const clock = jumpingClock(START_MS);
  const asked: { readonly atMs: number; readonly url: string; readonly token: string | null }[] = [];
  let turn = 0;
  const made = createJsonClient({
    urls: ['http://one', 'http://two'],
    clock,
    headers: () => ({ Authorization: `token ${asked.length}` }),
    gapMs: 1_000,
    ...options,
    fetch: async (input, init) => {
      asked.push({ atMs: clock.now(), url: String(input), token: new Headers(init?.headers).get('authorization') });
      const reply = replies[Math.min(turn++, replies.length - 1)] ?? Response.json({});
      if (reply instanceof Error) throw reply;
      return reply.clone();
    },
  });
  /** What each of the requests came to: the answer, or the code of the error. */
  const all = (paths: readonly string[]): Promise<readonly unknown[]> =>
    Promise.all(paths.map((path) => made.get(path).catch((error: { readonly code: string }) => error.code)));
  return { made, asked, all, clock };
}

const status = (code: number, headers: Record<string, string> = {}): Response => new Response('said', { status: code, headers });

describe('a client of a JSON service', () => {
  it('asks one after the other with a gap between, and shows the headers of the moment', async () => {
    const { asked, all } = client([Response.json({ good: true })]);
    expect(await all(['/a', '/b', '/c'])).toEqual([{ good: true }, { good: true }, { good: true }]);
    expect(asked.map(({ atMs, url, token }) => [atMs - START_MS, url, token])).toEqual([
      [0, 'http://one/a', 'token 0'],
      [1_000, 'http://one/b', 'token 1'],
      [2_000, 'http://one/c', 'token 2'],
    ]);
  });

  it('goes to the next address when one cannot be reached or fails, and stays there', async () => {
    const { asked, all } = client([new TypeError('fetch failed'), Response.json(1)]);
    expect(await all(['/a', '/b'])).toEqual([1, 1]);
    expect(asked.map(({ url }) => url)).toEqual(['http://one/a', 'http://two/a', 'http://two/b']);
  });

  it.each([
    ['not_found', status(404)],
    ['bad_request', status(422)],
    ['server_error', status(500)],
    ['unauthorized', status(401)],
    ['unauthorized', status(403)],
    ['rate_limited', status(429)],
    ['bad_answer', new Response('<html>')],
    ['unreachable', new TypeError('fetch failed', { cause: new Error('ECONNREFUSED') })],
  ])('tells what went wrong: %s', async (code, reply) => {
    const { all } = client([reply]);
    expect(await all(['/a'])).toEqual([code]);
  });

  it('asks nothing while it is told to wait, and a quarter of an hour after a refusal', async () => {
    const limited = client([status(429, { 'retry-after': '120' }), Response.json(1)]);
    expect(await limited.all(['/a', '/b'])).toEqual(['rate_limited', 'rate_limited']);
    expect(limited.made.openFromMs()).toBe(START_MS + 2 * MINUTE_MS);
    limited.clock.jump(START_MS + 2 * MINUTE_MS);
    expect(await limited.all(['/c'])).toEqual([1]);
    const refused = client([status(401)]);
    expect(await refused.all(['/a', '/b'])).toEqual(['unauthorized', 'unauthorized']);
    expect([refused.asked.length, refused.made.openFromMs()]).toEqual([1, START_MS + 15 * MINUTE_MS]);
  });

  it('reads a date as the end of a wait, and tells later what of the wait is left', async () => {
    const { made, clock } = client([status(429, { 'retry-after': new Date(START_MS + 10 * MINUTE_MS).toUTCString() })]);
    await expect(made.get('/a')).rejects.toMatchObject({ code: 'rate_limited', context: { retryAfterMs: 10 * MINUTE_MS } });
    expect(made.openFromMs()).toBe(START_MS + 10 * MINUTE_MS);
    clock.jump(START_MS + 8 * MINUTE_MS);
    await expect(made.get('/b')).rejects.toMatchObject({ code: 'rate_limited', context: { retryAfterMs: 2 * MINUTE_MS } });
  });

  it('keeps to so many requests an hour', async () => {
    const { asked, all, clock } = client([Response.json(1)], { mostPerHour: 3 });
    expect(await all(['/a', '/b', '/c', '/d'])).toEqual([1, 1, 1, 'rate_limited']);
    clock.jump(START_MS + HOUR_MS - 1);
    expect(await all(['/e'])).toEqual(['rate_limited']);
    clock.jump(START_MS + HOUR_MS);
    expect(await all(['/f', '/g'])).toEqual([1, 'rate_limited']);
    expect(asked).toHaveLength(4);
  });
});
