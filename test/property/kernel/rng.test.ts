import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Rng, rng } from '../../../shared/kernel/rng.ts';

const COUNT = 20_000;
// Six standard errors: a sound generator leaves the band once in 10^9 statistics.
const SIGMAS = 6;

const sample = (draw: () => number): readonly number[] => Array.from({ length: COUNT }, draw);
const mean = (values: readonly number[], f: (x: number) => number): number => values.reduce((total, x) => total + f(x), 0) / values.length;

/** Expects the sample mean of f within six standard errors of its true mean, given its true variance. */
function expectMoment(values: readonly number[], f: (x: number) => number, truth: number, variance: number): void {
  expect(Math.abs(mean(values, f) - truth)).toBeLessThan(SIGMAS * Math.sqrt(variance / values.length));
}

const anySeed = fc.oneof(fc.integer(), fc.string());
const forSeeds = (check: (random: Rng) => void): void =>
  fc.assert(
    fc.property(anySeed, (seed) => check(rng(seed))),
    { numRuns: 20 },
  );

describe('uniform draws', () => {
  it('lie in [0, 1)', () => {
    forSeeds((random) => {
      const values = sample(random.next);
      expect(Math.min(...values)).toBeGreaterThanOrEqual(0);
      expect(Math.max(...values)).toBeLessThan(1);
    });
  });

  it('have the moments of the uniform distribution, and no memory', () => {
    forSeeds((random) => {
      const values = sample(random.next);
      // E[x^k] = 1/(k+1), Var[x^k] = 1/(2k+1) - 1/(k+1)^2
      for (const k of [1, 2, 3, 4]) expectMoment(values, (x) => x ** k, 1 / (k + 1), 1 / (2 * k + 1) - 1 / (k + 1) ** 2);
      const products = values.slice(1).map((x, i) => (x - 0.5) * ((values[i] ?? 0.5) - 0.5));
      expectMoment(products, (x) => x, 0, 1 / 144);
    });
  });

  it('fill every sixteenth evenly, by chi-square', () => {
    forSeeds((random) => {
      const counts = new Array<number>(16).fill(0);
      for (const x of sample(random.next)) counts[Math.floor(x * 16)] = (counts[Math.floor(x * 16)] ?? 0) + 1;
      const expected = COUNT / 16;
      const chiSquare = counts.reduce((total, count) => total + (count - expected) ** 2 / expected, 0);
      // 15 degrees of freedom: 1 - F(66) is about 2e-8.
      expect(chiSquare).toBeLessThan(66);
    });
  });
});

describe('normal draws', () => {
  it('are finite and have the moments of the standard normal', () => {
    forSeeds((random) => {
      const values = sample(random.normal);
      expect(values.every(Number.isFinite)).toBe(true);
      // Var[x] = 1, Var[x^2] = 2, Var[x^3] = 15, Var[x^4] = 96
      expectMoment(values, (x) => x, 0, 1);
      expectMoment(values, (x) => x ** 2, 1, 2);
      expectMoment(values, (x) => x ** 3, 0, 15);
      expectMoment(values, (x) => x ** 4, 3, 96);
    });
  });
});

describe('streams of different keys', () => {
  it('do not move together', () => {
    fc.assert(
      fc.property(anySeed, fc.nat(1_000), (seed, id) => {
        const [first, second] = [rng(seed, id), rng(seed, id + 1)];
        expectMoment(
          sample(() => (first.next() - 0.5) * (second.next() - 0.5)),
          (x) => x,
          0,
          1 / 144,
        );
      }),
      { numRuns: 20 },
    );
  });
});
