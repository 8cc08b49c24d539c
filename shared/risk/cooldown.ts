import { allLimits } from '../config/risk.ts';
import { iso, MINUTE_MS } from '../kernel/time.ts';
import { recordOf } from '../ledger/trading-record.ts';
import type { StrategyName } from '../strategies/strategy.ts';
import type { EntryFacts } from './entry-checks.ts';
import { type GateRefusal, over } from './refusal.ts';

/** A strategy that has lost several times in a row waits: what it looks for may not be there today. A structure is one trade. */
export function hasCooledDown({
  account,
  strategy,
  nowMs,
}: Pick<EntryFacts, 'account' | 'nowMs'> & { readonly strategy: StrategyName }): GateRefusal | null {
  const { maxConsecutiveLosses, cooldownMinutes } = allLimits(account.limits);
  const { lossesInARow, lastLossMs } = recordOf(account.record, strategy);
  const untilMs = (lastLossMs ?? 0) + cooldownMinutes * MINUTE_MS;
  if (lossesInARow < maxConsecutiveLosses || nowMs >= untilMs) return null;
  const why = `${strategy} has lost ${lossesInARow} times in a row and pauses until ${iso(untilMs)}`;
  return over('maxConsecutiveLosses', lossesInARow, maxConsecutiveLosses, why);
}
