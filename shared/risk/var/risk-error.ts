import { NightdeskError } from '../../kernel/errors.ts';

export class RiskError extends NightdeskError<
  'bad_level' | 'bad_horizon' | 'no_scenarios' | 'unequal_lengths' | 'not_a_covariance' | 'unknown_factor'
> {}

/** @throws RiskError `bad_level` unless 0.5 < level < 1 */
export function requireLevel(level: number): void {
  if (level > 0.5 && level < 1) return;
  throw new RiskError('bad_level', `A confidence level is between 0.5 and 1, such as 0.95; received ${level}`, { level });
}
