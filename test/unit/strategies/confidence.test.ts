import { describe, expect, it } from 'vitest';
import { absent, meanReading, weigh } from '../../../shared/strategies/confidence.ts';

const reading = (score: number) => ({ score, why: `${score}` });

describe('a confidence', () => {
  const weights = { technical: 0.2, pattern: 0.25, ml: 0.35, volume: 0.15, momentum: 0.05 };

  it('is the weighted sum when everything is present', () => {
    const { confidence, parts } = weigh(weights, {
      technical: reading(1),
      pattern: reading(0.5),
      ml: reading(0.8),
      volume: reading(0),
      momentum: reading(1),
    });
    expect(confidence).toBeCloseTo(0.2 + 0.125 + 0.28 + 0.05, 12);
    expect(parts.map(({ weight }) => weight)).toEqual([0.2, 0.25, 0.35, 0.15, 0.05].map((weight) => expect.closeTo(weight, 12)));
  });

  it('shares the weight of an absent component out in proportion and shows it with weight 0', () => {
    const { confidence, parts } = weigh(weights, {
      technical: reading(1),
      pattern: reading(1),
      ml: absent('no model'),
      volume: reading(0),
      momentum: reading(0),
    });
    expect(confidence).toBeCloseTo(0.45 / 0.65, 12);
    expect(parts[2]).toEqual({ name: 'ml', score: null, weight: 0, why: 'no model' });
    expect(parts[0]?.weight).toBeCloseTo(0.2 / 0.65, 12);
  });

  it('is 0 when nothing is present', () => {
    expect(weigh({ a: 1 }, { a: absent('nothing') })).toEqual({ confidence: 0, parts: [{ name: 'a', score: null, weight: 0, why: 'nothing' }] });
  });
});

describe('a mean of readings', () => {
  it('leaves the absent ones out', () => {
    expect(meanReading([reading(0.2), absent('cold'), reading(0.6)], 'none')).toMatchObject({ score: 0.4, why: '0.2; 0.6' });
    expect(meanReading([absent('cold')], 'none')).toEqual({ score: null, why: 'none' });
  });
});
