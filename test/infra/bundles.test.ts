import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { addRuntime, modelsBrought } from '../../infra/aws/brought-models.ts';
import { bundleFunction } from '../../infra/aws/bundle.ts';
import { onnxOf } from '../../shared/ml/onnx/onnx-export.ts';
import { artefactSaying } from '../support/models.ts';
import { grantsOf, namedResource, plain } from './permissions-table.ts';
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

/** With a model of somebody else's, so that every function there may be is there. */
const { resources } = synthesise(undefined, { outside: [{ strategy: 'scalping', version: '0123456789ab' }] });

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

describe('a model of somebody else\u2019s', () => {
  const isInstalled = existsSync(join(ROOT, 'node_modules/onnxruntime-node'));
  const withModel = (use: (folder: string, models: string) => void): void => {
    const folder = mkdtempSync(join(tmpdir(), 'bundles-'));
    try {
      mkdirSync(join(folder, 'source'));
      writeFileSync(join(folder, 'source', 'scalping.onnx'), onnxOf(artefactSaying(0.7)));
      use(folder, join(folder, 'source'));
    } finally {
      rmSync(folder, { recursive: true });
    }
  };

  it.skipIf(!isInstalled)('goes with its runtime along with the function that runs it (skipped without onnxruntime-node)', () => {
    withModel((folder, models) => {
      addRuntime(models, join(ROOT, 'node_modules'), join(folder, 'model'));
      expect(readdirSync(join(folder, 'model', 'models'))).toEqual(['scalping.onnx']);
      const native = join(folder, 'model', 'node_modules/onnxruntime-node/bin/napi-v6');
      expect([readdirSync(native), readdirSync(join(native, 'linux'))]).toEqual([['linux'], ['arm64']]);
    });
  });

  it('ends the deployment when its runtime is not installed, or it would not be asked', () => {
    withModel((folder, models) => {
      expect(() => addRuntime(models, join(folder, 'no-packages'), join(folder, 'model'))).toThrow(
        'npm install --no-save --ignore-scripts onnxruntime-node',
      );
      expect(modelsBrought(models)).toMatchObject([{ strategy: 'scalping' }]);
      writeFileSync(join(models, 'unknown.onnx'), '{}');
      expect(() => modelsBrought(models)).toThrow('It is no ONNX file');
    });
  });

  it('has a function of its own only where there is one, asked by the scan and the API alone', () => {
    const isModel = ({ Type, id }: Resource): boolean => Type === 'AWS::Lambda::Function' && id.startsWith('ModelFunction');
    expect(synthesise().resources.filter(isModel)).toEqual([]);
    expect(resources.filter(isModel)).toHaveLength(1);
    const asking = grantsOf(resources).filter(
      ({ actions, on }) => actions.includes('lambda:InvokeFunction') && namedResource(on) === 'ModelFunction',
    );
    expect(asking.map(({ role }) => plain(role)).sort()).toEqual(['ApiFunctionRole', 'ScanFunctionRole']);
  });
});

describe('the bundle', () => {
  it('is made of every function and of the feed', () => {
    expect(ENTRIES.map(([name]) => name)).toEqual(expect.arrayContaining(['api', 'authorizer', 'feed', 'monitor', 'scan', 'session']));
  });

  it.each(ENTRIES)('of %s has the SSM client only where tokens or secrets are read', async (name, entry) => {
    const { packages } = await builtOf(entry);
    // The one that runs models has their runtime beside its bundle.
    expect(packages.size).toBeGreaterThan(name === 'model' ? 0 : 3);
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
