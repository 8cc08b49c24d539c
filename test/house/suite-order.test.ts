import { globSync, readFileSync } from 'node:fs';
import { join, matchesGlob } from 'node:path';
import { describe, expect, it } from 'vitest';
import { APART, LONGEST, TOGETHER } from '../support/suite-order.ts';

const ROOT = join(import.meta.dirname, '../..');
const FILES = globSync('test/**/*.test.ts', { cwd: ROOT });

const isIn = (file: string, globs: readonly string[]): boolean => globs.some((glob) => matchesGlob(file, glob));

/** What would be met by the next file in the same process. */
const LEAVES_A_TRACE = /\bvi\.(?:mock|doMock|resetModules)\(|\bprocess\.(?:chdir\(|env\.\w+ = )|\bdelete process\.env/;

describe('the files of the suite', () => {
  it('are all run', () => {
    expect(FILES.length).toBeGreaterThan(300);
    expect(FILES.filter((file) => !isIn(file, [...APART, ...TOGETHER]))).toEqual([]);
  });

  it('have a process of their own where they would leave a trace in it', () => {
    const traces = FILES.filter((file) => !file.startsWith('test/house/') && LEAVES_A_TRACE.test(readFileSync(join(ROOT, file), 'utf8')));
    expect(traces.length).toBeGreaterThan(0);
    expect(traces.filter((file) => !isIn(file, APART))).toEqual([]);
  });

  it('are known by their names where they are named as the longest', () => {
    expect(LONGEST.filter((name) => !FILES.includes(`test/${name}.test.ts`))).toEqual([]);
  });
});
