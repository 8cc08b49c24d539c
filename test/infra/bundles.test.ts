import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { bundleFunction } from '../../infra/aws/bundle.ts';
import { ROOT } from './synthesis.ts';

const ENTRIES: readonly (readonly [name: string, entry: string])[] = [
  ...readdirSync(join(ROOT, 'functions'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('/handler.ts'))
    .map((path) => [path.replace('/handler.ts', ''), `functions/${path}`] as const),
  ['feed', 'functions/feed/main.ts'],
];

/** The packages of which something ends in the bundle of an entry. */
async function packagesOf(entry: string): Promise<ReadonlySet<string>> {
  const { metafile } = await build({
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
  return new Set(names.filter((name) => name !== undefined));
}

describe('a model', () => {
  it('goes along with the functions that ask it, and with no other', { timeout: 60_000 }, () => {
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

  it.each(ENTRIES)('of %s has the SSM client only where tokens are read', { timeout: 60_000 }, async (name, entry) => {
    const packages = await packagesOf(entry);
    expect(packages.size).toBeGreaterThan(3);
    expect(packages.has('@aws-sdk/client-ssm')).toBe(name === 'authorizer');
  });

  it('of the authorizer has nothing of the ledger and of the markets', { timeout: 60_000 }, async () => {
    const packages = await packagesOf('functions/authorizer/handler.ts');
    for (const foreign of ['@aws-sdk/client-dynamodb', '@aws-sdk/client-sqs', '@aws-sdk/client-eventbridge', 'ws']) {
      expect([foreign, packages.has(foreign)]).toEqual([foreign, false]);
    }
  });
});
