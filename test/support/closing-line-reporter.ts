import { writeFileSync } from 'node:fs';
import type { Reporter, SerializedError, TestModule } from 'vitest/node';

/** Tests by outcome; a file that could not be collected and an error outside of any test count as failed. */
interface Tally {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** `12 passed, 0 failed` or `12 passed, 1 failed, 3 skipped`. */
export function closingLine({ passed, failed, skipped }: Tally): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

/** Counts what a run really did. */
function tally(modules: readonly TestModule[], unhandled: readonly SerializedError[]): Tally {
  const states = modules.flatMap((module) => [...module.children.allTests()].map((test) => test.result().state));
  const count = (state: string): number => states.filter((each) => each === state).length;
  const brokenSuites = modules.flatMap((module) => [module, ...module.children.allSuites()]).filter((suite) => suite.errors().length > 0);
  return {
    passed: count('passed'),
    failed: count('failed') + count('pending') + brokenSuites.length + unhandled.length,
    skipped: count('skipped'),
  };
}

/** Writes at the very end, after the summary that the default reporter writes in the same turn. */
const printAtExit = (text: string): void => {
  process.once('exit', () => process.stdout.write(text));
};

/** Ends a run with one plain line that scripts can read, and writes the line to `file` where one is given. */
export function closingLineReporter(file: string | undefined, print = printAtExit) {
  return {
    onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
      const line = `${closingLine(tally(modules, unhandled))}\n`;
      if (file) writeFileSync(file, line);
      print(line);
    },
  } satisfies Reporter;
}
