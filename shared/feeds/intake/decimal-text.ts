const DOT = 46;
const ZERO = 48;
const NINE = 57;
const LONGEST = 40;

/**
 * A venue's decimal string ("61837.63000000") as a float, NaN for anything else: an empty text, a sign, an exponent,
 * hexadecimal, white space or a value that is no string. `Number` alone would read "" as 0 and "0x10" as 16.
 */
export function decimalText(value: unknown): number {
  if (typeof value !== 'string' || value.length === 0 || value.length > LONGEST) return Number.NaN;
  let dots = 0;
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i);
    if (code === DOT && i > 0 && i < value.length - 1) dots++;
    else if (code < ZERO || code > NINE) return Number.NaN;
  }
  return dots <= 1 ? Number(value) : Number.NaN;
}

const CSV_FORM = /^\d+(?:\.\d+)?(?:e[+-]?\d{1,2})?$/i;

/** A number of a CSV file, where small ones may be written with an exponent ("1e-05"); NaN for anything else. */
export const csvNumber = (text: string | undefined): number => (text !== undefined && CSV_FORM.test(text) ? Number(text) : Number.NaN);
