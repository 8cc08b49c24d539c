import { INVARIANTS } from './problems.ts';
import type { Variant } from './variants.ts';
import { runSeed, type SeedResult } from './world.ts';

const LAST_STEPS = 40;

/**
 * Runs a seed that failed once more and tells of it: the invariant that broke, the last steps before, and how to see it again.
 * @returns lines
 */
export async function toldAgain(failed: SeedResult, variant: Variant | null = null): Promise<readonly string[]> {
  const lines: string[] = [];
  const again = await runSeed(failed.seed, { variant, trace: (line) => void lines.push(line) });
  const [first] = failed.problems;
  const isSame = again.problems[0]?.what === first?.what && again.steps === failed.steps && again.journal === failed.journal;
  return [
    `FAILED seed ${failed.seed}, step ${first?.step}: ${first === undefined ? '' : INVARIANTS[first.invariant]}`,
    ...failed.problems.map(({ what }) => `  ${what}`),
    `The last steps (number, seconds since the start, process, what happened):`,
    ...lines.slice(-LAST_STEPS),
    isSame
      ? `It fails in the same way again: npm run simulate -- --seed ${failed.seed}`
      : 'NOT REPRODUCED: a second run of the seed went another way',
  ];
}
