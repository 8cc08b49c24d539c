import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EMPTY_WINDOW, hasSeen, type SequenceWindow, withSeen } from '../../../../shared/feeds/intake/sequence-window.ts';

describe('the window of seen trade numbers', () => {
  it('lets every trade of two overlapping connections through exactly once, however they interleave', () => {
    const scenario = fc.record({
      first: fc.integer({ min: 0, max: 1_000 }),
      length: fc.integer({ min: 1, max: 60 }),
      lag: fc.integer({ min: 0, max: 30 }),
      turns: fc.array(fc.boolean(), { minLength: 120, maxLength: 120 }),
    });
    fc.assert(
      fc.property(scenario, ({ first, length, lag, turns }) => {
        const all = Array.from({ length }, (_, i) => first + i);
        const old = [...all];
        const fresh = all.slice(Math.min(lag, length));
        const admitted: number[] = [];
        let window: SequenceWindow = EMPTY_WINDOW;
        // The old connection delivers its first trade before the new one is opened.
        for (const isOld of [true, ...turns, ...Array<boolean>(60).fill(true)]) {
          const sequence = (isOld ? old : fresh).shift();
          if (sequence === undefined || hasSeen(window, sequence)) continue;
          window = withSeen(window, sequence);
          admitted.push(sequence);
        }
        expect(admitted.toSorted((a, b) => a - b)).toEqual(all);
      }),
    );
  });

  it('keeps little, however many numbers were left out', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 50 }), { maxLength: 300 }), (steps) => {
        let window: SequenceWindow = EMPTY_WINDOW;
        let sequence = 0;
        for (const step of steps) {
          sequence += step;
          expect(hasSeen(window, sequence)).toBe(false);
          window = withSeen(window, sequence);
          expect(hasSeen(window, sequence)).toBe(true);
        }
        expect(window.holes.length).toBeLessThanOrEqual(16);
      }),
    );
  });
});
