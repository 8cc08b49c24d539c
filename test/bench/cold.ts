import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as z from 'zod';
import { type FunctionBundle, withFunctionBundles } from '../support/function-bundles.ts';
import { againstTarget, msLine, percentiles } from './figures.ts';

const ROUNDS = 40;
const MOST_IMPORT_MS = 150;
const MOST_BUNDLE_KB = 600;

const timesSchema = z.object({ wallMs: z.number(), cpuMs: z.number() });

// What the runtime does at a cold start, timed inside the new process; the start of Node itself is not ours.
const TIMED = `const [begun, before] = [performance.now(), process.cpuUsage()];
await import(process.argv[1]);
const { user, system } = process.cpuUsage(before);
process.stdout.write(JSON.stringify({ wallMs: performance.now() - begun, cpuMs: (user + system) / 1_000 }));
process.exit(0);`;

interface Times {
  readonly wallMs: number;
  /** Of all threads of the process: what is left of a figure when other processes take the machine. */
  readonly cpuMs: number;
}

/** The very bundles of the stack: their size, and their import in processes of their own, in turns with an empty module's. */
export function benchCold(): Promise<readonly string[]> {
  return withFunctionBundles((bundles) => {
    const [first] = bundles;
    if (first === undefined) throw new Error('There is no function to bundle');
    const empty = join(dirname(first.file), 'empty.mjs');
    writeFileSync(empty, 'export {};\n');
    const modules = [{ name: 'empty', file: empty }, ...bundles].map((module) => ({ ...module, times: [] as Times[] }));
    // In turns, so that a busy moment of the machine meets them all.
    for (let round = 0; round < ROUNDS; round++) for (const { file, times } of modules) times.push(importTimes(file));
    return modules.flatMap((module) => [
      `${module.name.padEnd(10)}${'startBytes' in module ? sizes(module) : ''}`,
      `  import ${msLine(percentiles(module.times.map(({ wallMs }) => wallMs)))}`,
      `  of CPU ${msLine(percentiles(module.times.map(({ cpuMs }) => cpuMs)))}`,
      ...('startBytes' in module ? targets(module) : []),
    ]);
  });
}

const kB = (bytes: number): string => `${(bytes / 1_000).toFixed(0)} kB`;

const sizes = ({ startBytes, allBytes }: FunctionBundle): string => `${kB(startBytes)} at the start, ${kB(allBytes)} with what is loaded later`;

function targets({ startBytes, times }: FunctionBundle & { readonly times: readonly Times[] }): readonly string[] {
  return [
    againstTarget('kB at the start', startBytes / 1_000, '<', MOST_BUNDLE_KB),
    againstTarget('import p50 ms', percentiles(times.map(({ wallMs }) => wallMs)).p50, '<', MOST_IMPORT_MS),
  ];
}

/** One import in a new process, which runs with the options that the functions have on Lambda. */
function importTimes(file: string): Times {
  const text = execFileSync(process.execPath, ['--input-type=module', '--eval', TIMED, pathToFileURL(file).href], {
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: '--enable-source-maps' },
  });
  return timesSchema.parse(JSON.parse(text));
}
