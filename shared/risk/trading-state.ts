import { allLimits } from '../config/risk.ts';
import { type Decimal, subtract, toNumber } from '../kernel/decimal.ts';
import { iso } from '../kernel/time.ts';
import type { Account } from '../ledger/account.ts';
import { dayLoss } from './day-loss.ts';
import { type GateRefusal, over, percent, refuse } from './refusal.ts';

/** `active`: entries pass the gate. `reducing`: a loss limit is passed, positions are only left. `halted`: by the kill switch. */
export type TradingState = 'active' | 'reducing' | 'halted';

/** How far equity has fallen from its highest mark, as a share of that; 0 at a new high. */
export function drawdownNow(account: Pick<Account, 'curve'>, equityNow: Decimal): number {
  const { peak } = account.curve;
  if (peak <= 0n) return equityNow <= 0n ? 1 : 0;
  return Math.max(0, toNumber(subtract(peak, equityNow)) / toNumber(peak));
}

/** The kill switch, which is read before every order. */
export function killed({ record }: Pick<Account, 'record'>): GateRefusal | null {
  return record.killedMs === null ? null : refuse('kill_switch', `The kill switch has been on since ${iso(record.killedMs)}: nothing is opened`);
}

/** A loss of the day or from the peak that has passed its limit; null while both are within. */
export function lossHalt(account: Pick<Account, 'day' | 'curve' | 'limits'>, equityNow: Decimal): GateRefusal | null {
  const { maxDailyLoss, maxDrawdown } = allLimits(account.limits);
  const loss = dayLoss(account.day.startEquity, equityNow);
  if (loss >= maxDailyLoss)
    return over('maxDailyLoss', loss, maxDailyLoss, `The day has lost ${percent(loss)} of its opening equity, the limit is ${percent(maxDailyLoss)}`);
  const drawdown = drawdownNow(account, equityNow);
  if (drawdown < maxDrawdown) return null;
  return over('maxDrawdown', drawdown, maxDrawdown, `Equity is ${percent(drawdown)} below its peak, the limit is ${percent(maxDrawdown)}`);
}

/** Whether an account opens positions now, and what keeps it from it. */
export function tradingState(account: Account, equityNow: Decimal): { readonly state: TradingState; readonly because: GateRefusal | null } {
  const kill = killed(account);
  if (kill !== null) return { state: 'halted', because: kill };
  const halt = lossHalt(account, equityNow);
  return { state: halt === null ? 'active' : 'reducing', because: halt };
}
