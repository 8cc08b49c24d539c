import { NSE_CALENDAR } from '../config/nse-calendar.ts';
import type { EpochMs } from '../kernel/time.ts';
import type { Account } from '../ledger/account.ts';
import { type DayRoll, rollsDue } from '../market/calendar.ts';
import { applyCorporateActions } from './apply-corporate-actions.ts';
import { commitDecision } from './commit.ts';
import type { EngineContext } from './context.ts';
import { decideRoll } from './decide-roll.ts';
import { viewOf } from './market-view.ts';
import { riskModelNow } from './risk-models.ts';
import { tradingDateAt } from './sessions.ts';

/**
 * Takes positions through the corporate actions of the day, and opens and closes the day's books when the calendar says so:
 * at the NSE open, and when the last price of the day is set.
 * It may be called at any time and often: each roll happens once, and one that was missed is made up for.
 */
export async function rollTradingDay(context: EngineContext, { atMs }: { readonly atMs: EpochMs }): Promise<{ readonly rolled: readonly string[] }> {
  const account = await context.accounts.active();
  if (account === null || account.scope !== context.world.scope) return { rolled: [] };
  const rolled: string[] = [...(await applyCorporateActions(context, account, atMs))];
  for (const roll of rollsDue(NSE_CALENDAR, account.day.openedMs, atMs)) {
    const id = `roll:${roll.kind}:${roll.date}:${roll.atMs}`;
    const snapshot = await context.market.snapshot(context.world.scope);
    const view = { ...viewOf(snapshot, context.clock.now()), risk: await riskModelNow(context) };
    const result = await commitDecision(context, account.sessionId, (current) =>
      isDone(current, roll) ? null : { draft: decideRoll(current, view, roll, tradingDateAt(roll.atMs), id) },
    );
    if (result.kind === 'committed') rolled.push(id);
  }
  return { rolled };
}

function isDone(account: Account, roll: DayRoll): boolean {
  return roll.atMs <= account.day.openedMs || (roll.kind === 'open' && account.day.openEquity !== null);
}
