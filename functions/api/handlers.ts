import type { AnswerOf, RouteName, RouteOf } from '../../shared/contracts/routes.ts';
import { testAlert } from '../../shared/engine/alerts/test-alert.ts';
import type { EngineContext } from '../../shared/engine/context.ts';
import { type AmendOutcome, amendBracket } from '../../shared/engine/orders/amend-bracket.ts';
import { cancelOrder } from '../../shared/engine/orders/cancel-order.ts';
import { previewOrder } from '../../shared/engine/orders/preview-order.ts';
import { setRiskLimits, startSession, stopSession } from '../../shared/engine/sessions.ts';
import { alertAnswer, alerts } from '../../shared/engine/views/alerts.ts';
import { candles } from '../../shared/engine/views/candles.ts';
import { chain } from '../../shared/engine/views/chain.ts';
import { decisions } from '../../shared/engine/views/decisions.ts';
import { health } from '../../shared/engine/views/health.ts';
import { instruments } from '../../shared/engine/views/instruments.ts';
import { marketStatus } from '../../shared/engine/views/market-status.ts';
import { orders, textOrNull } from '../../shared/engine/views/orders.ts';
import { performanceView } from '../../shared/engine/views/performance.ts';
import { oneOrder, orderById, previewOf } from '../../shared/engine/views/placed-orders.ts';
import { portfolio } from '../../shared/engine/views/portfolio.ts';
import { quotes } from '../../shared/engine/views/quotes.ts';
import { sessions } from '../../shared/engine/views/sessions.ts';
import { status } from '../../shared/engine/views/status.ts';
import { ticks } from '../../shared/engine/views/ticks.ts';
import { trades } from '../../shared/engine/views/trades.ts';
import { toNumber } from '../../shared/kernel/decimal.ts';
import { iso } from '../../shared/kernel/time.ts';
import { execute } from './execute-strategy.ts';
import { close, place } from './place-order.ts';
import type { ApiRequest } from './request.ts';

/** What a route answers: a body of its contract, under one of its statuses. */
export interface ApiAnswer<Name extends RouteName> {
  readonly status: RouteOf<Name>['statuses'][number];
  readonly body: AnswerOf<Name>;
}

export type ApiHandlers = { readonly [Name in RouteName]: (request: ApiRequest<Name>) => Promise<ApiAnswer<Name>> };

/** A handler for each route: one use case of the engine each, and its answer. */
export function apiHandlers(context: EngineContext): ApiHandlers {
  const performance = performanceView(context);
  return {
    status: async () => ok(await status(context)),
    portfolio: async ({ query }) => ok(await portfolio(context, query)),
    'start-paper-trading': async ({ body, key }) => ok(started(context, await startSession(context, body, key))),
    'stop-paper-trading': async ({ body, key }) => ok(stopped(context, await stopSession(context, body, key))),
    'execute-strategy': (request) => execute(context, request),
    trades: async ({ query }) => ok(await trades(context, query)),
    performance: async ({ query }) => ok(await performance(query)),
    'set-risk-limits': async ({ body, key }) => ok(limitsSet(context, await setRiskLimits(context, body, key))),
    'market-status': async ({ query }) => ok(marketStatus(context, query.at === undefined ? undefined : Date.parse(query.at))),
    decisions: async ({ query }) => ok(await decisions(context, query)),
    orders: async ({ query }) => ok(await orders(context, query)),
    'place-order': (request) => place(context, request),
    'preview-order': async ({ body }) => ok(await previewOf(context, await previewOrder(context, body))),
    order: async ({ params, query }) => ok(await orderById(context, params.id ?? '', query.session)),
    'cancel-order': async ({ params }) => ok(await cancel(context, params.id ?? '')),
    'close-position': (request) => close(context, request),
    'amend-bracket': async ({ params, body, key }) => ok(amended(context, await amendBracket(context, params.id ?? '', body, key))),
    quotes: async ({ query }) => ok(await quotes(context, query.symbol)),
    candles: async ({ query: { from, to, ...query } }) => ok(await candles(context, { ...query, fromMs: msOrNull(from), toMs: msOrNull(to) })),
    ticks: async ({ query: { from, to, ...query } }) => ok(await ticks(context, { ...query, fromMs: msOrNull(from), toMs: msOrNull(to) })),
    chain: async ({ query }) => ok(chain(context, query.underlying, query.expiry)),
    instruments: async ({ query }) => ok(await instruments(context, query.market)),
    alerts: async ({ query }) => ok(await alerts(context, query)),
    'test-alert': async ({ key, requestId }) => {
      const open = await testAlert(context, key ?? requestId);
      return { status: 202, body: { success: true, alert: alertAnswer(open), timestamp: now(context) } };
    },
    sessions: async () => ok(await sessions(context)),
    health: async () => {
      const body = await health(context);
      return { status: body.status === 'ok' ? 200 : 503, body };
    },
  };
}

const ok = <Body>(body: Body): { readonly status: 200; readonly body: Body } => ({ status: 200, body });

const msOrNull = (instant: string | undefined): number | null => (instant === undefined ? null : Date.parse(instant));

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
