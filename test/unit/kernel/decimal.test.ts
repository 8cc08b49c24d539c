import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  abs,
  add,
  type Decimal,
  DecimalError,
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

const codeOf = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    if (error instanceof DecimalError) return error.code;
    throw error;
  }
  return 'nothing was thrown';
};

describe('a decimal', () => {
  it.each([
    ['0', 0n, '0'],
    ['-0', 0n, '0'],
    ['0.00', 0n, '0'],
    ['1', 100_000_000n, '1'],
    ['-1', -100_000_000n, '-1'],
    ['00012.50', 1_250_000_000n, '12.5'],
    ['0.00000001', 1n, '0.00000001'],
    ['-0.00000001', -1n, '-0.00000001'],
    ['-0.5', -50_000_000n, '-0.5'],
    ['1.2300000000000', 123_000_000n, '1.23'],
    ['100000', 10_000_000_000_000n, '100000'],
    ['123456789012345678901234567890.12345678', 12345678901234567890123456789012345678n, '123456789012345678901234567890.12345678'],
  ])('reads %s as %s units and writes it as %s', (input, units, output) => {
    expect(decimal(input)).toBe(units);
    expect(text(decimal(input))).toBe(output);
  });

  it.each(['', ' ', '1 ', ' 1', '+1', '.5', '5.', '1,000', '1e3', '1e-9', '0x10', 'NaN', 'Infinity', '--1', '1.2.3', '1n', '١', '1\n'])(
    'refuses %j, which is not a decimal',
    (input) => {
      expect(codeOf(() => decimal(input))).toBe('not_a_decimal');
    },
  );

  it('refuses what it could not keep exactly, and says what it received', () => {
    expect(() => decimal('0.000000001')).toThrow('At most 8 decimal places can be kept exactly, received 0.000000001');
    expect(codeOf(() => decimal('1.123456789'))).toBe('not_a_decimal');
  });

  it('carries the text it refused', () => {
    try {
      decimal('twelve');
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({ name: 'DecimalError', code: 'not_a_decimal', context: { text: 'twelve' } });
    }
  });
});

describe('decimal arithmetic', () => {
  it('is exact where floats are not', () => {
    expect(text(add(decimal('0.1'), decimal('0.2')))).toBe('0.3');
    expect(text(subtract(decimal('100000.03'), decimal('99999.99')))).toBe('0.04');
    expect(text(multiply(decimal('1.1'), decimal('1.1')))).toBe('1.21');
    expect(text(sum(Array.from({ length: 10 }, () => decimal('0.1'))))).toBe('1');
  });

  it('knows signs, magnitudes and the empty sum', () => {
    expect(text(negate(decimal('2.5')))).toBe('-2.5');
    expect(text(abs(decimal('-2.5')))).toBe('2.5');
    expect(min(ZERO, ONE)).toBe(ZERO);
    expect(max(ZERO, ONE)).toBe(ONE);
    expect(min(decimal('-2'), decimal('-1'))).toBe(decimal('-2'));
    expect(sum([])).toBe(ZERO);
  });

  it('refuses to divide by zero and to round to a step that is not positive', () => {
    expect(codeOf(() => divide(ONE, ZERO))).toBe('division_by_zero');
    expect(codeOf(() => divide(ZERO, ZERO))).toBe('division_by_zero');
    expect(codeOf(() => toStep(ONE, ZERO, 'down'))).toBe('bad_step');
    expect(codeOf(() => toStep(ONE, decimal('-0.05'), 'down'))).toBe('bad_step');
  });
});

const MODES: readonly RoundingMode[] = ['half-even', 'up', 'down', 'floor', 'ceil'];

describe('rounding', () => {
  // In the order of MODES.
  const toWhole: readonly (readonly [string, readonly string[]])[] = [
    ['2.5', ['2', '3', '2', '2', '3']],
    ['3.5', ['4', '4', '3', '3', '4']],
    ['-2.5', ['-2', '-3', '-2', '-3', '-2']],
    ['-3.5', ['-4', '-4', '-3', '-4', '-3']],
    ['2.50000001', ['3', '3', '2', '2', '3']],
    ['2.49999999', ['2', '3', '2', '2', '3']],
    ['-2.50000001', ['-3', '-3', '-2', '-3', '-2']],
    ['0.5', ['0', '1', '0', '0', '1']],
    ['-0.5', ['0', '-1', '0', '-1', '0']],
    ['0.00000001', ['0', '1', '0', '0', '1']],
    ['-0.00000001', ['0', '-1', '0', '-1', '0']],
    ['7', ['7', '7', '7', '7', '7']],
    ['-7', ['-7', '-7', '-7', '-7', '-7']],
    ['0', ['0', '0', '0', '0', '0']],
  ];

  it.each(toWhole.flatMap(([value, results]) => MODES.map((mode, i) => [value, mode, results[i]] as const)))(
    'of %s to whole numbers is, %s, %s',
    (value, mode, result) => {
      expect(text(toStep(decimal(value), ONE, mode))).toBe(result);
    },
  );

  it.each([
    ['2456.78', '0.05', 'floor', '2456.75'],
    ['2456.78', '0.05', 'ceil', '2456.8'],
    ['2456.775', '0.05', 'half-even', '2456.8'],
    ['2456.725', '0.05', 'half-even', '2456.7'],
    ['0.123456', '0.00001', 'down', '0.12345'],
    ['137', '75', 'down', '75'],
    ['74.99999999', '75', 'down', '0'],
    ['1', '0.3', 'half-even', '0.9'],
  ] as const)('of %s to the step %s is, %s, %s', (value, step, mode, result) => {
    expect(text(toStep(decimal(value), decimal(step), mode))).toBe(result);
  });

  // The exact product and quotient end in half a unit of the eighth place, or beside it.
  it.each(MODES.map((mode, i) => [mode, ['0.00000002', '0.00000003', '0.00000002', '0.00000002', '0.00000003'][i]] as const))(
    'of a product half-way between two units is, %s, %s',
    (mode, result) => {
      expect(text(multiply(decimal('0.00000005'), decimal('0.5'), mode))).toBe(result);
    },
  );

  it.each(MODES.map((mode, i) => [mode, ['-0.33333333', '-0.33333334', '-0.33333333', '-0.33333334', '-0.33333333'][i]] as const))(
    'of one divided by minus three is, %s, %s',
    (mode, result) => {
      expect(text(divide(ONE, decimal('-3'), mode))).toBe(result);
      expect(text(divide(decimal('-1'), decimal('3'), mode))).toBe(result);
    },
  );

  it('is half-even where no mode is named', () => {
    expect(text(multiply(decimal('0.00000005'), decimal('0.5')))).toBe('0.00000002');
    expect(text(multiply(decimal('0.00000007'), decimal('0.5')))).toBe('0.00000004');
    expect(text(divide(decimal('0.00000005'), decimal('2')))).toBe('0.00000002');
    expect(text(divide(decimal('0.00000007'), decimal('2')))).toBe('0.00000004');
  });
});

describe('an amount as text', () => {
  it('has the digits of its units, without the zeros at the end', () => {
    const units = fc.oneof(fc.bigInt({ min: -(2n ** 53n), max: 2n ** 53n }), fc.bigInt({ min: -(10n ** 24n), max: 10n ** 24n }), aroundWhole);
    fc.assert(
      fc.property(units, (value) => void expect(text(value as Decimal)).toBe(digitsOf(value))),
      { numRuns: 5_000 },
    );
  });
});

/** Where a quotient of floats is rounded to the next whole number. */
const aroundWhole = fc
  .tuple(fc.bigInt({ min: 0n, max: 90_071_992n }), fc.bigInt({ min: -2n, max: 2n }))
  .map(([whole, units]) => whole * 100_000_000n + units);

function digitsOf(units: bigint): string {
  const digits = (units < 0n ? -units : units).toString().padStart(9, '0');
  const fraction = digits.slice(-8).replace(/0+$/, '');
  return `${units < 0n ? '-' : ''}${digits.slice(0, -8)}${fraction === '' ? '' : `.${fraction}`}`;
}

describe('a float made exact', () => {
  it.each([
    [0, '0'],
    [-0, '0'],
    [0.1, '0.1'],
    [0.1 + 0.2, '0.3'],
    [-1234.5, '-1234.5'],
    [1e-9, '0'],
    [6e-9, '0.00000001'],
    [2 ** 53, '9007199254740992'],
    // Half-way floats: odd multiples of 1/512.
    [0.001953125, '0.00195312'],
    [0.005859375, '0.00585938'],
    [-0.001953125, '-0.00195312'],
    [-0.005859375, '-0.00585938'],
    [67_123.001953125, '67123.00195312'],
    // 5e-9 is no tie: its binary value lies beside the middle.
    [5e-9, '0.00000001'],
  ])('%d becomes %s', (value, result) => {
    expect(text(fromNumber(value))).toBe(result);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e21, Number.MAX_VALUE])('refuses %d', (value) => {
    expect(codeOf(() => fromNumber(value))).toBe('not_a_decimal');
  });

  it('is rounded as its own binary value is, also beside the middle of two units', () => {
    // Tenths of a unit around a middle, and whatever float.
    const besideMiddle = fc.tuple(fc.integer({ min: -(2 ** 52), max: 2 ** 52 }), fc.integer({ min: -3, max: 3 })).map(([units, ulps]) => {
      const middle = (units + 0.5) / 1e8;
      return middle + ulps * 2 ** (Math.floor(Math.log2(Math.abs(middle))) - 52);
    });
    const amounts = fc.oneof(besideMiddle, fc.double({ min: -1e9, max: 1e9, noNaN: true }), fc.double({ min: -1e-6, max: 1e-6, noNaN: true }));
    fc.assert(
      fc.property(amounts, (value) => void expect(fromNumber(value)).toBe(unitsNearest(value))),
      { numRuns: 5_000 },
    );
  });

  it('goes back to the float it shows', () => {
    expect(toNumber(decimal('67123.45'))).toBe(67_123.45);
    expect(toNumber(decimal('-0.00000001'))).toBe(-1e-8);
    const asFloat: number = toNumber(ZERO as Decimal);
    expect(asFloat).toBe(0);
  });
});

/** A float is a whole number times a power of two: its nearest unit, half to even, in whole numbers alone. */
function unitsNearest(value: number): bigint {
  const exponent = value === 0 ? 0 : Math.floor(Math.log2(Math.abs(value))) - 54;
  // What is left of the point after so many doublings is nothing: the product is exact.
  const mantissa = BigInt(exponent < -1_000 ? 0 : value * 2 ** -exponent);
  const [top, bottom] = exponent >= 0 ? [mantissa * 2n ** BigInt(exponent), 1n] : [mantissa, 2n ** BigInt(-exponent)];
  const size = (top < 0n ? -top : top) * 100_000_000n;
  const [whole, twice] = [size / bottom, 2n * (size % bottom)];
  const isUp = twice > bottom || (twice === bottom && whole % 2n === 1n);
  const units = isUp ? whole + 1n : whole;
  return top < 0n ? -units : units;
}
