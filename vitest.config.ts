import { defineConfig } from 'vitest/config';
import { closingLineReporter } from './test/support/closing-line-reporter.ts';

export default defineConfig({
  test: {
    environment: 'node',
    include: ['test/{unit,property,contract,simulation,api,infra,data,house}/**/*.test.ts'],
    passWithNoTests: false,
    allowOnly: false,
    pool: 'forks',
    // One more than the cores of the least machine: the longest tests wait for clocks and other processes.
    maxWorkers: 3,
    testTimeout: 20_000,
    hookTimeout: 20_000,
    sequence: { shuffle: { files: false, tests: true } },
    unstubEnvs: true,
    restoreMocks: true,
    reporters: ['default', closingLineReporter(process.env.CLOSING_LINE_FILE)],
  },
});
