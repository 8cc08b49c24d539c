import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { variantsOf } from './simulate/generated-variants.ts';
import { createObserver } from './simulate/observed.ts';
import { createSeedPool, jobsOf, type SeedPool } from './simulate/seed-pool.ts';
import { nameOf, type Variant } from './simulate/variants.ts';
import { runSeed, type SeedResult } from './simulate/world.ts';

/** `npm run simulate` runs as many as one likes. */
const SEEDS = 120;
const CHUNK = 10;

let pool: SeedPool;

beforeAll(() => {
  pool = createSeedPool();
});

afterAll(() => pool.close());

async function run(variant: Variant | null, seeds: number): Promise<readonly SeedResult[]> {
  const all: SeedResult[] = [];
  await pool.run(jobsOf(1, seeds, CHUNK, { variant, untilBroken: true, isObserved: false }), ({ results }) => {
    all.push(...results);
    return variant === null || results.every(({ problems }) => problems.length === 0);
  });
  return all;
}

describe('the engine and the store under faults that a seed draws', () => {
  it(`keep every invariant, and settle, in ${SEEDS} seeds`, async () => {
    const results = await run(null, SEEDS);
    expect(results.flatMap(({ seed, problems }) => problems.map(({ what }) => `seed ${seed}: ${what}`))).toEqual([]);
    expect(results).toHaveLength(SEEDS);
    const total = (of: (result: SeedResult) => number): number => results.reduce((sum, result) => sum + of(result), 0);
    // Nothing is proved by a market in which nobody trades, or by faults that do not come.
    expect(total(({ fills }) => fills)).toBeGreaterThan(SEEDS);
    expect(total(({ faults }) => faults.crash)).toBeGreaterThan(SEEDS);
    expect(Object.values(results[0]?.faults ?? {})).not.toHaveLength(0);
    for (const kind of Object.keys(results[0]?.faults ?? {}) as (keyof SeedResult['faults'])[]) {
      expect(
        total(({ faults }) => faults[kind]),
        kind,
      ).toBeGreaterThan(0);
    }
  });

  it('go the same way again, step by step, under the same seed', async () => {
    const inAnotherThread = await run(null, CHUNK);
    const told = async (seed: number): Promise<readonly [SeedResult, readonly string[]]> => {
      const lines: string[] = [];
      return [await runSeed(seed, { trace: (line) => void lines.push(line) }), lines];
    };
    for (const seed of [2, 5, 9]) {
      const [once, again] = [await told(seed), await told(seed)];
      expect(once[1].length).toBeGreaterThan(100);
      expect(again).toEqual(once);
      expect(inAnotherThread.find((result) => result.seed === seed)).toEqual(once[0]);
    }
    expect((await runSeed(10)).journal).not.toBe((await runSeed(11)).journal);
  });
});

describe('a broken program', () => {
  const COMMIT = 'ledger/HEAD put [seq]';
  const BROKEN: readonly Variant[] = [
    { kind: 'condition-removed', places: [`${COMMIT} > ledger/C# put absent`], attribute: null },
    {
      kind: 'condition-removed',
      places: ['market/LATEST update [epoch untilMs] > market/LATEST update [epoch untilMs]'],
      attribute: null,
    },
    { kind: 'step-removed', place: `${COMMIT} > ledger/A# put absent` },
    { kind: 'split', transaction: COMMIT, after: COMMIT, before: 'ledger/J# put absent', order: 'forward' },
    { kind: 'late', transaction: COMMIT },
    { kind: 'ids-reused', rows: 'ledger/C#order:' },
    { kind: 'unknown-guessed', guess: 'success' },
  ];

  it.each(BROKEN.map((variant) => [nameOf(variant), variant] as const))('is caught: %s', async (_, variant) => {
    const problems = (await run(variant, 100)).flatMap((result) => result.problems);
    expect(problems).not.toEqual([]);
  });

  it('is made from what the whole one writes: every step and every condition of each transaction is removed', async () => {
    const observer = createObserver();
    for (const seed of [1, 2, 3]) await runSeed(seed, observer.watching);
    const observed = observer.observed();
    const names = new Set(variantsOf(observed).map(nameOf));
    const steps = observed.transactions.flatMap((all) => all.map((step) => `${all[0]} > ${step}`));
    expect(steps.length).toBeGreaterThan(20);
    expect(steps.filter((place) => !names.has(`step removed: ${place}`))).toEqual([]);
    const conditioned = steps.filter((place) => / (put|update|delete) (absent|\[[^\]]*\])$/.test(place));
    expect(conditioned.filter((place) => !names.has(`condition removed: ${place}`))).toEqual([]);
  });
});
