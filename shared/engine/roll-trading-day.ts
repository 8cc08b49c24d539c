import { NSE_CALENDAR } from '../config/nse-calendar.ts';
import { DAY_MS, type EpochMs } from '../kernel/time.ts';
import type { Account } from '../ledger/account.ts';
import { type DayRoll, rollsDue } from '../market/calendar.ts';
import { applyCorporateActions } from './apply-corporate-actions.ts';
import { commitDecision } from './commit.ts';
import type { EngineContext } from './context.ts';
import { chainSourceOf, hasContracts } from './contracts/chain-source.ts';
import { withContracts } from './contracts/contracts-view.ts';
import { optionTermsIn } from './contracts/option-terms.ts';
import { decideRoll, type RollView } from './decide-roll.ts';
import { viewOf } from './market-view.ts';
import { riskModelNow } from './risk-models.ts';
import { tradingDateAt } from './sessions.ts';
import { perform, type Steps } from './steps.ts';

/**
 * Takes positions through the corporate actions of the day, and opens and closes the day's books when the calendar says so:
 * at the NSE open, and when the last price of the day is set.
 * It may be called at any time and often: each roll happens once, and one that was missed is made up for.
 */
export async function rollTradingDay(context: EngineContext, { atMs }: { readonly atMs: EpochMs }): Promise<{ readonly rolled: readonly string[] }> {
  const account = await context.accounts.active();
  if (account === null || account.scope !== context.world.scope) return { rolled: [] };
  const rolled: string[] = [...(await applyCorporateActions(context, account, atMs))];
  const due = dayRolls(account, atMs);
  if (due.length === 0) return { rolled };
  const chains = hasContracts(account) ? await chainSourceOf(context) : null;
  const market = withContracts(viewOf(await context.market.snapshot(context.world.scope), context.clock.now()), chains);
  const view: RollView = { ...market, risk: await riskModelNow(context), optionTermsOf: optionTermsIn(market) };
  rolled.push(...(await perform(rollDays(account, view, due), ({ sessionId, decide }) => commitDecision(context, sessionId, decide))));
  return { rolled };
}

/** The openings and closings of the books that an account has still to go through up to an instant. */
export const dayRolls = (account: Account, atMs: EpochMs): readonly DayRoll[] =>
  rollsDue(NSE_CALENDAR, account.day.openedMs, atMs).filter((roll) => !isDone(account, roll));

/** When `dayRolls` has something next. */
export function nextRollMs(account: Account): EpochMs {
  let untilMs = account.day.openedMs + DAY_MS;
  for (;;) {
    const [next] = dayRolls(account, untilMs);
    if (next !== undefined) return next.atMs;
    untilMs += DAY_MS;
  }
}

/** Opens and closes the books, each by a commit. Returns the commands that were committed. */
export function* rollDays(account: Account, view: RollView, due: readonly DayRoll[]): Steps<readonly string[]> {
  const rolled: string[] = [];
  for (const roll of due) {
    const id = `roll:${roll.kind}:${roll.date}:${roll.atMs}`;
    const result = yield {
      sessionId: account.sessionId,
      decide: (current) => (isDone(current, roll) ? null : { draft: decideRoll(current, view, roll, tradingDateAt(roll.atMs), id) }),
    };
    if (result.kind === 'committed') rolled.push(id);
  }
  return rolled;
}

function isDone(account: Pick<Account, 'day'>, roll: DayRoll): boolean {
  return roll.atMs <= account.day.openedMs || (roll.kind === 'open' && account.day.openEquity !== null);
}
