import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { SerializedError, TestModule } from 'vitest/node';
import { closingLine, closingLineReporter } from '../support/closing-line-reporter.ts';

interface FakeModule {
  readonly tests: readonly ('passed' | 'failed' | 'skipped' | 'pending')[];
  readonly brokenSuites?: number;
  readonly errors?: number;
}

/** As much of the runner's result as the reporter reads. */
const fake = ({ tests, brokenSuites = 0, errors = 0 }: FakeModule): TestModule =>
  ({
    errors: () => new Array(errors).fill({ message: 'broken' }),
    children: {
      allTests: () => tests.map((state) => ({ result: () => ({ state }) })),
      allSuites: () => new Array(brokenSuites).fill({ errors: () => [{ message: 'broken' }] }),
    },
  }) as unknown as TestModule;

function lineFor(modules: readonly FakeModule[], unhandled: readonly SerializedError[] = []): string {
  const folder = mkdtempSync(join(tmpdir(), 'closing-line-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'line');
  closingLineReporter(file, () => undefined).onTestRunEnd(modules.map(fake), unhandled);
  return readFileSync(file, 'utf8');
}

describe('the closing line', () => {
  it('is plain, and names skipped tests where there are some', () => {
    expect(closingLine({ passed: 12, failed: 0, skipped: 0 })).toBe('12 passed, 0 failed');
    expect(closingLine({ passed: 12, failed: 1, skipped: 3 })).toBe('12 passed, 1 failed, 3 skipped');
  });

  it('counts the tests of all files', () => {
    expect(lineFor([{ tests: ['passed', 'failed'] }, { tests: ['passed', 'skipped'] }])).toBe('2 passed, 1 failed, 1 skipped\n');
  });

  it('counts a file that could not be read, a broken hook, an unfinished test and an error outside of tests as failed', () => {
    expect(lineFor([{ tests: [], errors: 1 }])).toBe('0 passed, 1 failed\n');
    expect(lineFor([{ tests: ['passed'], brokenSuites: 1 }])).toBe('1 passed, 1 failed\n');
    expect(lineFor([{ tests: ['passed', 'pending'] }])).toBe('1 passed, 1 failed\n');
    expect(lineFor([{ tests: ['passed'] }], [{ message: 'late' }])).toBe('1 passed, 1 failed\n');
  });
});
