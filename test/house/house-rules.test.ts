import { readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { join, posix } from 'node:path';
import { describe, expect, it } from 'vitest';
import { HouseError, lineOf, type Module, readModules, type ViolationKind, violations } from './dependency-check.ts';
import { BANS, RULES } from './dependency-rules.ts';

const ROOT = join(import.meta.dirname, '../..');
const modules = readModules(ROOT);

const kindsIn = (path: string, source: string): readonly ViolationKind[] => violations([{ path, source }]).map(({ kind }) => kind);

describe('the house', () => {
  it('keeps its dependency rules', () => {
    expect(violations(modules).map(lineOf)).toEqual([]);
  });

  it('is looked at as a whole', () => {
    const rooms = new Set(modules.map(({ path }) => path.split('/').slice(0, 2).join('/')));
    expect([...rooms]).toEqual(expect.arrayContaining(['shared/kernel', 'shared/market', 'test/house']));
    expect(modules.length).toBeGreaterThan(20);
  });

  it('collects every test file under a name that the test runner picks up', () => {
    const declares = /^\s*(?:describe|it|test)(?:\.\w+)*\s*[(`]/m;
    const isPickedUp = ({ path }: Module): boolean => path.endsWith('.test.ts') || path.endsWith('.contract.ts') || path.startsWith('test/support/');
    const orphans = modules.filter((each) => each.path.startsWith('test/') && declares.test(each.source) && !isPickedUp(each));
    expect(orphans.map(({ path }) => path)).toEqual([]);
  });

  it('names every table row once', () => {
    const names = RULES.map(({ where }) => where);
    expect(new Set(names).size).toBe(names.length);
  });
});

describe('the dependency check', () => {
  it('fails when it saw no modules', () => {
    expect(() => violations([])).toThrow(HouseError);
  });

  it('names the file, the line and what is wrong', () => {
    const source = "import { a } from '../kernel/a.ts';\n\nexport const late = (): number => a + Date.now();\n";
    expect(violations([{ path: 'shared/risk/late.ts', source }]).map(lineOf)).toEqual([
      'shared/risk/late.ts:3 ban: Date.now reads the wall clock: time comes in',
    ]);
  });
});

/** One planted violation for every sentence of the house rules; each is a file that must be refused. */
const PLANTED: readonly (readonly [sentence: string, kind: ViolationKind, path: string, source: string])[] = [
  ['kernel imports nothing of ours', 'folder', 'shared/kernel/x.ts', "import { a } from '../market/a.ts';"],
  ['kernel does not even import our types', 'folder', 'shared/kernel/x.ts', "import type { A } from '../config/a.ts';"],
  ['kernel imports no package', 'package', 'shared/kernel/x.ts', "import * as z from 'zod';"],
  ['kernel takes only the hash of node:crypto', 'builtin', 'shared/kernel/x.ts', "import { createHash, randomBytes } from 'node:crypto';"],
  ['kernel does not take node:crypto whole', 'builtin', 'shared/kernel/x.ts', "import * as crypto from 'node:crypto';"],
  ['kernel reads the wall clock in its clock only', 'ban', 'shared/kernel/x.ts', 'export const now = (): number => Date.now();'],
  ['market is pure', 'folder', 'shared/market/x.ts', "import type { Store } from '../engine/ports.ts';"],
  ['indicators are pure', 'folder', 'shared/indicators/x.ts', "import { read } from '../store/read.ts';"],
  ['strategies are pure', 'folder', 'shared/strategies/x.ts', "import { frame } from '../feeds/binance.ts';"],
  ['ml is pure', 'builtin', 'shared/ml/x.ts', "import { readFileSync } from 'node:fs';"],
  ['risk is pure', 'package', 'shared/risk/x.ts', "import { SQSClient } from '@aws-sdk/client-sqs';"],
  ['execution is pure', 'builtin', 'shared/execution/x.ts', "import { readFile } from 'fs/promises';"],
  ['ledger is pure', 'package', 'shared/ledger/x.ts', "import type { PutCommand } from '@aws-sdk/lib-dynamodb';"],
  ['performance is pure', 'ban', 'shared/performance/x.ts', 'export const t = performance.now();'],
  ['alerts are pure', 'ban', 'shared/alerts/x.ts', "export const told = fetch('https://example.com');"],
  ['pure code does not hash by itself', 'builtin', 'shared/ledger/x.ts', "import { createHash } from 'node:crypto';"],
  ['luxon stays behind the calendar', 'package', 'shared/market/session.ts', "import { DateTime } from 'luxon';"],
  ['luxon stays out of the engine', 'package', 'shared/engine/x.ts', "import { DateTime } from 'luxon';"],
  ['contracts are pure', 'ban', 'shared/contracts/x.ts', 'export const x = Math.random();'],
  ['config reads no clock', 'ban', 'shared/config/x.ts', 'export const today = new Date();'],
  ['who may call is decided without trading', 'folder', 'shared/access/x.ts', "import { startSession } from '../engine/sessions.ts';"],
  ['only one file knows SSM: not the book', 'package', 'shared/access/x.ts', "import { SSMClient } from '@aws-sdk/client-ssm';"],
  ['only one file knows SSM: not functions', 'package', 'functions/api/x.ts', "import { SSMClient } from '@aws-sdk/client-ssm';"],
  ['tokens are not drawn where they are judged', 'builtin', 'shared/access/x.ts', "import { randomBytes } from 'node:crypto';"],
  ['engine imports no store', 'folder', 'shared/engine/x.ts', "import { table } from '../store/table.ts';"],
  ['engine imports no feed, nor its types', 'folder', 'shared/engine/x.ts', "export type { Feed } from '../feeds/feed.ts';"],
  ['engine imports no AWS', 'package', 'shared/engine/x.ts', "import { EventBridgeClient } from '@aws-sdk/client-eventbridge';"],
  ['engine reads no clock', 'ban', 'shared/engine/x.ts', 'export const now = Date.now;'],
  ['only store knows DynamoDB: not feeds', 'package', 'shared/feeds/x.ts', "import { DynamoDBClient } from '@aws-sdk/client-dynamodb';"],
  ['only store knows DynamoDB: not functions', 'package', 'functions/scan/x.ts', "import { PutCommand } from '@aws-sdk/lib-dynamodb';"],
  ['only store knows DynamoDB: not the local host', 'package', 'infra/local/x.ts', "import { DynamoDBClient } from '@aws-sdk/client-dynamodb';"],
  ['store knows no feed', 'folder', 'shared/store/x.ts', "import { feed } from '../feeds/feed.ts';"],
  ['store draws no unseeded randomness', 'ban', 'shared/store/x.ts', 'export const jitter = Math.random();'],
  ['only feeds import ws: not store', 'package', 'shared/store/x.ts', "import { WebSocket } from 'ws';"],
  ['only feeds import ws: not functions', 'package', 'functions/feed/x.ts', "import { WebSocket } from 'ws';"],
  ['only feeds know vendors', 'vendor', 'functions/feed/x.ts', "export const url = 'wss://stream.binance.com:9443/ws';"],
  [
    'only feeds know vendors, in templates too',
    'vendor',
    'infra/local/x.ts',
    'export const url = (path: string): string => `https://api.kraken.com/' + '$' + '{path}`;',
  ],
  ['feeds know no store', 'folder', 'shared/feeds/x.ts', "import { table } from '../store/table.ts';"],
  ['the history knows no store', 'folder', 'shared/feeds/history/x.ts', "import { table } from '../../store/table.ts';"],
  ['the history opens no socket', 'package', 'shared/feeds/history/x.ts', "import { WebSocket } from 'ws';"],
  ['only the history knows Parquet: not other feeds', 'package', 'shared/feeds/x.ts', "import { parquetRead } from 'hyparquet';"],
  ['only the history unpacks archives: not functions', 'package', 'functions/cli/x.ts', "import { unzipSync } from 'fflate';"],
  ['only infra knows hosting', 'package', 'shared/engine/x.ts', "import { Duration } from 'aws-cdk-lib';"],
  ['only infra knows hosting, subpaths too', 'package', 'functions/api/x.ts', "import { Table } from 'aws-cdk-lib/aws-dynamodb';"],
  ['the local host is no CDK app', 'package', 'infra/local/x.ts', "import { App } from 'aws-cdk-lib';"],
  ['functions do not import infra', 'folder', 'functions/api/x.ts', "import { host } from '../../infra/local/host.ts';"],
  ['the commands do not import functions', 'folder', 'functions/cli/x.ts', "import { handler } from '../scan/handler.ts';"],
  ['functions do not import each other', 'folder', 'functions/api/x.ts', "import { handler } from '../scan/handler.ts';"],
  ['the middleware imports no function', 'folder', 'functions/middleware/x.ts', "import { handler } from '../scan/handler.ts';"],
  ['shared does not import functions', 'folder', 'shared/engine/x.ts', "import { handler } from '../../functions/scan/handler.ts';"],
  ['shared does not import infra', 'folder', 'shared/store/x.ts', "import { host } from '../../infra/local/host.ts';"],
  ['the bill knows no DynamoDB', 'package', 'infra/cost/x.ts', "import { DynamoDBClient } from '@aws-sdk/client-dynamodb';"],
  ['the local host does not import the bill', 'folder', 'infra/local/x.ts', "import { billOf } from '../cost/bill.ts';"],
  ['the image function is no part of the desk', 'folder', 'functions/image/x.ts', "import { lambdaContext } from '../middleware/lambda-context.ts';"],
  ['the alerts function nudges nobody', 'package', 'functions/alerts/x.ts', "import { SQSClient } from '@aws-sdk/client-sqs';"],
  ['only the image function has images built', 'package', 'functions/session/x.ts', "import { CodeBuildClient } from '@aws-sdk/client-codebuild';"],
  ['the configuration knows no host', 'folder', 'infra/config/x.ts', "import { host } from '../local/host.ts';"],
  ['the commands that deploy are no CDK app', 'package', 'infra/deploy/x.ts', "import { App } from 'aws-cdk-lib';"],
  ['the CDK app does not import the local host', 'folder', 'infra/aws/x.ts', "import { host } from '../local/host.ts';"],
  ['the CDK app does not import handlers', 'folder', 'infra/aws/x.ts', "import { handler } from '../../functions/scan/handler.ts';"],
  ['nothing but tests imports tests', 'folder', 'shared/store/x.ts', "import { fake } from '../../test/support/fake.ts';"],
  ['tests do not reach out of the house', 'outside', 'test/unit/x.test.ts', "import data from '../../../shared/data/x.json' with { type: 'json' };"],
  ['nothing reaches out of the house', 'outside', 'shared/config/x.ts', "import data from '../../../data/x.json' with { type: 'json' };"],
  ['a file without a room has no rule', 'no-rule', 'shared/utils.ts', 'export const a = 1;'],
  ['a function without a room has no rule', 'no-rule', 'functions/handler.ts', 'export const a = 1;'],
  ['a room without a rule is refused', 'no-rule', 'shared/misc/x.ts', 'export const a = 1;'],
  ['an import is named by plain text', 'opaque-import', 'shared/engine/x.ts', 'export const load = (name: string) => import(name);'],
  ['a file that cannot be read is refused', 'syntax', 'shared/risk/x.ts', 'export const = ;'],
];

describe('a planted violation', () => {
  it.each(PLANTED)('is found: %s', (_sentence, kind, path, source) => {
    expect(kindsIn(path, source)).toContain(kind);
  });

  it('exists for every kind of violation and every row of the table', () => {
    const planted = new Set(PLANTED.map(([, kind]) => kind));
    expect([...planted].sort()).toEqual(['ban', 'builtin', 'folder', 'no-rule', 'opaque-import', 'outside', 'package', 'syntax', 'vendor']);
    // The rows for the calendar and the clock only widen the row of their folder, which is planted.
    const rows = RULES.map(({ where }) => where).filter((where) => where.endsWith('/'));
    expect(rows.filter((where) => !PLANTED.some(([, , path]) => path.startsWith(where)))).toEqual([]);
  });
});

describe('an import that is not allowed', () => {
  const forms: readonly (readonly [string, (specifier: string) => string])[] = [
    ['a plain import', (from) => `import { a } from '${from}';`],
    ['a type import', (from) => `import type { A } from '${from}';`],
    ['an inline type import', (from) => `import { type A } from '${from}';`],
    ['an import for its effects', (from) => `import '${from}';`],
    ['a namespace import', (from) => `import * as a from '${from}';`],
    ['a re-export', (from) => `export { a } from '${from}';`],
    ['a re-export of all', (from) => `export * from '${from}';`],
    ['a dynamic import', (from) => `export const a = await import('${from}');`],
    ['a template dynamic import', (from) => `export const a = await import(\`${from}\`);`],
    ['an import in a type', (from) => `export type A = import('${from}').A;`],
    ['a typeof import', (from) => `export type A = typeof import('${from}');`],
    ['a require', (from) => `export const a = require('${from}');`],
  ];

  it.each(forms)('is found as %s', (_name, form) => {
    expect(kindsIn('shared/risk/x.ts', form('../store/table.ts'))).toContain('folder');
    expect(kindsIn('shared/risk/x.ts', form('@aws-sdk/lib-dynamodb'))).toContain('package');
    expect(kindsIn('shared/risk/x.ts', form('node:fs'))).toContain('builtin');
  });

  it.each(RULES.map((rule) => [rule.where, rule] as const))('is found in %s for every other room, package and builtin', (where, rule) => {
    const path = where.endsWith('/') ? `${where}${where === 'functions/' ? 'scan/' : ''}x.ts` : `${where}.ts`;
    const room = path.split('/').slice(0, 2).join('/');
    const others = RULES.map((each) => each.where).filter((each) => each.endsWith('/') && each !== 'functions/' && !each.startsWith(`${room}/`));
    for (const other of [...others, 'functions/api/', 'functions/middleware/', 'test/']) {
      const isAllowed = rule.folders.some((folder) => other.startsWith(folder));
      expect(kindsIn(path, `import '${posix.relative(posix.dirname(path), `${other}y.ts`)}';`), other).toEqual(isAllowed ? [] : ['folder']);
    }
    for (const name of everyPackage()) {
      expect(kindsIn(path, `import '${name}/sub';`), name).toEqual(rule.packages.includes(name) ? [] : ['package']);
    }
    for (const name of builtinModules) {
      expect(kindsIn(path, `import '${name}';`), name).toEqual(rule.builtins === 'all' ? [] : ['builtin']);
    }
  });
});

function everyPackage(): readonly string[] {
  const { dependencies, devDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Record<string, Record<string, string>>;
  return Object.keys({ ...dependencies, ...devDependencies });
}

describe('a global that pure code may not touch', () => {
  const pure = (source: string): readonly ViolationKind[] => kindsIn('shared/risk/x.ts', source);

  it.each(
    Object.values(BANS).flatMap((ban) => [
      ...('globals' in ban ? ban.globals.map((name) => `export const x = ${name};`) : []),
      ...('globals' in ban ? ban.globals.map((name) => `export const x = ${name}.y(1);`) : []),
      ...('members' in ban ? ban.members.map((name) => `export const x = ${name}();`) : []),
      ...('members' in ban ? ban.members.map((name) => `export const x = { at: ${name} };`) : []),
      ...('argless' in ban ? ban.argless.flatMap((name) => [`export const x = new ${name}();`, `export const x = ${name}();`]) : []),
    ]),
  )('is found in %s', (source) => {
    expect(pure(source)).toContain('ban');
  });

  it.each([
    'export const x = Math["random"]();',
    'export const f = (key: "random"): number => Math[key]();',
    'const { now } = Date; export { now };',
    'const M = Math; export const x = M.random();',
    'export const x = [Date];',
    'export const x = Date?.now();',
    'export const f = (now = Date.now): number => now();',
    'export const x = (Date as { now(): number }).now();',
    'export const x = { process };',
    'export class A { at = Date.now(); }',
    ['export const x = `$', '{Date.now()}`;'].join(''),
    'const Date = { now: () => 1 }; export const x = Date.now();',
  ])('is found in the disguise of %s', (source) => {
    expect(pure(source)).toContain('ban');
  });

  it.each([
    'export const x = new Date(0).toISOString();',
    'export const x = Date.UTC(2026, 0, 1) + Date.parse("2026-01-01");',
    'export const x = Math.max(1, 2);',
    'export const isDate = (x: unknown): x is Date => x instanceof Date;',
    'export interface Ports { readonly fetch: () => void; readonly process: string; now(process: string): Date }',
    'export const x = { fetch: 1, process: 2, console: 3 };',
    'export const f = (ports: { fetch(): void }): void => ports.fetch();',
    'export const f = (performance: { readonly sharpe: number }): number => performance.sharpe;',
    'export const f = ({ process }: { process: number }): number => process;',
    'export type F = typeof fetch;',
    '// Date.now() and Math.random() are banned\nexport const x = "Date.now()";',
  ])('is not seen in %s', (source) => {
    expect(pure(source)).toEqual([]);
  });

  it('may be touched where a row of the table allows it', () => {
    expect(kindsIn('shared/kernel/clock.ts', "import { DateTime } from 'luxon';\nexport const x = [DateTime, Date.now(), setTimeout];")).toEqual([]);
    expect(kindsIn('shared/market/calendar-nse.ts', "import { DateTime } from 'luxon';\nexport const x = DateTime.fromMillis(0);")).toEqual([]);
    expect(kindsIn('shared/market/calendar-nse.ts', 'export const x = Date.now();')).toEqual(['ban']);
    expect(kindsIn('infra/local/x.ts', 'export const x = [Date.now(), Math.random(), process.env, fetch];')).toEqual([]);
    expect(
      kindsIn('shared/feeds/binance.ts', "import { WebSocket } from 'ws';\nexport const x = new WebSocket('wss://stream.binance.com');"),
    ).toEqual([]);
  });
});
