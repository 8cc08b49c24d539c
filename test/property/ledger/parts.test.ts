import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Position } from '../../../shared/contracts/position.ts';
import { abs, type Decimal, multiply, multiplyDivide, subtract, sum } from '../../../shared/kernel/decimal.ts';
import { type PartOfEntry, partOfEntry, withoutPart } from '../../../shared/ledger/parts.ts';
import { withPosition } from '../../support/engine-fixtures.ts';

const AMOUNTS = ['cost', 'entryCash', 'entryCharges', 'entrySlippage', 'entryBetter', 'entryWorse'] as const;
const amount = (min: bigint, max: bigint): fc.Arbitrary<Decimal> => fc.bigInt({ min, max }).map((units) => units as Decimal);
const positive = amount(0n, 10n ** 16n);

const held: fc.Arbitrary<Position> = fc
  .record({
    quantity: amount(1n, 10n ** 15n),
    cost: positive,
    entryCash: amount(-(10n ** 16n), 10n ** 16n),
    entryCharges: positive,
    entrySlippage: positive,
    entryBetter: positive,
    entryWorse: positive,
  })
  .map((amounts) => {
    const [position] = withPosition().positions.values();
    if (position === undefined) throw new Error('A position was opened');
    return { ...position, ...amounts };
  });

/** A position taken apart in as many steps as there are shares, the last step taking what is left. */
function takenApart(position: Position, shares: readonly number[]): readonly PartOfEntry[] {
  const parts: PartOfEntry[] = [];
  let left = position;
  for (const share of shares) {
    const units = multiplyDivide(left.quantity, BigInt(share) as Decimal, 1_000n as Decimal, 'down');
    if (units <= 0n || units === left.quantity) continue;
    const part = partOfEntry(left, units);
    parts.push(part);
    left = { ...left, ...withoutPart(left, part), quantity: subtract(left.quantity, units) };
  }
  return [...parts, partOfEntry(left, left.quantity)];
}

describe('the parts of an entry', () => {
  const shares = fc.array(fc.integer({ min: 0, max: 1_000 }), { maxLength: 8 });

  it('add up to the whole, whatever the rounding', () => {
    fc.assert(
      fc.property(held, shares, (position, steps) => {
        const parts = takenApart(position, steps);
        for (const name of AMOUNTS) expect(sum(parts.map((part) => part[name]))).toBe(position[name]);
      }),
    );
  });

  it('are in proportion to their units but for a digit of the eighth place', () => {
    fc.assert(
      fc.property(held, fc.integer({ min: 1, max: 999 }), (position, share) => {
        const units = multiplyDivide(position.quantity, BigInt(share) as Decimal, 1_000n as Decimal, 'up');
        const part = partOfEntry(position, units);
        for (const name of AMOUNTS) {
          const off = abs(subtract(multiply(part[name], position.quantity), multiply(position[name], units)));
          // Half a digit of the part, times the quantity, and half a digit for each product.
          expect(2n * off <= multiply(1n as Decimal, position.quantity, 'up') + 4n).toBe(true);
        }
      }),
    );
  });
});
