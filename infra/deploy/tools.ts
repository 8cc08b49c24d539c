import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';

/** The root of the project, in which the tools work. */
export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

const manifestSchema = z.object({ devDependencies: z.object({ 'aws-cdk': z.string(), node: z.string() }) });

/** The versions that the project is tested with. */
export function pinnedVersions(): { readonly cdk: string; readonly node: string } {
  const { devDependencies } = manifestSchema.parse(JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8')));
  return { cdk: devDependencies['aws-cdk'], node: devDependencies.node };
}

/** How a program ended, and what it wrote where that was kept. */
export interface Ended {
  /** Null when it could not be started, or was ended. */
  readonly code: number | null;
  readonly output: string;
}

/** Runs a program that talks to the person itself. */
export const runTool = (command: string, args: readonly string[]): Promise<Ended> => ended(spawn(command, args, { cwd: ROOT, stdio: 'inherit' }));

/** Asks a program something and keeps its answer. */
export const askTool = (command: string, args: readonly string[], timeoutMs = 20_000): Promise<Ended> =>
  ended(spawn(command, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'], timeout: timeoutMs }));

function ended(child: ChildProcess): Promise<Ended> {
  let output = '';
  const keep = (text: Buffer): void => {
    output += text.toString('utf8');
  };
  child.stdout?.on('data', keep);
  child.stderr?.on('data', keep);
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ code: null, output: error.message }));
    child.once('close', (code) => resolve({ code, output }));
  });
}
