import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkRules } from '../../../shared/config/cross-check.ts';
import { type CrossCheck, checkAt, newCheck, withOwn, withReference } from '../../../shared/market/cross-check.ts';
import type { CheckState } from '../../../shared/market/price.ts';

const RULES = checkRules('BTC');

interface Observation {
  readonly afterMs: number;
  readonly from: 'own' | 'coinbase' | 'kraken';
  /** Off a level of 100, hundredths of a per cent. */
  readonly offBps: number;
}

const observations = (offBps: fc.Arbitrary<number>, longestMs = 4_000): fc.Arbitrary<readonly Observation[]> =>
  fc.array(
    fc.record({
      afterMs: fc.integer({ min: 1, max: longestMs }),
      from: fc.constantFrom('own' as const, 'coinbase' as const, 'kraken' as const),
      offBps,
    }),
    { minLength: 1, maxLength: 40 },
  );

/** The check after each observation, with the instant of it. */
function* played(seen: readonly Observation[]): Generator<{ readonly check: CrossCheck; readonly atMs: number; readonly nextMs: number }> {
  let check = newCheck(0);
  let atMs = 0;
  for (const [index, { afterMs, from, offBps }] of seen.entries()) {
    atMs += afterMs;
    const price = 100 * (1 + offBps / 10_000);
    check = from === 'own' ? withOwn(check, price, atMs, RULES) : withReference(check, { source: from, price, atMs }, RULES);
    yield { check, atMs, nextMs: atMs + (seen[index + 1]?.afterMs ?? 20_000) };
  }
}

/**
 * The same rules told in another way: the prices at every tenth of a second in turn and a millisecond after it, nothing
 * foreseen. Observations here are at tenths, so that it misses no change.
 */
function byTenths(seen: readonly Observation[]): readonly Told[] {
  const last = new Map<string, PriceAt>();
  const states: Told[] = [];
  const judge = plainJudge();
  let nowMs = 0;
  const at = (atMs: number): void => void states.push({ atMs, ...judge(last, atMs) });
  /** What is a tenth old is still young enough, a millisecond later it is not. */
  const bothAt = (atMs: number): void => {
    at(atMs);
    at(atMs + 1);
  };
  for (const { afterMs, from, offBps } of seen) {
    const untilMs = nowMs + afterMs;
    for (; nowMs < untilMs; nowMs += 100) bothAt(nowMs);
    at(untilMs);
    last.set(from, { price: 100 * (1 + offBps / 10_000), atMs: untilMs });
    at(untilMs);
  }
  for (const endMs = nowMs + 20_000; nowMs < endMs; nowMs += 100) bothAt(nowMs);
  return states;
}

interface PriceAt {
  readonly price: number;
  readonly atMs: number;
}

interface Told {
  readonly atMs: number;
  readonly state: CheckState;
  readonly isWarning: boolean;
}

function plainJudge(): (last: ReadonlyMap<string, PriceAt>, atMs: number) => Omit<Told, 'atMs'> {
  let beyondFor: number | null = null;
  let isDiverged = false;
  let isWarning = false;
  return (last, atMs) => {
    const own = last.get('own');
    const others = [...last].filter(([from, told]) => from !== 'own' && atMs - told.atMs <= RULES.referenceMaxAgeMs).map(([, { price }]) => price);
    const isStale = own === undefined || atMs - own.atMs > RULES.ownMaxAgeMs;
    if (isStale || others.length === 0) {
      beyondFor = null;
      return { state: isStale ? 'stale' : 'single-source', isWarning: false };
    }
    // One or two: their median is their mean.
    const middle = others.reduce((total, price) => total + price, 0) / others.length;
    const bps = Math.abs(Math.round((own.price / middle - 1) * 1e6) / 100);
    beyondFor = bps < RULES.divergedBps ? null : (beyondFor ?? atMs);
    const hasLasted = beyondFor !== null && atMs - beyondFor >= RULES.holdMs;
    isDiverged = hasLasted || (isDiverged && bps > RULES.divergedBps / 2);
    isWarning = bps >= RULES.warnBps || (isWarning && bps > RULES.warnBps / 2);
    return { state: isDiverged ? 'diverged' : 'agreed', isWarning };
  };
}

const wild = fc.integer({ min: -300, max: 300 });

describe('a check of a price', () => {
  it('says the same as the rules told instant by instant', () => {
    const tenths = observations(wild).map((seen) => seen.map((each) => ({ ...each, afterMs: Math.ceil(each.afterMs / 100) * 100 })));
    let diverged = 0;
    fc.assert(
      fc.property(tenths, (seen) => {
        const expected = byTenths(seen);
        const steps = [...played(seen)];
        for (const [index, { check, atMs, nextMs }] of steps.entries()) {
          const isLast = index === steps.length - 1;
          for (const each of expected.filter((one) => one.atMs > atMs && (isLast ? one.atMs <= nextMs : one.atMs < nextMs))) {
            const said = checkAt(check, each.atMs, RULES);
            expect({ atMs: each.atMs, state: said.state, isWarning: said.isWarning }).toEqual(each);
            if (said.state === 'diverged') diverged += 1;
          }
        }
      }),
      { numRuns: 150 },
    );
    expect(diverged).toBeGreaterThan(100);
  });

  it('never becomes diverged while no difference lasts three seconds', () => {
    // Whatever the jumps: each is taken back within 2.9 s.
    const spikes = fc.array(
      fc.record({
        offBps: fc.integer({ min: -2_000, max: 2_000 }),
        lastsMs: fc.integer({ min: 1, max: 2_900 }),
        calmMs: fc.integer({ min: 1, max: 2_000 }),
      }),
      { minLength: 1, maxLength: 20 },
    );
    fc.assert(
      fc.property(spikes, (each) => {
        let check = withReference(newCheck(0), { source: 'kraken', price: 100, atMs: 0 }, RULES);
        let nowMs = 0;
        const tell = (price: number): void => {
          check = withOwn(withReference(check, { source: 'kraken', price: 100, atMs: nowMs }, RULES), price, nowMs, RULES);
          expect(check.verdict.state).not.toBe('diverged');
        };
        for (const { offBps, lastsMs, calmMs } of each) {
          tell(100 * (1 + offBps / 10_000));
          nowMs += lastsMs;
          tell(100);
          nowMs += calmMs;
        }
      }),
      { numRuns: 200 },
    );
  });

  it('never flaps inside the band between half and whole', () => {
    const inside = fc.integer({ min: 51, max: 99 });
    const seen = fc.array(fc.record({ offBps: inside, afterMs: fc.integer({ min: 1, max: 4_900 }) }), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(seen, fc.boolean(), (steps, isDiverged) => {
        const off = isDiverged ? 150 : 0;
        let check = newCheck(0);
        let nowMs = 0;
        const tell = (offBps: number): void => {
          check = withOwn(withReference(check, { source: 'kraken', price: 100, atMs: nowMs }, RULES), 100 * (1 + offBps / 10_000), nowMs, RULES);
        };
        tell(off);
        nowMs += 4_000;
        tell(off);
        const before = check.verdict.state;
        expect(before).toBe(isDiverged ? 'diverged' : 'agreed');
        for (const { offBps, afterMs } of steps) {
          tell(offBps);
          nowMs += afterMs;
          expect(checkAt(check, nowMs, RULES)).toMatchObject({ state: before, sinceMs: check.verdict.sinceMs });
        }
      }),
      { numRuns: 200 },
    );
  });

  it('is a matter of what was seen, not of how often it was asked', () => {
    fc.assert(
      fc.property(observations(wild), fc.array(fc.integer({ min: 0, max: 30_000 }), { maxLength: 20 }), (seen, laterMs) => {
        const { check, atMs } = [...played(seen)].at(-1) as { check: CrossCheck; atMs: number };
        const asked = laterMs.map((ms) => checkAt(check, atMs + ms, RULES));
        expect(laterMs.map((ms) => checkAt(check, atMs + ms, RULES))).toEqual(asked);
        for (const [index, { state, sinceMs, spreadBps, against }] of asked.entries()) {
          expect(sinceMs).toBeLessThanOrEqual(atMs + (laterMs[index] as number));
          expect(spreadBps === null).toBe(state === 'stale' || state === 'single-source');
          expect(against.length === 0).toBe(spreadBps === null);
        }
      }),
      { numRuns: 200 },
    );
  });
});
