import { describe, expect, it } from 'vitest';
import { measuredRun } from '../../infra/cost/measured-run.ts';
import { simulatedSource } from '../../shared/feeds/simulated-source.ts';
import { HOUR_MS } from '../../shared/kernel/time.ts';
import type { Market } from '../../shared/market/instrument.ts';

const run = (markets: readonly Market[], from: string, hours: number) =>
  measuredRun({
    world: { scope: 'simulated:1', evidence: 'simulated', markets },
    source: (clock) => simulatedSource({ clock, seed: '1', markets }),
    startMs: Date.parse(from),
    endMs: Date.parse(from) + hours * HOUR_MS,
    strategies: ['scalping', 'swing'],
    seed: '1',
    log: (level, event, facts) => {
      if (level === 'error') throw new Error(`${event} ${JSON.stringify(facts)}`);
    },
  });

/** Write units a day, proved where ticks are packed (property/store/tick-pack). */
const MOST_TICK_UNITS = 10_000;

describe('the deployed system', () => {
  it('writes prices, bars and ticks of six symbols for at most 30,000 write units a day', async () => {
    // Over midnight in UTC, so that an hour and a day are packed as well; both are then counted for every hour.
    const { usage } = await run(['CRYPTO'], '2026-10-05T23:30:00Z', 1);
    const units = (kind: string): number => (usage.get(`market ${kind}`)?.writeUnits ?? 0) * 24;
    const all = ['LATEST', 'B', 'H', 'Q', 'LISTINGS'].reduce((total, kind) => total + units(kind), 0);
    expect(units('LATEST')).toBeGreaterThan(5_000);
    expect(units('T')).toBeGreaterThan(0);
    // This market is quieter than a real one: for ticks the bound of six symbols that trade in every second is taken.
    expect(all + MOST_TICK_UNITS).toBeLessThan(30_000);
  });

  it('reads at most 60 units in a warm scan of sixteen symbols', async () => {
    const { scanReadUnits } = await run(['CRYPTO', 'NSE'], '2026-10-06T04:00:00Z', 0.2);
    const [, , ...warm] = scanReadUnits;
    expect(warm.length).toBeGreaterThan(20);
    expect(Math.max(...warm)).toBeLessThanOrEqual(60);
  });
});
