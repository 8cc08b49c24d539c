import type { Fill } from '../contracts/fill.ts';
import type { ClosedSoFar, Position } from '../contracts/position.ts';
import { add, multiply, subtract, ZERO } from '../kernel/decimal.ts';
import { LedgerError } from './account.ts';
import { addCharges, addRealised, partOfEntry, withoutPart } from './parts.ts';

/** The position after a fill of its exit that leaves some of it. */
export function reduced(held: Position, fill: Fill): Position {
  const gone = add(fill.quantity, fill.unitsLost);
  const part = partOfEntry(held, gone);
  return { ...held, ...withoutPart(held, part), version: held.version + 1, quantity: subtract(held.quantity, gone), closed: closedWith(held, fill) };
}

/** What of a position is closed when a fill of its exit is counted in. */
export function closedWith(held: Position, fill: Fill): ClosedSoFar {
  if (fill.realised === null) throw new LedgerError('unknown_position', `Exit ${fill.id} says nothing of its result`);
  const before = held.closed;
  const { entryCharges } = partOfEntry(held, add(fill.quantity, fill.unitsLost));
  return {
    quantity: add(before?.quantity ?? ZERO, fill.quantity),
    notional: add(before?.notional ?? ZERO, multiply(fill.quantity, fill.price)),
    charges: addCharges(before?.charges ?? [], fill.charges),
    entryCharges: add(before?.entryCharges ?? ZERO, entryCharges),
    realised: before === null ? fill.realised : addRealised(before.realised, fill.realised),
  };
}
