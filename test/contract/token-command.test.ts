import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { handler } from '../../functions/authorizer/handler.ts';
import { runTokenCommand } from '../../infra/local/token-cli.ts';
import { ssmTokenBook } from '../../shared/access/ssm-token-book.ts';
import { isToken, tokenDigest } from '../../shared/access/token.ts';
import { bookFrom, bookText, EMPTY_BOOK, verdictOf, withToken } from '../../shared/access/token-book.ts';
import { TOKEN_PARAMETER, TOKEN_PARAMETER_VARIABLE } from '../../shared/access/token-parameter.ts';
import { DAY_MS, HOUR_MS } from '../../shared/kernel/time.ts';
import { type SsmServer, startSsmServer } from '../support/ssm-server.ts';
import { freshToken } from '../support/tokens.ts';

const NOW = Date.parse('2026-11-22T10:00:00Z');

interface Said {
  readonly code: number;
  readonly out: readonly string[];
  readonly err: readonly string[];
}

async function command(argv: readonly string[], env: Readonly<Record<string, string>> = {}, nowMs = NOW): Promise<Said> {
  const [out, err]: [string[], string[]] = [[], []];
  const code = await runTokenCommand(argv, { out: (line) => out.push(line), err: (line) => err.push(line), env, now: () => nowMs });
  return { code, out, err };
}

/** What a place of the hashes does, whichever it is. */
interface Place {
  readonly run: (...argv: readonly string[]) => Promise<Said>;
  /** What is stored, as text. */
  readonly held: () => string | null;
}

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'nightdesk-token-'));
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

function localPlace(): Place {
  const stateDir = join(folder(), 'state');
  const file = join(stateDir, 'api-tokens.json');
  return {
    run: (...argv) => command([...argv, '--local', '--state', stateDir]),
    held: () => (existsSync(file) ? readFileSync(file, 'utf8') : null),
  };
}

async function ssm(): Promise<SsmServer> {
  const server = await startSsmServer();
  vi.stubEnv('AWS_ENDPOINT_URL_SSM', server.url);
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
  return server;
}

async function awsPlace(): Promise<Place> {
  const server = await ssm();
  return { run: (...argv) => command(argv), held: () => server.held(TOKEN_PARAMETER) };
}

const tokenOf = ({ code, out, err }: Said): string => {
  expect(code, err.join('\n')).toBe(0);
  expect(out).toHaveLength(1);
  expect(isToken(out[0] ?? '')).toBe(true);
  return out[0] ?? '';
};
const idOf = (token: string): string => tokenDigest(token).slice(0, 8);

describe.each([
  ['on this machine', localPlace],
  ['on AWS', awsPlace],
])('npm run token %s', (_where, place) => {
  const accepts = (held: string | null, token: string, nowMs = NOW): boolean => verdictOf(bookFrom(held ?? '', 'it'), token, nowMs).accepted;

  it('creates a token, prints it alone, and keeps its hash only', async () => {
    const { run, held } = await place();
    const said = await run('create');
    const token = tokenOf(said);
    expect(held()).toContain(tokenDigest(token));
    for (const text of [held() ?? '', ...said.err]) expect(text).not.toContain(token.slice(10, 25));
    expect(accepts(held(), token)).toBe(true);
  });

  it('creates a second token beside the first', async () => {
    const { run, held } = await place();
    const [one, other] = [tokenOf(await run('create')), tokenOf(await run('create'))];
    expect([accepts(held(), one), accepts(held(), other)]).toEqual([true, true]);
  });

  it('rotates: the old token is accepted for a day, or as long as was said', async () => {
    const { run, held } = await place();
    const old = tokenOf(await run('create'));
    const said = await run('rotate');
    const next = tokenOf(said);
    expect(said.err.join('\n')).toContain(`Token ${idOf(old)} is accepted until 2026-11-23T10:00:00.000Z still`);
    expect([accepts(held(), old, NOW + DAY_MS - 1), accepts(held(), old, NOW + DAY_MS), accepts(held(), next, NOW + DAY_MS)]).toEqual([
      true,
      false,
      true,
    ]);
    const third = tokenOf(await run('rotate', idOf(next), '--grace', '90m'));
    expect([accepts(held(), next, NOW + 1.5 * HOUR_MS - 1), accepts(held(), next, NOW + 1.5 * HOUR_MS), accepts(held(), third)]).toEqual([
      true,
      false,
      true,
    ]);
  });

  it('revokes one token, or all', async () => {
    const { run, held } = await place();
    const [one, other] = [tokenOf(await run('create')), tokenOf(await run('create'))];
    expect(await run('revoke', idOf(one))).toMatchObject({ code: 0, out: [] });
    expect([accepts(held(), one), accepts(held(), other)]).toEqual([false, true]);
    expect(await run('revoke', '--all')).toMatchObject({ code: 0 });
    expect(accepts(held(), other)).toBe(false);
  });

  it('shows where the hashes are and which tokens there are, and no hash', async () => {
    const { run } = await place();
    expect((await run('show-where')).out.join()).toMatch(/not there yet: npm run token -- create/);
    const token = tokenOf(await run('create'));
    const { code, out } = await run('show-where');
    expect(code).toBe(0);
    expect(out.join('\n')).toMatch(
      new RegExp(`^The hashes of the tokens are in .*\\n  ${idOf(token)}  created 2026-11-22T10:00:00.000Z, accepted until`),
    );
    expect(out.join()).not.toContain(tokenDigest(token).slice(0, 12));
  });

  it('says what it cannot do, with exit code 1, and changes nothing', async () => {
    const { run, held } = await place();
    expect(await run('rotate')).toMatchObject({ code: 1, out: [], err: ['There is no token to rotate: create one'] });
    tokenOf(await run('create'));
    const before = held();
    expect(await run('revoke', '00000000')).toMatchObject({
      code: 1,
      err: [expect.stringMatching(/There is no token 00000000: there are [0-9a-f]{8}$/)],
    });
    tokenOf(await run('create'));
    const both = held();
    expect(await run('rotate')).toMatchObject({ code: 1, out: [], err: [expect.stringMatching(/^There are several tokens: name one of/)] });
    expect(held()).toBe(both);
    expect(before).not.toBe(both);
  });
});

describe('the file on this machine', () => {
  it("is its owner's alone, from the first byte", async () => {
    const stateDir = folder();
    tokenOf(await command(['create', '--local', '--state', stateDir]));
    expect(statSync(join(stateDir, 'api-tokens.json')).mode & 0o777).toBe(0o600);
  });

  it('may be another, which the environment names', async () => {
    const file = join(folder(), 'elsewhere.json');
    tokenOf(await command(['create', '--local'], { NIGHTDESK_TOKEN_FILE: file }));
    expect(bookFrom(readFileSync(file, 'utf8'), 'it').tokens).toHaveLength(1);
  });

  it('that is open to others or holds something else is refused, not overwritten', async () => {
    const file = join(folder(), 'tokens.json');
    writeFileSync(file, bookText(EMPTY_BOOK), { mode: 0o644 });
    const env = { NIGHTDESK_TOKEN_FILE: file };
    expect(await command(['create', '--local'], env)).toMatchObject({
      code: 1,
      out: [],
      err: [expect.stringMatching(/open to others \(mode 644\).*chmod 600/)],
    });
    rmSync(file);
    writeFileSync(file, '{"users":[]}', { mode: 0o600 });
    expect(await command(['create', '--local'], env)).toMatchObject({
      code: 1,
      out: [],
      err: [expect.stringMatching(/does not hold a list of token hashes/)],
    });
    expect(readFileSync(file, 'utf8')).toBe('{"users":[]}');
  });
});

describe('the parameter on AWS', () => {
  it('is a SecureString of the standard tier, made without overwriting and signed for the region', async () => {
    const server = await ssm();
    tokenOf(await command(['create', '--region', 'eu-central-1']));
    tokenOf(await command(['create', '--region', 'eu-central-1']));
    expect(server.requests.map(({ operation }) => operation)).toEqual(['GetParameter', 'PutParameter', 'GetParameter', 'PutParameter']);
    expect(server.requests[0]?.input).toEqual({ Name: TOKEN_PARAMETER, WithDecryption: true });
    expect(server.requests[1]?.input).toMatchObject({ Name: TOKEN_PARAMETER, Type: 'SecureString', Tier: 'Standard', Overwrite: false });
    expect(server.requests[3]?.input).toMatchObject({ Overwrite: true });
    for (const { signature } of server.requests) expect(signature).toMatch(/\/eu-central-1\/ssm\/aws4_request/);
  });

  it('never sees the token, on the wire or at rest', async () => {
    const server = await ssm();
    const token = tokenOf(await command(['create']));
    expect(JSON.stringify(server.requests)).not.toContain(token.slice(10, 25));
  });

  it('that somebody else changed meanwhile is told, and the token that may not be stored is not shown', async () => {
    const server = await ssm();
    const store = ssmTokenBook(TOKEN_PARAMETER, { region: 'ap-south-1' });
    await store.write(withToken(EMPTY_BOOK, freshToken(), NOW), null);
    const stored = await store.read();
    server.interfere(TOKEN_PARAMETER, bookText(EMPTY_BOOK));
    await expect(store.write(EMPTY_BOOK, stored)).rejects.toMatchObject({ code: 'changed_meanwhile' });
    await expect(store.write(EMPTY_BOOK, null)).rejects.toMatchObject({ code: 'changed_meanwhile' });
  });

  it('that may not be read is told as it is, with exit code 1', async () => {
    const server = await ssm();
    server.refuseWith('AccessDeniedException', 400);
    expect(await command(['show-where'])).toMatchObject({ code: 1, out: [], err: ['refused'] });
  });

  it('is what the Lambda authorizer reads: the token that was created opens', async () => {
    await ssm();
    vi.stubEnv('AWS_REGION', 'ap-south-1');
    vi.stubEnv(TOKEN_PARAMETER_VARIABLE, TOKEN_PARAMETER);
    const lines: string[] = [];
    vi.spyOn(process.stdout, 'write').mockImplementation((line) => lines.push(String(line)) > 0);
    const token = tokenOf(await command(['create']));
    const asked = (header: string) =>
      handler(
        { identitySource: [header], routeKey: 'GET /x', requestContext: { http: { sourceIp: '203.0.113.7' }, requestId: 'r' } } as never,
        {} as never,
      );
    expect(await asked(`Bearer ${token}`)).toEqual({ isAuthorized: true, context: { tokenId: idOf(token) } });
    expect((await asked(`Bearer ${freshToken()}`)).isAuthorized).toBe(false);
    expect(lines.join()).toContain('access-denied');
    expect(lines.join()).not.toContain(token.slice(10, 25));
  });
});

describe('a command line that is not clear', () => {
  it.each([
    [[], /token takes one of create, rotate, revoke, show-where first; received none/],
    [['steal'], /received "steal"/],
    [['create', 'abc'], /create takes no token; received "abc"/],
    [['revoke'], /revoke takes the id of a token, or --all/],
    [['revoke', 'abc', '--all'], /revoke takes the id of a token, or --all/],
    [['create', '--all'], /--all is for revoke/],
    [['create', '--grace', '1h'], /--grace is for rotate/],
    [['rotate', '--grace', 'soon'], /--grace takes a time such as 0m, 90m, 24h or 7d, at most 30d; received "soon"/],
    [['rotate', '--grace', '31d'], /at most 30d/],
    [['create', '--state', 'x'], /--state goes with --local/],
    [['create', '--local', '--region', 'x'], /--local and --region exclude each other/],
    [['create', '--bogus'], /Unknown option '--bogus'/],
  ] as const)('is one line and exit code 2: %j', async (argv, line) => {
    const { code, out, err } = await command(argv);
    expect([code, out, err.length]).toEqual([2, [], 1]);
    expect(err[0]).toMatch(line);
  });

  it('is explained by --help', async () => {
    const { code, out } = await command(['--help']);
    expect([code, out.join()]).toEqual([0, expect.stringContaining('npm run token -- rotate [ID]')]);
  });
});
