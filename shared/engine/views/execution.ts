import { resolveSymbol } from '../../config/instruments.ts';
import type { ExecuteAnswer } from '../../contracts/v8/execute-strategy.ts';
import { iso } from '../../kernel/time.ts';
import type { Timeframe } from '../../market/timeframe.ts';
import type { StrategyName } from '../../strategies/strategy.ts';
import type { EngineContext } from '../context.ts';
import type { ExecuteOutcome } from '../execute-strategy.ts';
import { viewOf } from '../market-view.ts';
import type { StoredOrder } from '../ports.ts';
import { decisionAnswer } from './decisions.ts';
import { orderAnswer } from './orders.ts';
import { positionAnswer } from './position.ts';
import { valuedAccount } from './valued-account.ts';

export interface Execution {
  readonly sessionId: string;
  readonly strategy: StrategyName;
  readonly symbol: string;
  readonly timeframe: Timeframe | null;
  readonly outcome: ExecuteOutcome;
  /** The order as last seen; null where none was placed. */
  readonly order: StoredOrder | null;
}

/** What a strategy that was asked saw, whether it traded, and if not why. */
export async function executionAnswer(context: EngineContext, execution: Execution): Promise<ExecuteAnswer> {
  const { sessionId, strategy, timeframe, outcome, order } = execution;
  const { scan, decision } = outcome;
  const quiet = quietOf(outcome);
  const account = await context.accounts.current(sessionId);
  const position = order === null ? undefined : account?.positions.get(order.order.positionId);
  return {
    success: true,
    sessionId,
    strategy,
    symbol: decision?.symbol ?? resolveSymbol(execution.symbol).symbol,
    timeframe,
    traded: order?.state === 'filled',
    why: whyOf(execution, quiet),
    decision: decision === null ? null : decisionAnswer(decision, scan),
    quiet,
    order: order === null ? null : orderAnswer(order, account, viewOf(await context.market.snapshot(context.world.scope), context.clock.now())),
    position: account === null || position === undefined ? null : positionAnswer(position, await valuedAccount(context, account)),
    evidence: decision?.quote?.evidence ?? null,
    scanId: scan.id,
    timestamp: iso(context.clock.now()),
  };
}

/** A repeated request finds the reason in the scan's record, which keeps no words beside it. */
function quietOf({ decision, quiet, scan }: ExecuteOutcome): ExecuteAnswer['quiet'] {
  if (decision !== null) return null;
  if (quiet !== null) return { reason: quiet.reason, why: quiet.why };
  return { reason: scan.quiet[0]?.reason ?? 'no_bars', why: null };
}

function whyOf({ outcome, order }: Execution, quiet: ExecuteAnswer['quiet']): string {
  if (quiet !== null) return quiet.why ?? quiet.reason;
  const saw = outcome.decision?.why ?? '';
  if (order === null) return saw;
  switch (order.state) {
    case 'filled':
      return saw;
    case 'accepted':
    case 'partially-filled':
    case 'resting':
      return `${saw} The order is working: it fills when the feed's next price reaches it.`;
    default:
      return `${saw} The order was ${order.state}: ${order.reason ?? 'no reason is recorded'}.`;
  }
}
