import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../../infra/local/free-port.ts';
import { MINUTE_MS } from '../../shared/kernel/time.ts';
import { drawKills, type Kill } from './order-soak/kills.ts';
import { runOrderSoak } from './order-soak/soak.ts';

/** While requests are under way, with a gap; while it starts; and the store alone. */
const KILLS: readonly Kill[] = [
  { victim: 'program', moment: { when: 'request', ordinal: 14, afterMs: 15 }, downMs: 3 * MINUTE_MS },
  { victim: 'both', moment: { when: 'start-up', share: 0.5 }, downMs: 0 },
  { victim: 'store', moment: { when: 'request', ordinal: 10, afterMs: 5 }, downMs: 0 },
];

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'nightdesk-orders-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the whole program, traded through its API and killed', () => {
  it('keeps everything that it acknowledged, once, and makes every fill again', async () => {
    const options = { kills: KILLS, seed: '1', stateDir: join(folder, 'state'), port: await freePort(), lastLifeMs: 1_500, leastAcknowledged: 16 };
    const { faults, figures } = await runOrderSoak({ ...options, tell: () => undefined });
    expect(faults).toEqual([]);
    expect(figures.kills).toBe(KILLS.length);
    expect(figures.acknowledged).toBeGreaterThan(15);
    expect(figures.cutOff).toBeGreaterThan(0);
    expect(figures.fills).toBeGreaterThan(3);
  });
});

describe('the kills of a soak', () => {
  it('are the same for the same seed, and of every kind', () => {
    const kills = drawKills(200, '1');
    expect(kills).toEqual(drawKills(200, '1'));
    expect(kills).not.toEqual(drawKills(200, '2'));
    expect(new Set(kills.map(({ victim }) => victim))).toEqual(new Set(['program', 'store', 'both']));
    expect(new Set(kills.map(({ moment }) => moment.when))).toEqual(new Set(['start-up', 'request', 'time']));
    expect(kills.filter(({ downMs }) => downMs >= 2 * MINUTE_MS).length).toBeGreaterThan(60);
  });
});
