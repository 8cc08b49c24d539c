import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startEmbedded } from '../../infra/local/embedded-dynamodb.ts';
import { runLedgerCommand } from '../../infra/local/ledger-cli.ts';
import { CONFIG_VERSION } from '../../shared/config/config-version.ts';
import type { JournalRow } from '../../shared/contracts/journal.ts';
import { decimal } from '../../shared/kernel/decimal.ts';
import { createDynamoClient } from '../../shared/store/dynamo-client.ts';
import { createDynamoItems } from '../../shared/store/dynamo-items.ts';
import { createDynamoLedger } from '../../shared/store/dynamo-ledger.ts';
import { ensureTables } from '../../shared/store/ensure-tables.ts';
import type { Items } from '../../shared/store/items.ts';
import { ledgerKeys } from '../../shared/store/keys.ts';
import { tableNames } from '../../shared/store/tables.ts';
import { beanProblems } from '../support/bean-semantics.ts';
import { bareQuote, tickOf } from '../support/engine-fixtures.ts';
import { commitOf, entryOrder, equityMarked, orderPlaced, roundTrip, START_MS, sessionStarted } from '../support/ledger-fixtures.ts';
import { commitsOf, forged, matchedJournal } from '../support/matched-journal.ts';

const log = (): void => undefined;
const NAMES = tableNames({});

interface Said {
  readonly code: number;
  readonly out: readonly string[];
  readonly err: readonly string[];
}

async function command(argv: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Said> {
  const [out, err]: [string[], string[]] = [[], []];
  const code = await runLedgerCommand(argv, { out: (line) => out.push(line), err: (line) => err.push(line), env });
  return { code, out, err };
}

/** Opens the store of a folder as the host does. */
async function withStore(dataDir: string, task: (items: Items, endpoint: string) => Promise<void>): Promise<void> {
  const embedded = await startEmbedded({ dataDir, log });
  const client = createDynamoClient(embedded.endpoint);
  try {
    await ensureTables(client, NAMES);
    await task(createDynamoItems(client, NAMES), embedded.endpoint);
  } finally {
    client.destroy();
    await embedded.stop();
  }
}

/** A folder with two sessions: `old` has stopped, `new` has two trades. */
async function fill(dataDir: string): Promise<void> {
  await withStore(dataDir, async (_, endpoint) => {
    const client = createDynamoClient(endpoint);
    const ledger = createDynamoLedger(client, NAMES);
    const old = commitOf(null, 'start', [sessionStarted('old')]);
    const stop = commitOf(old.after, 'stop', [{ type: 'session-stopped', atMs: START_MS }]);
    const start = commitOf(null, 'start', [sessionStarted('new', '100000', START_MS + 1)]);
    const one = commitOf(start.after, 'one', roundTrip({ id: 'E:1' }));
    const two = commitOf(one.after, 'two', roundTrip({ id: 'E:2', symbol: 'ETH' }));
    for (const commit of [old, stop, start, one, two]) await ledger.commit(commit);
    client.destroy();
  });
}

describe('npm run ledger -- verify', () => {
  let dataDir: string;
  beforeAll(async () => {
    dataDir = mkdtempSync(join(tmpdir(), 'nightdesk-ledger-'));
    await fill(dataDir);
  });
  afterAll(() => {
    rmSync(dataDir, { recursive: true });
  });

  it('verifies the newest session and says what it is made of', async () => {
    const { code, out, err } = await command(['verify', '--state', dataDir]);
    expect(err).toEqual([]);
    expect(out).toEqual([
      'Session new is sound: what is stored is what its journal says',
      '  7 journal rows, 4 fills, 2 trades, cash 100011.2 USD',
      expect.stringMatching(/^ {2}journal hash [0-9a-f]{64}$/),
    ]);
    expect(code).toBe(0);
    expect(existsSync(join(dataDir, 'dynamodb.endpoint'))).toBe(false);
  });

  it('verifies the session that is named, or all of them, as JSON too', async () => {
    const named = await command(['verify', '--state', dataDir, '--session', 'old', '--json']);
    expect(JSON.parse(named.out.join('\n'))).toMatchObject({ sessionId: 'old', isSound: true, rows: 2, fills: 0, differences: [] });
    const all = await command(['verify', '--state', dataDir, '--all', '--json']);
    expect(JSON.parse(all.out.join('\n'))).toMatchObject([{ sessionId: 'new' }, { sessionId: 'old' }]);
    expect([named.code, all.code]).toEqual([0, 0]);
  });

  it('asks the server of a Nightdesk that is running on the folder, and leaves it running', async () => {
    await withStore(dataDir, async (items) => {
      expect(await command(['verify', '--state', dataDir])).toMatchObject({ code: 0, err: [] });
      expect(await items.get('ledger', ledgerKeys.head('new'))).not.toBeNull();
    });
  });

  it('reads the DynamoDB that the environment names', async () => {
    await withStore(dataDir, async (_, endpoint) => {
      const env = { AWS_ENDPOINT_URL_DYNAMODB: endpoint };
      expect(await command(['verify', '--state', '/nowhere'], env)).toMatchObject({ code: 0, err: [] });
      const elsewhere = { ...env, NIGHTDESK_LEDGER_TABLE: 'nightdesk-market', NIGHTDESK_MARKET_TABLE: 'nightdesk-market' };
      expect(await command(['verify'], elsewhere)).toMatchObject({ code: 2, err: [expect.stringContaining('No session has been started')] });
    });
  });

  it('is a program with exit codes', () => {
    const program = (...argv: string[]) =>
      spawnSync(process.execPath, ['functions/cli/ledger.ts', ...argv], { encoding: 'utf8', env: { ...process.env, AWS_ENDPOINT_URL_DYNAMODB: '' } });
    expect(program('verify', '--state', dataDir)).toMatchObject({ status: 0, stderr: '', stdout: expect.stringContaining('Session new is sound') });
    expect(program('verify', '--state', dataDir, '--bogus')).toMatchObject({
      status: 2,
      stdout: '',
      stderr: expect.stringMatching(/^Unknown option '--bogus'[^\n]*\n$/),
    });
  });

  it.each<readonly [readonly string[], RegExp]>([
    [[], /takes one of verify, rebuild, explain, export first; received none/],
    [['repair'], /received "repair"/],
    [['--state', '.', 'verify'], /received "--state"/],
    [['verify', 'x'], /received "x"/],
    [['verify', '--all', '--session', 'old'], /exclude each other/],
    [['verify', '--session'], /--session/],
    [['verify', '--write'], /Unknown option '--write'/],
    [['rebuild', '--all', '--session', 'old'], /exclude each other/],
    [['explain', 'F:1', 'F:2'], /takes one FILL; received "F:2" too/],
    [['explain', 'F:1', '--all'], /exclude each other/],
    [['export'], /takes --format csv\|jsonl\|beancount; received null/],
    [['export', '--format', 'xml'], /takes --format csv\|jsonl\|beancount; received "xml"/],
    [['export', '--format', 'csv', '--all'], /Unknown option '--all'/],
    [['verify', '--state', '/nowhere/at/all'], /There is no ledger in \/nowhere\/at\/all/],
  ])('refuses %j in one clear line with exit code 2', async (argv, says) => {
    const { code, out, err } = await command(argv);
    expect([code, out]).toEqual([2, []]);
    expect(err).toEqual([expect.stringMatching(says)]);
    expect(err[0]).not.toContain('\n');
  });

  it('refuses a session that is not there, naming those that are', async () => {
    expect(await command(['verify', '--state', dataDir, '--session', 'never'])).toMatchObject({
      code: 2,
      err: ['There is no session "never"; there are new, old'],
    });
  });

  it('explains itself', async () => {
    const { code, out } = await command(['--help']);
    expect(code).toBe(0);
    for (const name of ['verify', 'rebuild', 'explain [FILL]', 'export']) expect(out.join('\n')).toContain(`npm run ledger -- ${name}`);
  });

  it('makes no folder where there was none', async () => {
    const missing = join(dataDir, 'missing');
    await command(['verify', '--state', missing]);
    expect(existsSync(missing)).toBe(false);
  });
});

describe('a ledger that was tampered with', () => {
  it('is found out, row by row, with exit code 1', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'nightdesk-tampered-'));
    try {
      await fill(dataDir);
      await withStore(dataDir, async (items) => {
        const key = ledgerKeys.trade('new', 4);
        const attributes = (await items.get('ledger', key))?.attributes ?? {};
        const body = String(attributes.body).replace('"exitPrice":"103"', '"exitPrice":"203"');
        await items.write([{ kind: 'put', table: 'ledger', key, attributes: { ...attributes, body } }]);
      });
      const told = await command(['verify', '--state', dataDir]);
      expect(told.code).toBe(1);
      expect(told.out.slice(0, 4)).toEqual(['Session new is NOT SOUND: 1 differences', expect.any(String), expect.any(String), '  trades: trade 4']);
      expect(told.out.join('\n')).toMatch(/stored.*"exitPrice":"203"[\s\S]*rebuilt.*"exitPrice":"103"/);

      await withStore(dataDir, async (items) => {
        const key = ledgerKeys.journal('new', 3);
        const attributes = (await items.get('ledger', key))?.attributes ?? {};
        const body = String(attributes.body).replace('"price":"100"', '"price":"1"');
        await items.write([{ kind: 'put', table: 'ledger', key, attributes: { ...attributes, body } }]);
      });
      const json = await command(['verify', '--state', dataDir, '--json']);
      expect(json.code).toBe(1);
      const { differences } = JSON.parse(json.out.join('\n')) as { differences: readonly { what: string }[] };
      expect(differences.map(({ what }) => what)).toContain('journal row 3: hash');
      expect((await command(['verify', '--state', dataDir, '--session', 'old'])).code).toBe(0);
    } finally {
      rmSync(dataDir, { recursive: true });
    }
  });
});

describe('npm run ledger -- rebuild', () => {
  it('says what differs, and puts it right when told to write', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'nightdesk-rebuilt-'));
    try {
      await fill(dataDir);
      const at = ['--state', dataDir];
      expect(await command(['rebuild', ...at])).toEqual({
        code: 0,
        err: [],
        // Head, two entries and two exits each with their places in time, two trades.
        out: ['Session new: 11 rows from 7 journal rows, 0 missing, 0 different, 0 surplus'],
      });
      await withStore(dataDir, async (items) => {
        for (const key of [ledgerKeys.head('new'), ledgerKeys.trade('new', 4)]) await items.write([{ kind: 'delete', table: 'ledger', key }]);
        await items.write([{ kind: 'put', table: 'ledger', key: ledgerKeys.position('new', 'ghost'), attributes: { version: 1, body: '{}' } }]);
      });
      const differences = ['  missing   HEAD', '  surplus   P#ghost', '  missing   T#000000000000004'];
      const told = [expect.stringMatching(/2 missing, 0 different, 1 surplus$/), ...differences];
      expect(await command(['rebuild', ...at])).toMatchObject({ code: 1, out: [...told, '  nothing was written: --write puts it right'] });
      expect((await command(['verify', ...at])).code).toBe(1);
      expect(await command(['rebuild', '--write', ...at])).toMatchObject({ code: 0, out: [...told, '  put right'] });
      expect((await command(['verify', ...at])).code).toBe(0);
      const { out } = await command(['rebuild', '--all', '--json', ...at]);
      expect(JSON.parse(out.join('\n'))).toMatchObject([
        { sessionId: 'new', differences: [], isWritten: false },
        { sessionId: 'old', differences: [], isWritten: false },
      ]);
    } finally {
      rmSync(dataDir, { recursive: true });
    }
  });
});

describe('npm run ledger -- explain', () => {
  let dataDir: string;
  const asked = (...argv: readonly string[]): Promise<Said> => command(['explain', ...argv, '--state', dataDir]);
  const EXIT_FILL = 'F:X:P:E:1:1:1';

  /** An entry that walked a book under settings of another time, and a stop under those of now. */
  const traded = (): readonly JournalRow[] => {
    const journal = matchedJournal();
    journal.happen('place', [orderPlaced(entryOrder())]);
    const [at, later] = [START_MS + 1_000, START_MS + 2_000];
    const stamps = { symbol: 'BTC', source: 'test', evidence: 'simulated', exchangeMs: at, receivedMs: at } as const;
    const asks = [
      { price: 100.01, quantity: 0.5 },
      { price: 100.03, quantity: 9 },
    ];
    const quote = bareQuote('BTC', 100, at, { bid: 99.99, ask: 100.01, bidSize: 1, askSize: 0.5 });
    const books = [{ ...stamps, bids: [{ price: 99.99, quantity: 1 }], asks }];
    journal.match({ nowMs: at, quotes: [quote], books }, { orderId: 'E:1', configVersion: 'of old' });
    const exit = { orderId: 'X:P:E:1:1', tick: tickOf('BTC', 98, later), configVersion: CONFIG_VERSION };
    journal.match({ nowMs: later, quotes: [bareQuote('BTC', 98, later)] }, exit);
    return journal.rows;
  };

  const keep = (rows: readonly JournalRow[]): Promise<void> =>
    withStore(dataDir, async (_, endpoint) => {
      const client = createDynamoClient(endpoint);
      const ledger = createDynamoLedger(client, NAMES);
      for (const commit of commitsOf(rows)) await ledger.commit(commit);
      client.destroy();
    });

  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'nightdesk-explained-'));
  });
  afterEach(() => {
    rmSync(dataDir, { recursive: true });
  });

  it('tells how a fill came about, and that it comes out the same when it is made again', async () => {
    await keep(traded());
    const { code, out, err } = await asked(EXIT_FILL);
    expect([code, err]).toEqual([0, []]);
    expect(out[0]).toBe(`${EXIT_FILL}: sold 1.998 BTC at 97.94 USDT`);
    expect(out.at(-1)).toBe('recomputed: identical');
    const told = out.join('\n');
    for (const says of [
      /order +X:P:E:1:1: exit of P:E:1 \(scalping, opened .* at 100.025/,
      /stop 98.5, target 103; accepted/,
      /why now +its stop was met\n +trade at 98 x 1 \(print\), exchange 2025-01-06T04:00:02.000Z/,
      /quote +last 98, no bid, no ask; test/,
      /taken +2025-01-06T04:00:01.000Z this account bought 2 \(0.5 at 100.01, 1.5 at 100.03\)/,
      /price +98 +first price beyond the stop\n +\S+ +half the spread \S+ %\n +\S+ +slippage of its volatility 0.05 %\n +\S+ +impact of its size/,
      /band \S+ \(optimistic\) to \S+ \(pessimistic\)/,
      /commission 0.1956\d+ USDT: 0.1 per 100 of the value \(assumed: earliest known rate\)/,
      /rate +1 USDT = 1 USD, test/,
      /postings +position:P:E:1 +-\d/,
      /realised +-\S+ USD \(stop\): price -/,
      new RegExp(`made by +settings ${CONFIG_VERSION}, seed seed`),
    ]) {
      expect(told).toMatch(says);
    }
  });

  it('says the same as JSON', async () => {
    await keep(traded());
    const { code, out } = await asked(EXIT_FILL, '--json');
    expect(code).toBe(0);
    const told = JSON.parse(out.join('\n')) as Record<string, unknown>;
    expect(told).toMatchObject({ sessionId: 'session', fill: { id: EXIT_FILL, price: '97.94' }, order: { id: 'X:P:E:1:1' }, differences: [] });
    expect(told.settings).toEqual({ recorded: CONFIG_VERSION, running: CONFIG_VERSION });
  });

  it('says of a fill under other settings that it was made again under those of now', async () => {
    await keep(traded());
    const { code, out } = await asked('F:E:1:1');
    expect(code).toBe(0);
    expect(out.join('\n')).toMatch(/book +2 asks of test, received .*, best bid 99.99 x 1\n +100.01 x 0.5: took 0.5\n +100.03 x 9: took 1.5\n/);
    expect(out.at(-1)).toBe(`recomputed, under settings ${CONFIG_VERSION} instead of of old: identical`);
  });

  it('makes all again, counts those of other settings, and finds one that was changed by a forger', async () => {
    await keep(traded());
    const head = (identical: number, different: number) => `Session session: 2 fills made again, ${identical} identical, ${different} different`;
    const other = `  1 were filled under other settings than those of this program (${CONFIG_VERSION}): they may come out otherwise`;
    expect(await asked('--all')).toEqual({ code: 0, err: [], out: [head(2, 0), other] });

    rmSync(dataDir, { recursive: true });
    const kinder = (event: JournalRow['event']) => (event.type === 'filled' ? { ...event, fill: { ...event.fill, price: decimal('98.4') } } : event);
    await keep(forged(traded(), 4, kinder));
    expect((await command(['verify', '--state', dataDir])).code).toBe(0);
    const found = await asked('--all');
    expect(found.code).toBe(1);
    expect(found.out.slice(0, 4)).toEqual([head(1, 1), other, `  ${EXIT_FILL} (journal row 4)`, '    filled: fill.price']);
    const one = await asked(EXIT_FILL);
    expect(one.code).toBe(1);
    expect(one.out.slice(-4)).toEqual(['recomputed: 1 difference', '  filled: fill.price', '    recorded    "98.4"', '    recomputed  "97.94"']);
    const json = JSON.parse((await asked('--all', '--json')).out.join('\n')) as unknown;
    expect(json).toMatchObject({ fills: 2, identical: 1, otherSettings: 1, different: [{ id: EXIT_FILL, seq: 4 }] });
  });

  it('lists the last fills without a name, and refuses one that is not there, saying how fills are named', async () => {
    await keep(traded());
    const { code, out } = await asked();
    expect(code).toBe(0);
    expect(out).toEqual([
      'The last fills of session session, newest first',
      `  ${EXIT_FILL}  2025-01-06T04:00:02.000Z sold 1.998 BTC at 97.94 USDT, scalping`,
      '  F:E:1:1  2025-01-06T04:00:01.000Z bought 2 BTC at 100.025 USDT, scalping',
    ]);
    const unknown = await asked('E:1');
    expect([unknown.code, unknown.out]).toEqual([2, []]);
    expect(unknown.err).toEqual([
      expect.stringMatching(/^There is no fill "E:1" in session session, whose last is F:X:P:E:1:1:1: .* A fill is named F:<order>:<n>, [^\n]*$/),
    ]);
  });
});

describe('npm run ledger -- export', () => {
  let dataDir: string;
  beforeAll(async () => {
    dataDir = mkdtempSync(join(tmpdir(), 'nightdesk-exported-'));
    await fill(dataDir);
  });
  afterAll(() => {
    rmSync(dataDir, { recursive: true });
  });
  const exported = (format: string, ...more: readonly string[]): Promise<Said> =>
    command(['export', '--format', format, '--state', dataDir, ...more]);

  it('writes postings, fills, trades and days into a folder', async () => {
    const folder = join(dataDir, 'deep', 'csv');
    const { code, out, err } = await exported('csv', '--out', folder);
    expect([code, err]).toEqual([0, []]);
    // A header, two lines of capital, seven of each entry and eight of each exit: two of them are units that change hands with the market.
    const lines = { 'journal.csv': 33, 'fills.csv': 5, 'trades.csv': 3, 'days.csv': 2 };
    expect(out).toEqual(Object.entries(lines).map(([name, count]) => `${join(folder, name)}: ${count} lines`));
    for (const [name, count] of Object.entries(lines)) expect(readFileSync(join(folder, name), 'utf8').split('\n')).toHaveLength(count + 1);
  });

  it('writes postings to the terminal', async () => {
    const { code, out } = await exported('csv', '--session', 'old');
    expect(code).toBe(0);
    expect(out).toEqual([
      'seq,instant,command,event,account,currency,amount',
      '1,2025-01-06T04:00:00.000Z,start,session-started,cash,USD,100000',
      '1,2025-01-06T04:00:00.000Z,start,session-started,capital,USD,-100000',
    ]);
  });

  it('writes the journal itself, which says the same as verify', async () => {
    const { out } = await exported('jsonl');
    const [verified] = (await command(['verify', '--json', '--state', dataDir])).out.map((line) => JSON.parse(line) as { journalHash: string });
    expect(out.map((line) => JSON.parse(line) as { seq: number }).map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(JSON.parse(out.at(-1) ?? '')).toMatchObject({ commandId: 'two', hash: verified?.journalHash });
  });

  it('writes a sound Beancount ledger', async () => {
    const { out } = await exported('beancount');
    expect(out[0]).toBe('option "title" "Nightdesk new"');
    expect(beanProblems(out.join('\n'))).toEqual([]);
    expect(out).toContain('2025-01-07 balance Assets:Cash  100011.2 ~ 0 USD');
  });

  it('writes no file of a journal that contradicts itself', async () => {
    const broken = mkdtempSync(join(tmpdir(), 'nightdesk-contradicted-'));
    try {
      await fill(broken);
      await withStore(broken, async (items) => {
        const key = ledgerKeys.journal('new', 2);
        const { attributes = {} } = (await items.get('ledger', ledgerKeys.journal('new', 3))) ?? {};
        await items.write([{ kind: 'put', table: 'ledger', key, attributes: { ...attributes, seq: 2 } }]);
      });
      const { code, err } = await command(['export', '--format', 'beancount', '--state', broken, '--out', join(broken, 'out')]);
      expect([code, err]).toEqual([1, [expect.stringContaining('No working order E:1')]]);
      expect(existsSync(join(broken, 'out'))).toBe(false);
    } finally {
      rmSync(broken, { recursive: true });
    }
  });
});

describe('a Nightdesk that was killed', () => {
  it('leaves a ledger that can be verified', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'nightdesk-killed-'));
    try {
      await fill(dataDir);
      const module = new URL('../../infra/local/embedded-dynamodb.ts', import.meta.url).pathname;
      const program = `const { startEmbedded } = await import(${JSON.stringify(module)});
        await startEmbedded({ dataDir: ${JSON.stringify(dataDir)}, log: () => undefined });
        console.log('started');
        setInterval(() => undefined, 1_000);`;
      const child = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
      await new Promise<void>((ready) => child.stdout?.once('data', () => ready()));
      child.kill('SIGKILL');
      await new Promise((ended) => child.once('exit', ended));
      expect(existsSync(join(dataDir, 'dynamodb.endpoint'))).toBe(true);
      expect(await command(['verify', '--state', dataDir])).toMatchObject({ code: 0 });
      expect(existsSync(join(dataDir, 'dynamodb.endpoint'))).toBe(false);
    } finally {
      rmSync(dataDir, { recursive: true });
    }
  });
});

describe('a ledger that is read while it is written', () => {
  it('is sound', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'nightdesk-busy-'));
    try {
      await fill(dataDir);
      await withStore(dataDir, async (_, endpoint) => {
        const client = createDynamoClient(endpoint);
        const ledger = createDynamoLedger(client, NAMES);
        let isOver = false;
        const writing = (async () => {
          for (let index = 0; !isOver; index++) {
            const before = await ledger.load('new');
            const events = index % 2 === 0 ? roundTrip({ id: `E:busy:${index}` }) : [equityMarked(START_MS + index)];
            await ledger.commit(commitOf(before, `busy ${index}`, events));
          }
        })();
        const codes: number[] = [];
        for (let round = 0; round < 10; round++) codes.push((await command(['verify', '--state', dataDir])).code);
        isOver = true;
        await writing;
        expect(codes).toEqual(Array.from({ length: 10 }, () => 0));
        client.destroy();
      });
    } finally {
      rmSync(dataDir, { recursive: true });
    }
  });
});
