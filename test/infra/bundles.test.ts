import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { bundleFunction } from '../../infra/aws/bundle.ts';
import { at, type Resource, ROOT, synthesise } from './synthesis.ts';

const ENTRIES: readonly (readonly [name: string, entry: string])[] = [
  ...readdirSync(join(ROOT, 'functions'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('/handler.ts'))
    .map((path) => [path.replace('/handler.ts', ''), `functions/${path}`] as const),
  ['feed', 'functions/feed/main.ts'],
];

interface Built {
  /** The packages of which something is in the bundle. */
  readonly packages: ReadonlySet<string>;
  /** Variables of ours that its code names. */
  readonly variables: readonly string[];
}

const made = new Map<string, Promise<Built>>();

const builtOf = (entry: string): Promise<Built> => {
  const known = made.get(entry) ?? bundled(entry);
  made.set(entry, known);
  return known;
};

async function bundled(entry: string): Promise<Built> {
  const { metafile, outputFiles } = await build({
    absWorkingDir: ROOT,
    entryPoints: [entry],
    bundle: true,
    write: false,
    metafile: true,
    outdir: 'dist',
    platform: 'node',
    target: 'node24',
    format: 'esm',
    mainFields: ['module', 'main'],
    minify: true,
    logLevel: 'error',
  });
  const inputs = Object.values(metafile.outputs).flatMap(({ inputs: used }) => Object.entries(used));
  const names = inputs.filter(([, { bytesInOutput }]) => bytesInOutput > 0).map(([path]) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1]);
  const named = outputFiles.flatMap(({ text }) => text.match(/NIGHTDESK_[A-Z_]*[A-Z]/g) ?? []);
  return { packages: new Set(names.filter((name) => name !== undefined)), variables: [...new Set(named)].sort() };
}

/** What code names for this machine and for tests, and does without: other addresses of venues, tokens, folders. */
const NOT_ON_AWS =
  /^NIGHTDESK_(\w+_URLS|BINANCE_BULK_URL|NSE_ARCHIVES_URL|DATA|UPSTOX_TOKEN|UPSTOX_TOKEN_FILE|ALERTS_(SLACK_URL|DISCORD_URL|TELEGRAM_TOKEN|TELEGRAM_CHAT|WEBHOOK_URL|WEBHOOK_SECRET))$/;

const { resources } = synthesise();

/** Variables of ours that the template gives to what runs the bundle. */
function givenTo(name: string): readonly string[] {
  const isOf = ({ id, Type }: Resource): boolean =>
    name === 'feed'
      ? Type === 'AWS::ECS::TaskDefinition'
      : Type === 'AWS::Lambda::Function' && new RegExp(`^${name}Function[0-9A-F]{8}$`, 'i').test(id);
  const resource = resources.find(isOf);
  if (resource === undefined) throw new Error(`The template does not run ${name}`);
  return [...new Set(JSON.stringify(resource.Properties).match(/NIGHTDESK_[A-Z_]*[A-Z]/g) ?? [])].sort();
}

describe('a model', () => {
  it('goes along with the functions that ask it, and with no other', () => {
    const folder = mkdtempSync(join(tmpdir(), 'bundles-'));
    try {
      const models = join(folder, 'source');
      mkdirSync(models);
      writeFileSync(join(models, 'scalping.json'), '{}');
      writeFileSync(join(models, 'report.md'), '');
      for (const name of ['monitor', 'session']) bundleFunction(name, join(folder, name), models);
      expect(readdirSync(join(folder, 'monitor', 'models'))).toEqual(['scalping.json']);
      expect(existsSync(join(folder, 'session', 'models'))).toBe(false);
      bundleFunction('monitor', join(folder, 'without'), join(folder, 'nowhere'));
      expect(existsSync(join(folder, 'without', 'models'))).toBe(false);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('the bundle', () => {
  it('is made of every function and of the feed', () => {
    expect(ENTRIES.map(([name]) => name)).toEqual(expect.arrayContaining(['api', 'authorizer', 'feed', 'monitor', 'scan', 'session']));
  });

  it.each(ENTRIES)('of %s has the SSM client only where tokens or secrets are read', async (name, entry) => {
    const { packages } = await builtOf(entry);
    expect(packages.size).toBeGreaterThan(3);
    expect(packages.has('@aws-sdk/client-ssm')).toBe(['alerts', 'authorizer'].includes(name));
  });

  it('of the authorizer has nothing of the ledger and of the markets', async () => {
    const { packages } = await builtOf('functions/authorizer/handler.ts');
    for (const foreign of ['@aws-sdk/client-dynamodb', '@aws-sdk/client-sqs', '@aws-sdk/client-eventbridge', 'ws']) {
      expect([foreign, packages.has(foreign)]).toEqual([foreign, false]);
    }
  });

  it.each(ENTRIES)('of %s is given every variable that it names, and no other', async (name, entry) => {
    const { variables } = await builtOf(entry);
    expect(givenTo(name)).toEqual(variables.filter((variable) => !NOT_ON_AWS.test(variable)));
  });
});

describe('the store', () => {
  it('asks for no index that the template does not have: there is none, and no code names one', () => {
    const files = readdirSync(join(ROOT, 'shared/store'), { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
    const sources = files.map((file) => readFileSync(join(ROOT, 'shared/store', file), 'utf8'));
    expect(sources.length).toBeGreaterThan(10);
    const indexes = resources.filter(({ Type }) => Type === 'AWS::DynamoDB::Table').flatMap(indexesOf);
    expect(sources.flatMap((source) => [...source.matchAll(/IndexName: ?'([^']*)'/g)].map(([, index]) => index))).toEqual(indexes);
    expect(sources.filter((source) => source.includes('IndexName'))).toHaveLength(indexes.length);
  });
});

const indexesOf = (table: Resource): readonly unknown[] =>
  ['GlobalSecondaryIndexes', 'LocalSecondaryIndexes'].flatMap((kind) => (at(table, kind) as readonly unknown[] | undefined) ?? []);
