import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { closingLineReporter } from './test/support/closing-line-reporter.ts';
import { LongestFirst } from './test/support/longest-first.ts';
import { PATIENT } from './test/support/until.ts';

/** These start programs and servers, or alter the process that they run in: each has one of its own. */
const APART = [
  'test/{api,contract}/**/*.test.ts',
  'test/simulation/{kill,order-soak}.test.ts',
  'test/infra/deployed.test.ts',
  'test/unit/engine/commission-in-bnb.test.ts',
  'test/unit/market/calendar.test.ts',
];
/** These leave no trace in their process: they take it over from one another, with the modules that it has loaded. */
const TOGETHER = ['test/{unit,property,simulation,infra,data,house}/**/*.test.ts'];

/** Nothing is measured by this: what is not done by then is taken to hang. */
const HUNG_MS = 300_000;

export default defineConfig({
  test: {
    environment: 'node',
    passWithNoTests: false,
    allowOnly: false,
    pool: 'forks',
    // One more than the cores of the least machine: the longest tests wait for clocks and other processes.
    maxWorkers: 3,
    testTimeout: HUNG_MS,
    hookTimeout: HUNG_MS,
    expect: { poll: PATIENT },
    sequence: { shuffle: { files: false, tests: true }, sequencer: LongestFirst },
    // Programs that tests start are compiled once, not at each start.
    env: { NODE_COMPILE_CACHE: fileURLToPath(new URL('node_modules/.cache/node-compile', import.meta.url)) },
    unstubEnvs: true,
    restoreMocks: true,
    reporters: ['default', closingLineReporter(process.env.CLOSING_LINE_FILE)],
    projects: [
      { extends: true, test: { name: 'apart', include: APART, isolate: true } },
      { extends: true, test: { name: 'together', include: TOGETHER, exclude: APART, isolate: false } },
    ],
  },
});
