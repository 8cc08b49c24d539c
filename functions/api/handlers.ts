import { testAlert } from '../../shared/engine/alerts/test-alert.ts';
import type { EngineContext } from '../../shared/engine/context.ts';
import { alertAnswer, alerts } from '../../shared/engine/views/alerts.ts';
import { candles } from '../../shared/engine/views/candles.ts';
import { chain } from '../../shared/engine/views/chain.ts';
import { decisions } from '../../shared/engine/views/decisions.ts';
import { health } from '../../shared/engine/views/health.ts';
import { instruments } from '../../shared/engine/views/instruments.ts';
import { marketStatus } from '../../shared/engine/views/market-status.ts';
import { orders } from '../../shared/engine/views/orders.ts';
import { performanceView } from '../../shared/engine/views/performance.ts';
import { orderById } from '../../shared/engine/views/placed-orders.ts';
import { portfolio } from '../../shared/engine/views/portfolio.ts';
import { quotes } from '../../shared/engine/views/quotes.ts';
import { risk } from '../../shared/engine/views/risk.ts';
import { sessions } from '../../shared/engine/views/sessions.ts';
import { status } from '../../shared/engine/views/status.ts';
import { ticks } from '../../shared/engine/views/ticks.ts';
import { trades } from '../../shared/engine/views/trades.ts';
import { iso } from '../../shared/kernel/time.ts';
import { type ApiAnswer, type ApiHandlers, ok } from './answer.ts';
import type { CommandName } from './commands.ts';
import type { ApiRequest } from './request.ts';

/** A handler for each route: one use case of the engine each, and its answer. */
export function apiHandlers(context: EngineContext): ApiHandlers {
  const performance = performanceView(context);
  const command = commandsOf(context);
  return {
    status: async () => ok(await status(context)),
    portfolio: async ({ query }) => ok(await portfolio(context, query)),
    'start-paper-trading': command('start-paper-trading'),
    'stop-paper-trading': command('stop-paper-trading'),
    'execute-strategy': command('execute-strategy'),
    trades: async ({ query }) => ok(await trades(context, query)),
    performance: async ({ query }) => ok(await performance(query)),
    'set-risk-limits': command('set-risk-limits'),
    'kill-switch': command('kill-switch'),
    risk: async ({ query }) => ok(await risk(context, query.session)),
    'market-status': async ({ query }) => ok(marketStatus(context, query.at === undefined ? undefined : Date.parse(query.at))),
    decisions: async ({ query }) => ok(await decisions(context, query)),
    orders: async ({ query }) => ok(await orders(context, query)),
    'place-order': command('place-order'),
    'preview-order': command('preview-order'),
    order: async ({ params, query }) => ok(await orderById(context, params.id ?? '', query.session)),
    'cancel-order': command('cancel-order'),
    'close-position': command('close-position'),
    'amend-bracket': command('amend-bracket'),
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

const now = ({ clock }: EngineContext): string => iso(clock.now());

const msOrNull = (instant: string | undefined): number | null => (instant === undefined ? null : Date.parse(instant));

/** Handlers of commands, loaded with the first of them: most requests only look, and need not wait for all that a decision takes. */
function commandsOf(context: EngineContext) {
  let loaded: Promise<Pick<ApiHandlers, CommandName>> | undefined;
  return <Name extends CommandName>(name: Name) =>
    async (request: ApiRequest<Name>): Promise<ApiAnswer<Name>> => {
      loaded ??= import('./commands.ts').then(({ commandHandlers }) => commandHandlers(context));
      const handlers = await loaded;
      return handlers[name](request);
    };
}
