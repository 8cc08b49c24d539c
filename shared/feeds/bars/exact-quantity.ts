/**
 * A sum of quantities as whole units and 1e-8 parts, both safe integers: exact where one float, or one integer count of
 * 1e-8, is not (a busy minute of DOGE passes 2^53 of them).
 */
export interface ExactQuantity {
  readonly whole: number;
  /** 0 to 99,999,999. */
  readonly parts: number;
}

const PARTS = 100_000_000;
const PLACES = 8;

export const NO_QUANTITY: ExactQuantity = { whole: 0, parts: 0 };

/** The sum after one more quantity, which the venue told with at most 8 decimal places. */
export function addQuantity({ whole, parts }: ExactQuantity, quantity: number): ExactQuantity {
  const floor = Math.floor(quantity);
  const sum = parts + Math.round((quantity - floor) * PARTS);
  const carry = Math.floor(sum / PARTS);
  return { whole: whole + floor + carry, parts: sum - carry * PARTS };
}

/** The float nearest to the sum: the one that parsing the venue's decimal text gives. */
export function quantityNumber({ whole, parts }: ExactQuantity): number {
  return Number(`${whole}.${String(parts).padStart(PLACES, '0')}`);
}
