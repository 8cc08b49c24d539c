import { PARTICIPATION } from '../config/execution.ts';
import type { Taking } from '../contracts/fill.ts';
import { add, type Decimal, fromNumber, max, subtract, ZERO } from '../kernel/decimal.ts';

/**
 * Units that an account may still trade in a market where no depth is known: a share of what trades in a minute, less what it
 * took within the last one, on either side.
 *
 *   allowance = participation x minute volume - taken
 *
 * @param minuteVolume  mean volume a minute, units of the base; null where it is unknown: then nothing limits, and impact is by size
 * @returns null for no limit, never negative
 */
export function allowance(minuteVolume: number | null, takings: readonly Taking[], participation = PARTICIPATION): Decimal | null {
  if (minuteVolume === null || !(minuteVolume > 0)) return null;
  const taken = takings.reduce((total, taking) => add(total, taking.quantity), ZERO);
  return max(ZERO, subtract(fromNumber(minuteVolume * participation), taken));
}
