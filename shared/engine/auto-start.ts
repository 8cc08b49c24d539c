import { NO_AUTO_START } from '../config/auto-start.ts';
import { NSE_CALENDAR } from '../config/nse-calendar.ts';
import { fromNumber } from '../kernel/decimal.ts';
import { DAY_MS, type EpochMs } from '../kernel/time.ts';
import { marketPhase, rollsDue } from '../market/calendar.ts';
import type { EngineContext } from './context.ts';
import { EngineError } from './errors.ts';
import { startSession, tradingDateAt } from './sessions.ts';

/** Longest span without a roll of the trading day that is looked back over: every day closes once. */
const LOOK_BACK_MS = 2 * DAY_MS;

/**
 * Starts a session when the settings let one start by itself, none runs, and none was stopped in the present trading day: what
 * somebody stopped stays stopped until the next one. `nse` starts while NSE is open, `always` at any time. It may be called at
 * any time, often, and by several at once: one session comes of it. The day's books are closed by `rollTradingDay`; the session
 * goes on, because positions may be held overnight.
 */
export async function startByItself(context: EngineContext, { atMs }: { readonly atMs: EpochMs }): Promise<{ readonly started: string | null }> {
  const { when, strategies, startingCapital, riskLimits } = context.settings.autoStart ?? NO_AUTO_START;
  if (when === 'off' || (when === 'nse' && !marketPhase(NSE_CALENDAR, 'NSE', atMs).isOpen)) return { started: null };
  if ((await context.accounts.active()) !== null) return { started: null };
  if (await wasStoppedSince(context, dayBeganAt(when, atMs))) return { started: null };
  try {
    const limits = Object.fromEntries(Object.entries(riskLimits).filter(([, limit]) => limit !== undefined));
    const request = { startingCapital: fromNumber(startingCapital), strategies, riskLimits: limits };
    const { account } = await startSession(context, request, `auto-start ${tradingDateAt(atMs)}`);
    return { started: account.sessionId };
  } catch (error) {
    // Another run, or a person, was quicker: there is a session, which is what was wanted.
    if (error instanceof EngineError && error.code === 'already_active') return { started: null };
    throw error;
  }
}

/** The trading day of `nse` begins at its open, that of `always` at the close before. */
function dayBeganAt(when: 'nse' | 'always', atMs: EpochMs): EpochMs {
  const rolls = rollsDue(NSE_CALENDAR, atMs - LOOK_BACK_MS, atMs);
  return rolls.findLast(({ kind }) => kind === (when === 'nse' ? 'open' : 'close'))?.atMs ?? atMs;
}

async function wasStoppedSince({ ledger, accounts }: EngineContext, sinceMs: EpochMs): Promise<boolean> {
  const [newest] = await ledger.sessions();
  const account = newest === undefined ? null : await accounts.current(newest.sessionId);
  return account !== null && account.stoppedMs !== null && account.stoppedMs >= sinceMs;
}
