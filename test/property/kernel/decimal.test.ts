import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  abs,
  add,
  type Decimal,
  decimal,
  divide,
  fromNumber,
  max,
  min,
  multiply,
  negate,
  ONE,
  type RoundingMode,
  subtract,
  sum,
  text,
  toNumber,
  toStep,
  ZERO,
} from '../../../shared/kernel/decimal.ts';

const SCALE = 100_000_000n;
const LIMIT = 10n ** 24n;
const MODES: readonly RoundingMode[] = ['half-even', 'up', 'down', 'floor', 'ceil'];

const units = (least: bigint, most: bigint): fc.Arbitrary<Decimal> => fc.bigInt(least, most).map((value) => value as Decimal);
/** Small ones meet ties and exact quotients often, large ones leave the range of exact floats. */
const anyDecimal = fc.oneof(units(-40n, 40n), units(-1_000n * SCALE, 1_000n * SCALE), units(-LIMIT, LIMIT));
const nonZero = anyDecimal.filter((value) => value !== 0n);
const positive = fc.oneof(units(1n, 40n), units(1n, 1_000n * SCALE), units(1n, LIMIT));
const mode = fc.constantFrom(...MODES);

const magnitude = (value: bigint): bigint => (value < 0n ? -value : value);

/** Whether `q` is n/d rounded to a whole number in the mode, by the definition of the mode on the exact fraction. */
function isRounded(q: bigint, numerator: bigint, denominator: bigint, by: RoundingMode): boolean {
  const [n, d] = denominator < 0n ? [-numerator, -denominator] : [numerator, denominator];
  const rest = n - q * d;
  switch (by) {
    case 'floor':
      return rest >= 0n && rest < d;
    case 'ceil':
      return rest <= 0n && -rest < d;
    case 'down':
      return magnitude(q * d) <= magnitude(n) && magnitude(rest) < d;
    case 'up':
      return magnitude(q * d) >= magnitude(n) && magnitude(rest) < d;
    case 'half-even':
      return 2n * magnitude(rest) < d || (2n * magnitude(rest) === d && q % 2n === 0n);
  }
}

/** The shortest decimal string by its definition, in whole numbers. */
function textByDefinition(value: bigint): string {
  const digits = magnitude(value).toString().padStart(9, '0');
  return `${value < 0n ? '-' : ''}${digits.slice(0, -8)}.${digits.slice(-8)}`.replace(/\.?0+$/, '');
}

describe('a decimal as text', () => {
  const atTheEdge = fc.tuple(fc.constantFrom(2n ** 53n, -(2n ** 53n), SCALE, 10n ** 15n, 9n * 10n ** 15n), fc.bigInt(-300n, 300n));
  const shapes = fc.oneof(
    anyDecimal,
    atTheEdge.map(([edge, off]) => (edge + off) as Decimal),
  );

  it('is the shortest that tells the value, on both sides of what a float holds exactly', () => {
    fc.assert(
      fc.property(shapes, (value) => {
        expect(text(value)).toBe(textByDefinition(value));
        expect(decimal(text(value))).toBe(value);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('decimals', () => {
  it('read back what they wrote', () => {
    fc.assert(
      fc.property(anyDecimal, (a) => {
        expect(decimal(text(a))).toBe(a);
      }),
    );
  });

  it('write the shortest form: no sign of zero, no zeros around, no exponent', () => {
    fc.assert(
      fc.property(anyDecimal, (a) => {
        expect(text(a)).toMatch(/^(?:0|-?(?:0|[1-9]\d*)\.\d{0,7}[1-9]|-?[1-9]\d*)$/);
      }),
    );
  });

  it('read zeros before and after a number as nothing', () => {
    fc.assert(
      fc.property(anyDecimal, fc.nat(5), fc.nat(5), (a, before, after) => {
        const [, sign = '', whole, fraction = ''] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text(a)) ?? [];
        const padded = `${sign}${'0'.repeat(before)}${whole}.${fraction.padEnd(8, '0')}${'0'.repeat(after)}`;
        expect(decimal(padded)).toBe(a);
      }),
    );
  });

  it('survive the way through a float while they have 15 digits', () => {
    fc.assert(
      fc.property(units(-(10n ** 15n) + 1n, 10n ** 15n - 1n), (a) => {
        expect(fromNumber(toNumber(a))).toBe(a);
      }),
    );
  });
});

describe('sums of decimals', () => {
  it('are a commutative group', () => {
    fc.assert(
      fc.property(anyDecimal, anyDecimal, anyDecimal, (a, b, c) => {
        expect(add(a, b)).toBe(add(b, a));
        expect(add(add(a, b), c)).toBe(add(a, add(b, c)));
        expect(add(a, ZERO)).toBe(a);
        expect(add(a, negate(a))).toBe(ZERO);
        expect(subtract(a, b)).toBe(add(a, negate(b)));
        expect(sum([a, b, c])).toBe(add(a, add(b, c)));
      }),
    );
  });

  it('agree with the order', () => {
    fc.assert(
      fc.property(anyDecimal, anyDecimal, (a, b) => {
        expect(add(min(a, b), max(a, b))).toBe(add(a, b));
        expect(min(a, b) <= max(a, b)).toBe(true);
        expect(abs(a)).toBe(max(a, negate(a)));
      }),
    );
  });
});

describe('products and quotients of decimals', () => {
  it('are the exact fraction rounded once, in the named mode', () => {
    fc.assert(
      fc.property(anyDecimal, anyDecimal, mode, (a, b, by) => {
        expect(isRounded(multiply(a, b, by), a * b, SCALE, by)).toBe(true);
      }),
      { numRuns: 1_000 },
    );
    fc.assert(
      fc.property(anyDecimal, nonZero, mode, (a, b, by) => {
        expect(isRounded(divide(a, b, by), a * SCALE, b, by)).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });

  it('are commutative, odd in each factor, and leave one alone', () => {
    fc.assert(
      fc.property(anyDecimal, anyDecimal, fc.constantFrom<RoundingMode>('half-even', 'up', 'down'), (a, b, by) => {
        expect(multiply(a, b, by)).toBe(multiply(b, a, by));
        expect(multiply(negate(a), b, by)).toBe(negate(multiply(a, b, by)));
        expect(multiply(a, ONE, by)).toBe(a);
        expect(divide(a, ONE, by)).toBe(a);
      }),
    );
  });

  it('mirror floor and ceil in zero', () => {
    fc.assert(
      fc.property(anyDecimal, nonZero, (a, b) => {
        expect(divide(negate(a), b, 'floor')).toBe(negate(divide(a, b, 'ceil')));
        expect(multiply(negate(a), b, 'floor')).toBe(negate(multiply(a, b, 'ceil')));
      }),
    );
  });
});

describe('rounding to a step', () => {
  it('gives a multiple of the step that the mode names', () => {
    fc.assert(
      fc.property(anyDecimal, positive, mode, (a, step, by) => {
        const rounded = toStep(a, step, by);
        expect(rounded % step).toBe(0n);
        expect(isRounded(rounded / step, a, step, by)).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });

  it('changes nothing the second time, and keeps the order', () => {
    fc.assert(
      fc.property(anyDecimal, anyDecimal, positive, mode, (a, b, step, by) => {
        const rounded = toStep(a, step, by);
        expect(toStep(rounded, step, by)).toBe(rounded);
        expect(toStep(min(a, b), step, by) <= toStep(max(a, b), step, by)).toBe(true);
      }),
    );
  });
});

describe('a float made exact', () => {
  it('is the nearest decimal to the exact binary value, the even one of two', () => {
    const float = fc.oneof(
      fc.double({ min: -1e12, max: 1e12, noNaN: true }),
      fc.double({ min: -1e-6, max: 1e-6, noNaN: true }),
      fc.integer({ min: -1_000_000_000, max: 1_000_000_000 }).map((n) => n / 512),
    );
    fc.assert(
      fc.property(float, (value) => {
        const [numerator, denominator] = fraction(value);
        expect(isRounded(fromNumber(value), numerator * SCALE, denominator, 'half-even')).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });
});

/** A float as the exact fraction it is. */
function fraction(value: number): readonly [bigint, bigint] {
  let numerator = value;
  let denominator = 1n;
  while (!Number.isInteger(numerator)) {
    numerator *= 2;
    denominator *= 2n;
  }
  return [BigInt(numerator), denominator];
}
