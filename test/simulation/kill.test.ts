import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS, iso } from '../../shared/kernel/time.ts';
import { writeGeneratedKlines } from '../support/generated-klines.ts';
import { type Books, type Ending, type Replay, readBooks, runKilled, runReplay } from './killed-replay.ts';

const START_MS = Date.parse('2023-04-17T00:00:00Z');
const UNTIL_MS = START_MS + 5 * HOUR_MS;
const LEAST_FILLS = 6;

let folder = '';
let replay: Replay;
let whole: Ending;
let wholeBooks: Books | null;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'nightdesk-kill-'));
  const data = join(folder, 'klines');
  writeGeneratedKlines(data, { seed: '2', fromMs: START_MS - 2 * DAY_MS, toMs: UNTIL_MS });
  const bounds = ['--at', iso(START_MS), '--until', iso(UNTIL_MS)];
  replay = { options: ['--feed', 'replay', '--speed', 'max', '--session', 'scalping,swing', '--data', data, ...bounds] };
  whole = await runReplay(replay, join(folder, 'whole'), null);
  wholeBooks = await readBooks(join(folder, 'whole'));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the whole program on the embedded store', () => {
  it('trades in a replay, and its books are sound', () => {
    expect(whole.stderr).toBe('');
    expect(whole.exitCode).toBe(0);
    expect(wholeBooks?.isSound).toBe(true);
    expect(wholeBooks?.fills).toBeGreaterThanOrEqual(LEAST_FILLS);
  });

  it('comes to the same journal when it is killed and started again, and loses nothing that it told', async () => {
    if (wholeBooks === null) throw new Error('The run without kills has no session');
    const killed = await runKilled(replay, join(folder, 'killed'), whole, wholeBooks, {
      moments: [
        { after: 'told', lines: 4 },
        { after: 'start', ms: 600 },
        { after: 'told', lines: 9 },
      ],
    });
    expect(killed.faults).toEqual([]);
    expect(killed.kills).toBeGreaterThanOrEqual(2);
    expect(killed.books?.hash).toBe(wholeBooks.hash);
  });

  it('comes to the same journal when it is asked to stop and started again', async () => {
    if (wholeBooks === null) throw new Error('The run without kills has no session');
    const stopped = await runKilled(replay, join(folder, 'stopped'), whole, wholeBooks, {
      moments: [{ after: 'told', lines: 7 }],
      signal: 'SIGTERM',
    });
    expect(stopped.faults).toEqual([]);
    expect(stopped.endings.map(({ exitCode }) => exitCode)).toEqual([0, 0]);
  });
});
