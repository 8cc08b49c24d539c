import { describe, expect, it } from 'vitest';
import { explainFills, type FillExplanation } from '../../shared/engine/explain-fill.ts';
import { startSession } from '../../shared/engine/sessions.ts';
import { simulatedSource } from '../../shared/feeds/simulated-source.ts';
import type { Clock } from '../../shared/kernel/clock.ts';
import { decimal } from '../../shared/kernel/decimal.ts';
import { rng } from '../../shared/kernel/rng.ts';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../../shared/kernel/time.ts';
import { createRows, openWorld, type Rows, type WorldSetup } from '../support/engine-world.ts';
import { type Fault, faultyStores } from '../support/faulty-stores.ts';
import { historyFrom, scriptedSource, scriptOf } from '../support/scripted-source.ts';

/** The session's fills, made again, after it has run from moment to moment and was killed at each. */
async function explainedRun(
  setup: Omit<WorldSetup, 'rows'>,
  moments: readonly number[],
  onStarted: () => void = () => undefined,
): Promise<readonly FillExplanation[]> {
  const rows: Rows = createRows();
  for (const atMs of moments) {
    const world = await openWorld({ ...setup, rows });
    await world.start();
    if ((await world.context.accounts.active()) === null) {
      await startSession(world.context, { startingCapital: decimal('100000'), strategies: ['scalping', 'swing'], riskLimits: {} }, null);
    }
    onStarted();
    await world.clock.run(atMs);
    if (setup.between === undefined) expect(world.failures).toEqual([]);
    world.kill();
  }
  const [session] = await rows.ledger.sessions();
  const explanations: FillExplanation[] = [];
  for await (const each of explainFills(rows.ledger.rows(session?.sessionId ?? '', 0), 'test')) explanations.push(each);
  return explanations;
}

const differing = (explanations: readonly FillExplanation[]): readonly unknown[] =>
  explanations.flatMap(({ fill, differences }) => (differences.length === 0 ? [] : [{ fill: fill.id, differences }]));

const kinds = (explanations: readonly FillExplanation[]): readonly string[] =>
  [
    ...new Set(explanations.map(({ fill: { market, purpose, trigger, provenance } }) => `${market} ${purpose} ${trigger} by ${provenance.baseRule}`)),
  ].sort();

describe('every fill of a session', () => {
  it('on the simulated market, through the end of a day of NSE and two restarts, is made again to the last digit', async () => {
    const startMs = Date.parse('2026-10-01T07:00:00Z');
    const markets = ['CRYPTO', 'NSE'] as const;
    const setup = { startMs, markets, scope: 'simulated:1', historyDays: 10 };
    const explanations = await explainedRun({ ...setup, source: (clock) => simulatedSource({ clock, seed: '1', markets }) }, [
      startMs + 1.4 * HOUR_MS,
      startMs + 2.2 * HOUR_MS,
      startMs + 4 * HOUR_MS,
    ]);
    expect(differing(explanations)).toEqual([]);
    expect(explanations.length).toBeGreaterThan(8);
    expect(kinds(explanations)).toEqual(
      expect.arrayContaining(['CRYPTO entry market by book', 'NSE entry market by book', 'NSE exit stop by stop-level']),
    );
  });

  it('on bars played as ticks, which have no book, is made again to the last digit', async () => {
    const startMs = Date.UTC(2025, 0, 7, 6);
    const fromMs = historyFrom(startMs);
    const script = scriptOf(3, { fromMs, minutes: (startMs - fromMs) / MINUTE_MS + 4 * 60 + 10, symbols: ['SOL', 'ETH', 'DOT'] });
    const explanations = await explainedRun({ startMs, source: (clock) => scriptedSource(clock, script) }, [startMs + 4 * HOUR_MS]);
    expect(differing(explanations)).toEqual([]);
    expect(explanations.length).toBeGreaterThan(40);
    expect(kinds(explanations)).toEqual([
      'CRYPTO entry market by last',
      'CRYPTO exit market by last',
      'CRYPTO exit stop by stop-level',
      'CRYPTO exit target by limit',
    ]);
  });

  it('over a store that refuses every third commit, so that what met an order is tried again later, is made again to the last digit', async () => {
    const startMs = Date.UTC(2025, 0, 7, 6);
    const fromMs = historyFrom(startMs);
    const script = scriptOf(2, { fromMs, minutes: (startMs - fromMs) / MINUTE_MS + 40, symbols: ['SOL', 'ETH', 'DOT'] });
    const late: number[] = [];
    for (let seed = 1; seed <= 10; seed++) {
      const random = rng('faults', seed);
      let isOn = false;
      const next = (call: string): Fault | null => (isOn && call === 'commit' && random.next() < 0.33 ? 'unavailable' : null);
      const setup = { startMs, source: (clock: Clock) => scriptedSource(clock, script), between: (rows: Rows) => faultyStores(rows, next) };
      const explanations = await explainedRun(setup, [startMs + 30 * MINUTE_MS], () => {
        isOn = true;
      });
      expect(differing(explanations), `seed ${seed}`).toEqual([]);
      late.push(...explanations.map(({ fill, order }) => fill.atMs - (fill.provenance.tick?.receivedMs ?? order.activeFromMs)));
    }
    expect(late.filter((ms) => ms >= SECOND_MS).length).toBeGreaterThan(10);
  });
});
