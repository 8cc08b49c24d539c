import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Metafile } from 'esbuild';
import { bundleFunction, isFunction, ROOT } from '../../infra/aws/bundle.ts';

/** Every folder of `functions/` that is a Lambda function. */
const FUNCTION_NAMES: readonly string[] = readdirSync(join(ROOT, 'functions')).filter(isFunction).sort();

export interface FunctionBundle {
  readonly name: string;
  /** The module that has the handler. */
  readonly file: string;
  /** Of all that a cold start loads: the module and whatever it imports at once. */
  readonly startBytes: number;
  /** With the parts that are loaded when they are first needed. */
  readonly allBytes: number;
}

/** The bundles that the stack uploads, in a folder from which no package can be resolved; it is gone when `use` is done. */
export async function withFunctionBundles<Result>(use: (bundles: readonly FunctionBundle[]) => Result | Promise<Result>): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), 'nightdesk-bundles-'));
  try {
    return await use(FUNCTION_NAMES.map((name) => bundled(name, join(folder, name))));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function bundled(name: string, folder: string): FunctionBundle {
  const { outputs } = bundleFunction(name, folder);
  const modules = Object.keys(outputs).filter((path) => path.endsWith('.mjs'));
  const entry = modules.find((path) => path.endsWith('index.mjs') && outputs[path]?.entryPoint !== undefined);
  if (entry === undefined) throw new Error(`The bundle of ${name} has no index.mjs`);
  const bytesOf = (paths: Iterable<string>): number => [...paths].reduce((total, path) => total + (outputs[path]?.bytes ?? 0), 0);
  return { name, file: join(folder, 'index.mjs'), startBytes: bytesOf(startOf(entry, outputs)), allBytes: bytesOf(modules) };
}

/** A module with all that it imports, but for what it loads later. */
function startOf(entry: string, outputs: Metafile['outputs']): ReadonlySet<string> {
  const found = new Set([entry]);
  for (const path of found) {
    for (const { kind, path: imported } of outputs[path]?.imports ?? []) {
      if (kind === 'import-statement' && outputs[imported] !== undefined) found.add(imported);
    }
  }
  return found;
}
