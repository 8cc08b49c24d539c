import type { AnswerOf } from '../../shared/contracts/routes.ts';
import type { EngineContext } from '../../shared/engine/context.ts';
import { setKillSwitch } from '../../shared/engine/kill-switch.ts';
import { type AmendOutcome, amendBracket } from '../../shared/engine/orders/amend-bracket.ts';
import { cancelOrder } from '../../shared/engine/orders/cancel-order.ts';
import { previewOrder } from '../../shared/engine/orders/preview-order.ts';
import { setRiskLimits, startSession, stopSession } from '../../shared/engine/sessions.ts';
import { textOrNull } from '../../shared/engine/views/orders.ts';
import { oneOrder, previewOf } from '../../shared/engine/views/placed-orders.ts';
import { toNumber } from '../../shared/kernel/decimal.ts';
import { iso } from '../../shared/kernel/time.ts';
import { type ApiHandlers, ok } from './answer.ts';
import { execute } from './execute-strategy.ts';
import { close, place } from './place-order.ts';

export type CommandName =
  | 'start-paper-trading'
  | 'stop-paper-trading'
  | 'execute-strategy'
  | 'set-risk-limits'
  | 'kill-switch'
  | 'place-order'
  | 'preview-order'
  | 'cancel-order'
  | 'close-position'
  | 'amend-bracket';

/** The routes that decide something. They need strategies, the venues' rules and what a fill would cost, which no other route does. */
export function commandHandlers(context: EngineContext): Pick<ApiHandlers, CommandName> {
  return {
    'start-paper-trading': async ({ body, key }) => ok(started(context, await startSession(context, body, key))),
    'stop-paper-trading': async ({ body, key }) => ok(stopped(context, await stopSession(context, body, key))),
    'execute-strategy': (request) => execute(context, request),
    'set-risk-limits': async ({ body, key }) => ok(limitsSet(context, await setRiskLimits(context, body, key))),
    'kill-switch': async ({ body, key }) => ok(killed(context, await setKillSwitch(context, body, key))),
    'place-order': (request) => place(context, request),
    'preview-order': async ({ body }) => ok(await previewOf(context, await previewOrder(context, body))),
    'cancel-order': async ({ params }) => ok(await cancel(context, params.id ?? '')),
    'close-position': (request) => close(context, request),
    'amend-bracket': async ({ params, body, key }) => ok(amended(context, await amendBracket(context, params.id ?? '', body, key))),
  };
}

const now = ({ clock }: EngineContext): string => iso(clock.now());

function started(context: EngineContext, { account }: Awaited<ReturnType<typeof startSession>>): AnswerOf<'start-paper-trading'> {
  return {
    success: true,
    sessionId: account.sessionId,
    startingCapital: toNumber(account.startingCapital),
    activeStrategies: [...account.strategies],
    riskLimits: account.limits,
    evidence: account.evidence,
    startTime: iso(account.startedMs),
    timestamp: now(context),
  };
}

function stopped(context: EngineContext, { account }: Awaited<ReturnType<typeof stopSession>>): AnswerOf<'stop-paper-trading'> {
  const { sessionId, status, positions } = account;
  return { success: true, sessionId, status, openPositions: positions.size, timestamp: now(context) };
}

function limitsSet(context: EngineContext, { account, before, after }: Awaited<ReturnType<typeof setRiskLimits>>): AnswerOf<'set-risk-limits'> {
  return { success: true, sessionId: account.sessionId, before, after, timestamp: now(context) };
}

function killed(context: EngineContext, { account }: Awaited<ReturnType<typeof setKillSwitch>>): AnswerOf<'kill-switch'> {
  const { sessionId, positions, orders, record } = account;
  return {
    success: true,
    sessionId,
    on: record.killedMs !== null,
    since: record.killedMs === null ? null : iso(record.killedMs),
    openPositions: positions.size,
    workingEntries: [...orders.values()].filter(({ purpose }) => purpose === 'entry').length,
    timestamp: now(context),
  };
}

async function cancel(context: EngineContext, orderId: string): Promise<AnswerOf<'cancel-order'>> {
  const { sessionId, order } = await cancelOrder(context, orderId);
  return oneOrder(context, sessionId, order);
}

function amended(context: EngineContext, { sessionId, positionId, orderId, before, after }: AmendOutcome): AnswerOf<'amend-bracket'> {
  const told = ({ stop, target, trail }: AmendOutcome['before']): AnswerOf<'amend-bracket'>['before'] => ({
    stop: textOrNull(stop),
    target: textOrNull(target),
    trail,
  });
  return { success: true, sessionId, positionId, orderId, before: told(before), after: told(after), timestamp: now(context) };
}
