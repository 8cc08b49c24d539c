import { attributePlace } from './conditions-alone.ts';
import { type Equivalent, equivalentOf } from './equivalents.ts';
import { variantsOf } from './generated-variants.ts';
import { together } from './observed.ts';
import type { JobReport, Observed, SeedJob } from './seed-jobs.ts';
import { jobsOf, type SeedPool } from './seed-pool.ts';
import { nameOf, type Variant } from './variants.ts';
import type { SeedResult } from './world.ts';

/** What became of a variant. */
export type Fate =
  | { readonly variant: Variant; readonly kind: 'caught'; readonly seed: number; readonly step: number; readonly what: string }
  | { readonly variant: Variant; readonly kind: 'equivalent'; readonly because: string; readonly evidence: string }
  /** It was said to be no other program, and is one; or what was said to stand in for it does not. */
  | { readonly variant: Variant; readonly kind: 'not-equivalent'; readonly what: string }
  | { readonly variant: Variant; readonly kind: 'survived'; readonly what: string };

export interface Hunt {
  /** Seeds within which each variant must be caught, from 1 on. */
  readonly seeds: number;
  /** Part of the names of the variants to look at; empty for all. */
  readonly only: string;
  readonly tell: (line: string) => void;
}

/** Seeds of the whole program that are watched: every kind of write comes in the first few dozen. */
const OBSERVED_SEEDS = 500;
const OBSERVED_CHUNK = 10;
/** Seeds that most variants need, then those that are harder: the upper ends of rounds. */
const ROUNDS = [8, 60, 300];
const CHUNK = 50;

/** Makes every variant of what the whole program is seen to write, and runs each until a seed catches it. */
export async function huntVariants(pool: SeedPool, { seeds, only, tell }: Hunt): Promise<readonly Fate[]> {
  const whole = await observe(pool, Math.min(seeds, OBSERVED_SEEDS), tell);
  const variants = variantsOf(whole.observed).filter((variant) => nameOf(variant).includes(only));
  const suspects = variants.filter((variant) => equivalentOf(variant) === null);
  const caught = await catchAll(pool, [...suspects, ...guardless(variants)], seeds, tell);
  const fates: Fate[] = [];
  for (const variant of variants) {
    const equivalent = equivalentOf(variant);
    if (equivalent !== null) fates.push(await equivalence(pool, equivalent, whole, caught, seeds));
    else fates.push(caught.get(nameOf(variant)) ?? { variant, kind: 'survived', what: aloneText(variant, whole.observed, seeds) });
  }
  return fates;
}

interface Whole {
  readonly observed: Observed;
  /** By seed. */
  readonly results: ReadonlyMap<number, SeedResult>;
}

/** @throws when a seed of the whole program fails: then there is nothing to compare with */
async function observe(pool: SeedPool, seeds: number, tell: Hunt['tell']): Promise<Whole> {
  const seen: Observed[] = [];
  const results = new Map<number, SeedResult>();
  await pool.run(jobsOf(1, seeds, OBSERVED_CHUNK, { variant: null, untilBroken: false, isObserved: true }), (report) => {
    for (const result of report.results) results.set(result.seed, result);
    if (report.observed !== null) seen.push(report.observed);
    tell(`${results.size} of ${seeds} seeds of the whole program observed`);
    return true;
  });
  const broken = [...results.values()].find(({ problems }) => problems.length > 0);
  if (broken !== undefined) throw new Error(`Seed ${broken.seed} fails without any variant: npm run simulate -- --seed ${broken.seed}`);
  return { observed: together(seen), results };
}

/** Variants without a condition and without what stands in for it. */
const guardless = (variants: readonly Variant[]): readonly Variant[] =>
  variants.flatMap((variant) => {
    const equivalent = equivalentOf(variant);
    return equivalent === null || equivalent.guards.length === 0 ? [] : [withoutGuards(equivalent)];
  });

const withoutGuards = ({ variant, guards }: Equivalent): Variant =>
  variant.kind === 'condition-removed' ? { ...variant, places: [...new Set([...variant.places, ...guards])], attribute: null } : variant;

type Caught = Extract<Fate, { kind: 'caught' }>;

async function catchAll(pool: SeedPool, variants: readonly Variant[], seeds: number, tell: Hunt['tell']): Promise<ReadonlyMap<string, Caught>> {
  const caught = new Map<string, Caught>();
  let from = 1;
  for (const to of [...ROUNDS.filter((end) => end < seeds), seeds]) {
    const left = variants.filter((variant) => !caught.has(nameOf(variant)));
    await pool.run(roundOf(left, from, to, caught), (report) => {
      note(report, caught);
      tell(`${caught.size} of ${variants.length} variants caught, seeds ${from} to ${to}`);
      return true;
    });
    from = to + 1;
  }
  return caught;
}

/** Each variant in turn, a chunk of seeds at a time, until it is caught. */
function* roundOf(variants: readonly Variant[], from: number, to: number, caught: ReadonlyMap<string, Caught>): Generator<SeedJob> {
  for (let first = from; first <= to; first += CHUNK) {
    for (const variant of variants) {
      if (caught.has(nameOf(variant))) continue;
      yield { variant, from: first, count: Math.min(CHUNK, to - first + 1), untilBroken: true, isObserved: false };
    }
  }
}

function note({ job: { variant }, results }: JobReport, caught: Map<string, Caught>): void {
  const failed = results.find(({ problems }) => problems.length > 0);
  const [problem] = failed?.problems ?? [];
  if (variant === null || failed === undefined || problem === undefined) return;
  const known = caught.get(nameOf(variant));
  if (known !== undefined && known.seed < failed.seed) return;
  caught.set(nameOf(variant), { variant, kind: 'caught', seed: failed.seed, step: problem.step, what: problem.what });
}

/** Seeds of which every step is compared, where a variant is said to change none. */
const COMPARED_SEEDS = 100;

/** Whether a variant is no other program: no seed runs otherwise without it, and without what stands in for it some seed fails. */
async function equivalence(pool: SeedPool, equivalent: Equivalent, whole: Whole, caught: ReadonlyMap<string, Caught>, seeds: number): Promise<Fate> {
  const { variant, because, guards } = equivalent;
  const compared = Math.min(COMPARED_SEEDS, seeds);
  let other: number | null = null;
  await pool.run(jobsOf(1, compared, OBSERVED_CHUNK, { variant, untilBroken: false, isObserved: false }), ({ results }) => {
    other ??= results.find((result) => !isSameRun(result, whole.results.get(result.seed)))?.seed ?? null;
    return other === null;
  });
  if (other !== null) return { variant, kind: 'not-equivalent', what: `said to be equivalent, but seed ${other} goes another way` };
  const alone = aloneCount(variant, whole.observed);
  if (alone > 0) return { variant, kind: 'not-equivalent', what: `said to be equivalent, but it refused ${alone} writes alone` };
  const same = `never refused a write alone in ${whole.results.size} seeds; ${compared} seeds are the same to the step without it`;
  if (guards.length === 0) return { variant, kind: 'equivalent', because, evidence: same };
  const without = caught.get(nameOf(withoutGuards(equivalent)));
  if (without === undefined)
    return { variant, kind: 'not-equivalent', what: `without ${guards.join(', ')} as well it survives: one of them is needed` };
  return { variant, kind: 'equivalent', because, evidence: `${same}; without ${guards.join(' and ')} as well seed ${without.seed} catches it` };
}

const isSameRun = (one: SeedResult, other: SeedResult | undefined): boolean =>
  other !== undefined && one.journal === other.journal && one.steps === other.steps && one.problems.length === 0;

function aloneCount(variant: Variant, { alone }: Observed): number {
  if (variant.kind !== 'condition-removed') return 0;
  const [place = ''] = variant.places;
  const name = variant.attribute === null ? place : attributePlace(place, variant.attribute);
  return alone.find(([known]) => known === name)?.[1] ?? 0;
}

function aloneText(variant: Variant, observed: Observed, seeds: number): string {
  if (variant.kind !== 'condition-removed') return `no seed of ${seeds} caught it`;
  return `no seed of ${seeds} caught it; it refused ${aloneCount(variant, observed)} writes alone`;
}
