import { NightdeskError } from './errors.ts';

/** Exact decimal number: a BigInt counting units of 1e-8. Money, prices and quantities of the ledger are of this type. */
export type Decimal = bigint & { readonly __decimal: true };

export type RoundingMode = 'half-even' | 'up' | 'down' | 'floor' | 'ceil';

export class DecimalError extends NightdeskError<'not_a_decimal' | 'division_by_zero' | 'bad_step'> {}

const PLACES = 8;
const SCALE = 100_000_000n;
const SCALE_UNITS = 1e8;
const FORM = /^-?\d+(?:\.\d+)?$/;

const of = (units: bigint): Decimal => units as Decimal;

export const ZERO: Decimal = of(0n);
export const ONE: Decimal = of(SCALE);

/**
 * Reads a decimal string ("-12.5", "0.00000001"). Digits past the eighth place must be zeros: a value that
 * cannot be kept exactly is an error, never silently rounded.
 * @throws DecimalError `not_a_decimal`
 */
export function decimal(text: string): Decimal {
  if (!FORM.test(text))
    throw new DecimalError('not_a_decimal', `Expected a decimal number such as "12.5", received ${JSON.stringify(text)}`, { text });
  const negative = text.startsWith('-');
  const [whole = '0', fraction = ''] = (negative ? text.slice(1) : text).split('.');
  if (/[1-9]/.test(fraction.slice(PLACES))) {
    throw new DecimalError('not_a_decimal', `At most ${PLACES} decimal places can be kept exactly, received ${text}`, { text });
  }
  const units = BigInt(whole) * SCALE + BigInt(fraction.slice(0, PLACES).padEnd(PLACES, '0'));
  return of(negative ? -units : units);
}

/** The shortest decimal string of the value: what goes on the wire and into the store. */
export function text(value: Decimal): string {
  const units = Number(value);
  return units <= Number.MAX_SAFE_INTEGER && units >= Number.MIN_SAFE_INTEGER ? textOfUnits(units) : textOfDigits(value);
}

// Whole numbers up to 2^53 - 1 are exact as floats, and so are the products and differences below: nearly every amount is one, and
// floats are several times as fast as BigInts.
function textOfUnits(units: number): string {
  const size = Math.abs(units);
  let whole = Math.floor(size / SCALE_UNITS);
  let rest = size - whole * SCALE_UNITS;
  // The quotient may have been rounded up to the next whole number.
  if (rest < 0) {
    whole -= 1;
    rest += SCALE_UNITS;
  }
  const sign = units < 0 ? '-' : '';
  if (rest === 0) return `${sign}${whole}`;
  let places = PLACES;
  for (; rest % 10 === 0; rest /= 10) places -= 1;
  const digits = `${rest}`;
  return `${sign}${whole}.${ZEROS[places - digits.length]}${digits}`;
}

const ZEROS = ['', '0', '00', '000', '0000', '00000', '000000', '0000000'] as const;

function textOfDigits(value: bigint): string {
  const digits = (value < 0n ? -value : value).toString();
  const fraction = withoutLastZeros(digits.slice(-PLACES));
  return `${value < 0n ? '-' : ''}${digits.slice(0, -PLACES)}${fraction === '' ? '' : `.${fraction}`}`;
}

function withoutLastZeros(digits: string): string {
  let end = digits.length;
  while (digits[end - 1] === '0') end -= 1;
  return digits.slice(0, end);
}

/** The value as a float, for indicators, models, statistics and display; never fed back into the ledger. */
export function toNumber(value: Decimal): number {
  return Number(value) / 1e8;
}

/**
 * A float rounded half-even to 8 places: the one door from model numbers into exact ones; venue grids are applied after it.
 * @throws DecimalError `not_a_decimal` for NaN and infinities
 */
export function fromNumber(value: number): Decimal {
  const units = value * SCALE_UNITS;
  const nearest = Math.round(units);
  // The product is off by half of its last bit at most: what is further from a half than twice that is rounded as the exact one is.
  if (Math.abs(units - nearest) < 0.5 - Math.abs(units) * Number.EPSILON) return of(BigInt(nearest));
  return roundedByText(value);
}

function roundedByText(value: number): Decimal {
  if (!Number.isFinite(value)) throw new DecimalError('not_a_decimal', `Expected a finite number, received ${value}`, { value });
  // toFixed rounds ties away from zero. A float lies half-way between two eighth places only as an odd multiple of 1/512.
  const isTie = Math.abs((value * 512) % 2) === 1;
  if (isTie) return of(divideInteger(BigInt(value.toFixed(PLACES + 1).replace('.', '')), 10n, 'half-even'));
  const fixed = value.toFixed(PLACES);
  // With all its places written out a number without its point counts units; larger ones are written with an exponent.
  return Math.abs(value) < MOST_FIXED ? of(BigInt(fixed.slice(0, -PLACES - 1) + fixed.slice(-PLACES))) : decimal(fixed);
}

const MOST_FIXED = 1e21;

export const add = (a: Decimal, b: Decimal): Decimal => of(a + b);
export const subtract = (a: Decimal, b: Decimal): Decimal => of(a - b);
export const negate = (a: Decimal): Decimal => of(-a);
export const abs = (a: Decimal): Decimal => of(a < 0n ? -a : a);
export const min = (a: Decimal, b: Decimal): Decimal => (a < b ? a : b);
export const max = (a: Decimal, b: Decimal): Decimal => (a > b ? a : b);
export const sum = (values: Iterable<Decimal>): Decimal => {
  let total = 0n;
  for (const value of values) total += value;
  return of(total);
};

/** Product rounded to 8 places. */
export const multiply = (a: Decimal, b: Decimal, mode: RoundingMode = 'half-even'): Decimal => of(divideInteger(a * b, SCALE, mode));

/**
 * a x b / c rounded once, to 8 places: a proportion of an amount.
 * @throws DecimalError `division_by_zero`
 */
export function multiplyDivide(a: Decimal, b: Decimal, c: Decimal, mode: RoundingMode = 'half-even'): Decimal {
  if (c === 0n) throw new DecimalError('division_by_zero', `Cannot divide ${text(a)} x ${text(b)} by zero`, { a: text(a), b: text(b) });
  return of(divideInteger(a * b, c, mode));
}

/**
 * Quotient rounded to 8 places.
 * @throws DecimalError `division_by_zero`
 */
export function divide(a: Decimal, b: Decimal, mode: RoundingMode = 'half-even'): Decimal {
  if (b === 0n) throw new DecimalError('division_by_zero', `Cannot divide ${text(a)} by zero`, { a: text(a) });
  return of(divideInteger(a * SCALE, b, mode));
}

/**
 * The nearest multiple of `step` under the named mode: venue tick, lot, currency minor unit.
 * @throws DecimalError `bad_step` when step is not positive
 */
export function toStep(value: Decimal, step: Decimal, mode: RoundingMode): Decimal {
  if (step <= 0n) throw new DecimalError('bad_step', `A step must be positive, received ${text(step)}`, { step: text(step) });
  return of(divideInteger(value, step, mode) * step);
}

function divideInteger(numerator: bigint, denominator: bigint, mode: RoundingMode): bigint {
  const [n, d] = denominator < 0n ? [-numerator, -denominator] : [numerator, denominator];
  const quotient = n / d;
  const remainder = n % d;
  if (remainder === 0n) return quotient;
  const away = n < 0n ? -1n : 1n;
  switch (mode) {
    case 'down':
      return quotient;
    case 'up':
      return quotient + away;
    case 'floor':
      return n < 0n ? quotient - 1n : quotient;
    case 'ceil':
      return n < 0n ? quotient : quotient + 1n;
    case 'half-even': {
      const twice = 2n * (remainder < 0n ? -remainder : remainder);
      if (twice !== d) return twice > d ? quotient + away : quotient;
      return quotient % 2n === 0n ? quotient : quotient + away;
    }
  }
}
