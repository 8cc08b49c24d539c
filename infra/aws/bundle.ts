import { execFileSync } from 'node:child_process';
import { cpSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, buildSync, type Metafile } from 'esbuild';
import { addRuntime } from './brought-models.ts';
import type { LeanBuild } from './lean-build.ts';

/** The root of the repository. */
export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** Packages that are CommonJS inside an ES module bundle call `require`, which ES modules do not have. */
const REQUIRE_BANNER = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";

/**
 * What the SDK loads only when it is needed, and a function never needs: Lambda hands its credentials over as environment
 * variables, where the SDK looks first, and no call of ours streams events. Together a fifth of a bundle.
 * The feed's task gets its credentials from an address, further down the SDK's list: its bundle keeps all of them.
 */
const NEVER_LOADED = [
  '@aws-sdk/credential-provider-http',
  '@aws-sdk/credential-provider-ini',
  '@aws-sdk/credential-provider-login',
  '@aws-sdk/credential-provider-process',
  '@aws-sdk/credential-provider-sso',
  '@aws-sdk/credential-provider-web-identity',
  '@smithy/core/event-streams',
  '@smithy/credential-provider-imds',
  // Reads what a browser calls itself.
  'bowser',
];

const COMMON = {
  absWorkingDir: ROOT,
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  mainFields: ['module', 'main'],
  minify: true,
  sourcemap: true,
  sourcesContent: false,
  banner: { js: REQUIRE_BANNER },
  logLevel: 'warning',
} satisfies BuildOptions;

/** Functions whose strategies ask a model, or that watch over it; and where the models lie that go along. */
const ASKING: ReadonlySet<string> = new Set(['scan', 'api', 'monitor']);
export const MODELS = `${ROOT}models`;

const entryOf = (name: string): string => `${ROOT}functions/${name}/handler.ts`;

/** Whether a folder of `functions/` is a Lambda function. */
export const isFunction = (name: string): boolean => existsSync(entryOf(name));

/**
 * Bundles a Lambda function: `index.mjs` with the handler, and beside it a file for each part that is loaded when it is first
 * needed. Names of classes are not kept: defining them anew takes a sixth of a cold start. Programs go by an error's code, people by
 * its text, and stack traces name the source.
 * Our models of the folder `models`, where there is one, go along with the functions that ask them, those of somebody else with the function that
 * runs them.
 * @returns what went into each file
 */
export function bundleFunction(name: string, folder: string, models = MODELS): Metafile {
  const metafile = leanBuild({
    ...COMMON,
    entryPoints: [{ in: entryOf(name), out: 'index' }],
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    splitting: true,
    external: NEVER_LOADED,
  });
  if (ASKING.has(name) && existsSync(models)) copyModels(models, join(folder, 'models'));
  if (name === 'model') addRuntime(models, `${ROOT}node_modules`, folder);
  return metafile;
}

/** Metafiles are told by the kilobyte. */
const MOST_TOLD_BYTES = 64_000_000;

/** The same as `buildSync`, in a process of its own: what leaves parts of a package out is a plugin, and those do not work in step. */
function leanBuild(options: LeanBuild): Metafile {
  const program = join(ROOT, 'infra/aws/lean-build.ts');
  return JSON.parse(execFileSync(process.execPath, [program, JSON.stringify(options)], { maxBuffer: MOST_TOLD_BYTES, encoding: 'utf8' }));
}

const copyModels = (from: string, to: string): void =>
  cpSync(from, to, { recursive: true, filter: (path) => path === from || path.endsWith('.json') });

/** Bundles the feed in one file, which has all the time in the world to start. */
export function bundleFeed(outfile: string): void {
  buildSync({ ...COMMON, entryPoints: [`${ROOT}functions/feed/main.ts`], outfile, keepNames: true });
}
