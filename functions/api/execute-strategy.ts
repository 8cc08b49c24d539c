import type { ExecuteAnswer } from '../../shared/contracts/v8/execute-strategy.ts';
import type { EngineContext } from '../../shared/engine/context.ts';
import { executeStrategy } from '../../shared/engine/execute-strategy.ts';
import type { StoredOrder } from '../../shared/engine/ports.ts';
import { executionAnswer } from '../../shared/engine/views/execution.ts';
import { isWorkingState } from '../../shared/ledger/order-standing.ts';
import { STRATEGY_NAMES, type StrategyName } from '../../shared/strategies/strategy.ts';
import { HttpProblem } from '../middleware/problem.ts';
import { awaitOrder } from './await-fill.ts';
import type { ApiRequest } from './request.ts';

/**
 * Asks the strategy and, when it placed an order, waits a moment for the fill: 200 with how it ended, 202 while it works.
 * @throws HttpProblem 404 for a strategy that does not exist, 501 for one that is not built; EngineError
 */
export async function execute(
  context: EngineContext,
  { params, body, key }: ApiRequest<'execute-strategy'>,
): Promise<{ readonly status: 200 | 202; readonly body: ExecuteAnswer }> {
  const strategy = strategyInPath(params.strategy ?? '');
  const outcome = await executeStrategy(context, { strategy, ...body }, key);
  const { sessionId } = outcome;
  const order = outcome.orderId === null ? null : await awaitOrder(context, sessionId, outcome.orderId, hasEnded);
  const answer = await executionAnswer(context, { sessionId, strategy, ...body, outcome, order });
  return { status: order === null || hasEnded(order) ? 200 : 202, body: answer };
}

const hasEnded = ({ state }: StoredOrder): boolean => !isWorkingState(state);

function strategyInPath(asked: string): StrategyName {
  const name = STRATEGY_NAMES.find((known) => known === asked);
  if (name === undefined) {
    const message = `There is no strategy ${JSON.stringify(asked)}; there are ${STRATEGY_NAMES.join(', ')}`;
    throw new HttpProblem(404, 'unknown_strategy', message, { strategies: STRATEGY_NAMES });
  }
  return name;
}
