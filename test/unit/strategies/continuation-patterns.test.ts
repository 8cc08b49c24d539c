import { describe, expect, it } from 'vitest';
import type { Candle } from '../../../shared/market/price.ts';
import { flag, pennant } from '../../../shared/strategies/patterns/flag.ts';
import { bounce, levelBreak } from '../../../shared/strategies/patterns/support-resistance.ts';
import { candle } from '../../support/series.ts';

/** A candle turned upside down around 100. */
const mirrored = ({ open, high, low, close }: Candle): Candle => candle(200 - open, 200 - low, 200 - high, 200 - close);

type Pattern = (candles: readonly Candle[], atr: number, direction: 'long' | 'short') => number;

/** The score for a long, the same for the mirrored short, and nothing for the other side. */
function scoreOf(pattern: Pattern, candles: readonly Candle[], atr = 1): number {
  const score = pattern(candles, atr, 'long');
  expect(pattern(candles.map(mirrored), atr, 'short')).toBeCloseTo(score, 9);
  expect(pattern(candles, atr, 'short')).toBe(0);
  return score;
}

/** Ten bars that run from 100 up by `height`. */
const run = (height: number): readonly Candle[] =>
  Array.from({ length: 10 }, (_, i) => {
    const [from, to] = [100 + (height * i) / 10, 100 + (height * (i + 1)) / 10];
    return candle(from, to, from, to);
  });

/** Eight bars below `top`: the highs fall by `upper` over all of them, the lows rise by `lower`. */
const rest = (top: number, { height = 1, upper = 0, lower = 0 } = {}): readonly Candle[] =>
  Array.from({ length: 8 }, (_, i) => {
    const high = top - (upper * i) / 7;
    const low = top - height + (lower * i) / 7;
    const middle = (high + low) / 2;
    return candle(middle, high, low, middle);
  });

const leave = (from: number, to: number): Candle => candle(from, to, from, to);

describe('a flag', () => {
  it('is a run of six ATRs, a rest between level edges that gives back a sixth, and a close beyond it', () => {
    expect(scoreOf(flag, [...run(6), ...rest(106), leave(105.5, 106.5)])).toBeCloseTo(1, 9);
  });

  it.each([
    ['a run of four and a half ATRs', run(4.5), rest(104.5, { height: 0.9 }), 0.85],
    ['a rest that gave back a third', run(6), rest(106, { height: 2 }), 0.4 + 0.3 + 0.3 * (1 - (2 / 6 - 0.2) / 0.3)],
    ['a rest that drifts against the run', run(6), rest(106, { upper: 1, lower: -1 }), 0.4 + 0.3 + 0.3 * (1 - (2 / 6 - 0.2) / 0.3)],
  ])('counts %s', (_what, pole, pause, score) => {
    const top = 100 + (pole.at(-1)?.high ?? 0) - 100;
    expect(scoreOf(flag, [...pole, ...pause, leave(top - 0.5, top + 0.5)])).toBeCloseTo(score, 6);
  });

  it.each([
    ['a run of two ATRs', run(2), rest(102), 102.5],
    ['a rest that gave back more than half', run(6), rest(106, { height: 3.5 }), 106.5],
    ['a close within the rest', run(6), rest(106), 105.9],
    ['edges that converge', run(6), rest(106, { upper: 0.4, lower: 0.4 }), 106.5],
    ['a rest that goes on rising', run(6), rest(106, { upper: -0.8, lower: 0.8 }), 107.5],
  ])('is not %s', (_what, pole, pause, close) => {
    expect(scoreOf(flag, [...pole, ...pause, leave(105, close)])).toBe(0);
  });

  it('needs its bars and an ATR', () => {
    expect(flag([], 1, 'long')).toBe(0);
    expect(flag(rest(106), 1, 'long')).toBe(0);
    expect(flag([...run(6), ...rest(106), leave(105.5, 106.5)], 0, 'long')).toBe(0);
  });
});

describe('a pennant', () => {
  it('is a flag whose edges converge', () => {
    const pointed = [...run(6), ...rest(106, { upper: 0.4, lower: 0.4 }), leave(105.5, 106.5)];
    expect(scoreOf(pennant, pointed)).toBeCloseTo(1, 9);
    expect(scoreOf(pennant, [...run(6), ...rest(106), leave(105.5, 106.5)])).toBe(0);
  });
});

/** Bars around 100 whose lows touch 98 at the given places; lows elsewhere 99, highs 101 but 102 at the peaks. */
const withTouches = (touches: readonly number[], peaks: readonly number[] = []): readonly Candle[] =>
  Array.from({ length: 40 }, (_, i) => candle(100, peaks.includes(i) ? 102 : 101, touches.includes(i) ? 98 : 99, 100));

describe('a bounce', () => {
  const turn = candle(98.6, 99.9, 98.2, 99.8);

  it.each([
    [2, 0],
    [3, 0.5],
    [4, 0.75],
    [5, 1],
  ])('off a level of %s touches counts %s', (count, score) => {
    const touches = [5, 12, 19, 26, 33].slice(0, count);
    expect(scoreOf(bounce, [...withTouches(touches), turn])).toBeCloseTo(score, 9);
  });

  it.each([
    ['a bar that stayed away from the level', candle(99, 100.5, 98.6, 100)],
    ['a bar that closed near the level', candle(98.2, 99, 98.1, 98.7)],
    ['a bar that fell away', candle(99.9, 99.9, 98.2, 99.2)],
  ])('is not %s', (_what, bar) => {
    expect(scoreOf(bounce, [...withTouches([5, 12, 19]), bar])).toBe(0);
  });

  it('knows no level from touches at different prices, nor from one too young to have turned', () => {
    const apart = withTouches([]).map((bar, i) => ({ ...bar, low: i === 5 ? 98 : i === 12 ? 97 : i === 19 ? 96 : bar.low }));
    expect(scoreOf(bounce, [...apart, turn])).toBe(0);
    expect(scoreOf(bounce, [...withTouches([5, 12, 39]), turn])).toBe(0);
    expect(bounce([], 1, 'long')).toBe(0);
    expect(bounce([...withTouches([5, 12, 19]), turn], 0, 'long')).toBe(0);
  });
});

describe('a break of a level', () => {
  it('is a close beyond three peaks that the bar before had not passed', () => {
    const before = withTouches([], [5, 12, 19]);
    expect(scoreOf(levelBreak, [...before, candle(101, 102.6, 101, 102.5)])).toBeCloseTo(0.5, 9);
    expect(scoreOf(levelBreak, [...before, candle(101, 102.6, 101, 102.1)])).toBe(0);
    const passed = candle(101, 102.6, 101, 102.5);
    expect(scoreOf(levelBreak, [...before, passed, candle(102.5, 103, 102.4, 102.9)])).toBe(0);
  });
});
