import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { advisoriesOf } from './advisories.ts';

const ROOT = join(import.meta.dirname, '../..');
const TIMEOUT_MS = 60_000;

/** npm ends with an error both when it found something and when it could not ask: what it printed tells which. */
const audit = (...options: readonly string[]): string =>
  spawnSync('npm', ['audit', '--json', ...options], { cwd: ROOT, encoding: 'utf8', timeout: TIMEOUT_MS, maxBuffer: 1e8 }).stdout ?? '';

const { fails, lines } = advisoriesOf({ all: audit(), production: audit('--omit=dev') });
process.stdout.write(`${lines.join('\n')}\n`);
process.exitCode = fails ? 1 : 0;
