import type { ChargeAmount, Position, Realised } from '../contracts/position.ts';
import { add, type Decimal, multiplyDivide, subtract, ZERO } from '../kernel/decimal.ts';

/** What belongs to a number of a position's units. */
export type PartOfEntry = Pick<
  Position,
  'cost' | 'entryCash' | 'entryCharges' | 'entrySlippage' | 'entryBetter' | 'entryWorse' | 'margin' | 'funding'
>;

/**
 * The share of an entry that belongs to `units` of the units held. All of them get what is left to the last digit, so that
 * parts add up to the whole whatever the rounding.
 */
export function partOfEntry(position: Position, units: Decimal): PartOfEntry {
  const { quantity } = position;
  const of = (amount: Decimal): Decimal => (units === quantity ? amount : multiplyDivide(amount, units, quantity));
  return {
    cost: of(position.cost),
    entryCash: of(position.entryCash),
    entryCharges: of(position.entryCharges),
    entrySlippage: of(position.entrySlippage),
    entryBetter: of(position.entryBetter),
    entryWorse: of(position.entryWorse),
    ...(position.margin === undefined ? {} : { margin: of(position.margin) }),
    ...(position.funding === undefined ? {} : { funding: of(position.funding) }),
  };
}

/** What is left of an entry when a part of it is gone. */
export function withoutPart(position: Position, part: PartOfEntry): PartOfEntry {
  return {
    cost: subtract(position.cost, part.cost),
    entryCash: subtract(position.entryCash, part.entryCash),
    entryCharges: subtract(position.entryCharges, part.entryCharges),
    entrySlippage: subtract(position.entrySlippage, part.entrySlippage),
    entryBetter: subtract(position.entryBetter, part.entryBetter),
    entryWorse: subtract(position.entryWorse, part.entryWorse),
    ...(position.margin === undefined ? {} : { margin: subtract(position.margin, part.margin ?? ZERO) }),
    ...(position.funding === undefined ? {} : { funding: subtract(position.funding, part.funding ?? ZERO) }),
  };
}

/** The results of two parts together. */
export function addRealised(a: Realised, b: Realised): Realised {
  return {
    price: add(a.price, b.price),
    currency: add(a.currency, b.currency),
    charges: add(a.charges, b.charges),
    slippage: add(a.slippage, b.slippage),
    ...(a.funding === undefined && b.funding === undefined ? {} : { funding: add(a.funding ?? ZERO, b.funding ?? ZERO) }),
    net: add(a.net, b.net),
    better: add(a.better, b.better),
    worse: add(a.worse, b.worse),
  };
}

/** Charges of two fills, line by line. */
export function addCharges(a: readonly ChargeAmount[], b: readonly ChargeAmount[]): readonly ChargeAmount[] {
  const sums = new Map<string, ChargeAmount>();
  for (const charge of [...a, ...b]) {
    const key = `${charge.line} ${charge.taken?.currency ?? ''}`;
    const known = sums.get(key);
    sums.set(key, known === undefined ? charge : together(known, charge));
  }
  return [...sums.values()];
}

function together(a: ChargeAmount, b: ChargeAmount): ChargeAmount {
  const amount = add(a.amount, b.amount);
  if (a.taken === undefined || b.taken === undefined) return { line: a.line, amount };
  return { line: a.line, amount, taken: { currency: a.taken.currency, amount: add(a.taken.amount, b.taken.amount) } };
}
