import type { MarketSnapshot } from '../../contracts/market-snapshot.ts';
import type { SessionStats } from '../../contracts/v8/status.ts';
import { type Decimal, subtract, toNumber } from '../../kernel/decimal.ts';
import { iso } from '../../kernel/time.ts';
import { type Account, equity, type MarkOf, type RateOf } from '../../ledger/account.ts';
import type { EngineContext } from '../context.ts';
import { chainSourceOf, hasContracts } from '../contracts/chain-source.ts';
import { type ContractsView, withContracts } from '../contracts/contracts-view.ts';
import { viewOf } from '../market-view.ts';
import type { ChainSource } from '../ports.ts';
import { marksOf, ratesOf } from '../valuation.ts';

/** An account with the prices of its own world, valued by the rule that the risk gate and the equity marks use. */
export interface ValuedAccount {
  readonly account: Account;
  readonly view: ContractsView;
  readonly markOf: MarkOf;
  readonly rateOf: RateOf;
  readonly equity: Decimal;
}

/** Values an account at the newest prices of the world that it trades in, which need not be the one that runs now. */
export async function valuedAccount(context: EngineContext, account: Account): Promise<ValuedAccount> {
  const chains = account.scope === context.world.scope && hasContracts(account) ? await chainSourceOf(context) : null;
  return valuedWith(account, await context.market.snapshot(account.scope), context.clock.now(), chains);
}

/** The same with a snapshot that was read already. */
export function valuedWith(account: Account, snapshot: MarketSnapshot | null, nowMs: number, chains: ChainSource | null = null): ValuedAccount {
  return valuedIn(account, withContracts(viewOf(snapshot, nowMs), chains));
}

/** The same in a market that is known. */
export function valuedIn(account: Account, view: ContractsView): ValuedAccount {
  const [markOf, rateOf] = [marksOf(view), ratesOf(view)];
  return { account, view, markOf, rateOf, equity: equity(account, markOf, rateOf) };
}

/** The given counters of a session; all null where there is none. */
export function sessionStatsOf(valued: ValuedAccount | null): SessionStats {
  if (valued === null) return { tradesExecuted: null, winningTrades: null, totalPnL: null, startTime: null };
  const { account } = valued;
  return {
    tradesExecuted: account.totals.trades,
    winningTrades: account.totals.wins,
    totalPnL: toNumber(subtract(valued.equity, account.startingCapital)),
    startTime: iso(account.startedMs),
  };
}
