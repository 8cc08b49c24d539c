import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Trail } from '../../../shared/contracts/terms.ts';
import { triggeredExit, type WatchedLevels } from '../../../shared/execution/exit-trigger.ts';
import { createTriggerIndex, type TriggerIndex, type Watch } from '../../../shared/execution/trigger-index.ts';
import type { Tick } from '../../../shared/market/price.ts';
import { tickOf } from '../../support/engine-fixtures.ts';
import { createNaiveTriggers } from '../../support/naive-triggers.ts';

// Prices of a coarse grid, so that levels, extremes and prices meet often; some off it, so that levels are odd floats.
const price = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 80, max: 120 }) },
  { weight: 1, arbitrary: fc.double({ min: 0.01, max: 200, noNaN: true }) },
);
const id = fc.integer({ min: 0, max: 30 }).map((number) => `X:${number}`);
const level = fc.option(price, { nil: null });
const by: fc.Arbitrary<NonNullable<Watch['trail']>['by']> = fc.oneof(
  fc.record({ kind: fc.constant('share' as const), value: fc.constantFrom(0, 0.01, 0.05, 0.1, 1 / 3, 1) }),
  fc.record({ kind: fc.constant('distance' as const), value: fc.constantFrom(0, 0.5, 1, 5, 1 / 3, 150) }),
);
const trail = fc.option(fc.record({ side: fc.constantFrom('below' as const, 'above' as const), extreme: price, by }), { nil: null });
const watch: fc.Arbitrary<Watch> = fc.record({ below: level, above: level, trail });
const ahead = fc.option(
  fc.tuple(price, price).map(([a, b]) => ({ low: Math.min(a, b), high: Math.max(a, b) })),
  { nil: undefined },
);

type Step =
  | { readonly kind: 'put'; readonly id: string; readonly watch: Watch }
  | { readonly kind: 'remove'; readonly id: string }
  | { readonly kind: 'price'; readonly price: number; readonly ahead: { readonly low: number; readonly high: number } | undefined };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('put' as const), id, watch }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('remove' as const), id }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('price' as const), price, ahead }) },
);
const steps = fc.array(step, { maxLength: 120, size: 'max' });
const ALL_IDS = Array.from({ length: 31 }, (_, number) => `X:${number}`);

function take(index: TriggerIndex, next: Exclude<Step, { kind: 'price' }>): void {
  if (next.kind === 'put') index.put(next.id, next.watch);
  else index.remove(next.id);
}

describe('the trigger index', () => {
  it('wakes at every price exactly the orders that a look at each of them would, in the same order, with the same extremes', () => {
    fc.assert(
      fc.property(steps, (taken) => {
        const [index, naive] = [createTriggerIndex(), createNaiveTriggers()];
        for (const next of taken) {
          if (next.kind === 'price') {
            expect(index.reached(next.price, next.ahead)).toEqual(naive.reached(next.price, next.ahead));
            const { low, high } = next.ahead ?? { low: next.price, high: next.price };
            expect(index.isTouched(low, high)).toBe(naive.isTouched(low, high));
            index.advance(next.price);
            naive.advance(next.price);
          } else {
            take(index, next);
            take(naive, next);
          }
          expect(index.size).toBe(naive.size);
          expect(ALL_IDS.map((each) => index.extreme(each))).toEqual(ALL_IDS.map((each) => naive.extreme(each)));
          expect(ALL_IDS.filter((each) => index.has(each))).toEqual(ALL_IDS.filter((each) => naive.has(each)));
        }
      }),
      { numRuns: 500 },
    );
  });

  it('answers the same whether it is asked twice, and whatever was put and removed in between', () => {
    fc.assert(
      fc.property(steps, fc.array(watch), price, (taken, passing, at) => {
        const index = createTriggerIndex();
        for (const next of taken)
          if (next.kind === 'price') index.advance(next.price);
          else take(index, next);
        const first = index.reached(at);
        for (const [number, each] of passing.entries()) index.put(`passing:${number}`, each);
        for (const number of passing.keys()) index.remove(`passing:${number}`);
        expect(index.reached(at)).toEqual(first);
      }),
    );
  });
});

describe('the trigger index of exits', () => {
  const exit: fc.Arbitrary<WatchedLevels> = fc.record({
    direction: fc.constantFrom('long' as const, 'short' as const),
    stop: level,
    target: level,
    trail: fc.option(
      fc.oneof(
        fc.constantFrom(0.005, 0.01, 0.1, 1 / 3).map((share): Trail => ({ kind: 'share', share })),
        fc.constantFrom(0.5, 1, 1 / 3, 10).map((distance): Trail => ({ kind: 'distance', distance, basis: 'a test' })),
      ),
      { nil: null },
    ),
    extreme: price,
  });
  const motion = fc.constantFrom('print' as const, 'sweep' as const);

  it('never misses an exit that a tick triggers, whatever kind of tick it is', () => {
    fc.assert(
      fc.property(fc.array(exit), fc.array(fc.tuple(price, motion, ahead)), (exits, ticks) => {
        const index = createTriggerIndex();
        for (const [number, levels] of exits.entries()) index.put(String(number), watchOf(levels));
        let extremes = exits.map((levels) => levels.extreme);
        for (const [at, moves, range] of ticks) {
          const tick: Tick = tickOf('BTC', at, 0, { motion: moves, ...(range === undefined ? {} : { ahead: range }) });
          const woken = new Set(index.reached(at, range));
          for (const [number, levels] of exits.entries()) {
            const met = triggeredExit({ ...levels, extreme: extremes[number] ?? Number.NaN }, tick);
            if (met !== null) expect(woken).toContain(String(number));
          }
          index.advance(at);
          extremes = exits.map(({ direction, extreme }, number) =>
            direction === 'long' ? Math.max(extremes[number] ?? extreme, at) : Math.min(extremes[number] ?? extreme, at),
          );
        }
      }),
    );
  });
});

function watchOf({ direction, stop, target, trail, extreme }: WatchedLevels): Watch {
  const isLong = direction === 'long';
  return {
    below: isLong ? stop : target,
    above: isLong ? target : stop,
    trail:
      trail === null
        ? null
        : { side: isLong ? 'below' : 'above', extreme, by: { kind: trail.kind, value: trail.kind === 'share' ? trail.share : trail.distance } },
  };
}
