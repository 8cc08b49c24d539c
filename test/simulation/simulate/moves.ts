import type { OrderRequest } from '../../../shared/contracts/v8/order-request.ts';
import type { EngineContext } from '../../../shared/engine/context.ts';
import { executeStrategy } from '../../../shared/engine/execute-strategy.ts';
import { monitorPositions } from '../../../shared/engine/monitor-positions.ts';
import { amendBracket } from '../../../shared/engine/orders/amend-bracket.ts';
import { cancelOrder } from '../../../shared/engine/orders/cancel-order.ts';
import { closePosition } from '../../../shared/engine/orders/close-position.ts';
import { placeOrder } from '../../../shared/engine/orders/place-order.ts';
import { previewOrder } from '../../../shared/engine/orders/preview-order.ts';
import { rollTradingDay } from '../../../shared/engine/roll-trading-day.ts';
import { scanMarket } from '../../../shared/engine/scan-market.ts';
import { setRiskLimits, startSession, stopSession } from '../../../shared/engine/sessions.ts';
import { canonicalJson } from '../../../shared/kernel/canonical-json.ts';
import { decimal, fromNumber, multiply, ONE, toStep } from '../../../shared/kernel/decimal.ts';
import type { Rng } from '../../../shared/kernel/rng.ts';
import { type EpochMs, MINUTE_MS, SECOND_MS } from '../../../shared/kernel/time.ts';
import type { Account } from '../../../shared/ledger/account.ts';
import type { Request } from './clients.ts';
import { drawCarry, drawGroup, drawLevels, drawOrder, drawPerpetual, oneOf } from './drawn-orders.ts';
import { CHART_SYMBOLS, TRADED } from './traded.ts';

/**
 * What happens in a simulated world, one function a move: each calls a public use case of the engine and nothing below it.
 * A new use case is a new move here; the scheduler, the faults and what must hold know nothing of it.
 */
export interface Move {
  readonly name: string;
  readonly weight: number;
  /** Sessions that it begins when it is done. */
  readonly begins: 0 | 1;
  /** The request with everything drawn that it needs, of what there is in the running session: asked again it is the same. */
  readonly request: (draw: Rng, account: Account | null) => Request['send'];
}

export const start: Move = {
  name: 'start',
  weight: 2,
  begins: 1,
  request: (draw) => {
    const request = { startingCapital: decimal(oneOf(draw, ['100000', '25000'])), strategies: ['scalping' as const], riskLimits: {} };
    return async (context, key) => (await startSession(context, request, key)).account.sessionId;
  },
};

export const stop: Move = {
  name: 'stop',
  weight: 1,
  begins: 0,
  request: (draw) => {
    const request = { closePositions: draw.next() < 0.6 };
    return async (context, key) => {
      const { sessionId } = (await stopSession(context, request, key)).account;
      return recorded(context, sessionId, `stop:key:${key}`, sessionId);
    };
  },
};

const limits: Move = {
  name: 'limits',
  weight: 2,
  begins: 0,
  request: (draw) => {
    const request = { maxPositionSize: oneOf(draw, [0.1, 0.15, 0.2]), maxDailyLoss: oneOf(draw, [0.2, 0.5]) };
    return async (context, key) => {
      const { before, after } = await setRiskLimits(context, request, key);
      // What changes nothing is no event.
      return canonicalJson(before) === canonicalJson(after) ? null : canonicalJson([before, after]);
    };
  },
};

const execute: Move = {
  name: 'execute',
  weight: 4,
  begins: 0,
  request: (draw) => {
    const request = { strategy: 'scalping', symbol: oneOf(draw, CHART_SYMBOLS), timeframe: oneOf(draw, ['1m', null]) };
    return async (context, key) => {
      const { decision, orderId } = await executeStrategy(context, request, key);
      return canonicalJson([decision?.outcome ?? 'quiet', decision?.reason ?? null, orderId]);
    };
  },
};

const place: Move = {
  name: 'place',
  weight: 12,
  begins: 0,
  request: (draw) => {
    const request = drawRequest(draw);
    return async (context, key) => {
      const { orderIds, refusal } = await placeOrder(context, { ...request, clientOrderId: key }, { id: key, isClients: true });
      return canonicalJson([orderIds, refusal]);
    };
  },
};

/** What an order would come to: it changes nothing, and is answered by what stands then. */
const preview: Move = {
  name: 'preview',
  weight: 1,
  begins: 0,
  request: (draw) => {
    const request = drawRequest(draw);
    return async (context) => {
      await previewOrder(context, request);
      return null;
    };
  },
};

const drawRequest = (draw: Rng): OrderRequest => ({
  clientOrderId: null,
  note: null,
  legs: drawLegs(draw),
});

function drawLegs(draw: Rng): OrderRequest['legs'] {
  const kind = draw.next();
  if (kind < 0.1) return drawGroup(draw);
  if (kind < 0.2) return [drawPerpetual(draw)];
  return kind < 0.25 ? drawCarry(draw) : [drawOrder(draw)];
}

const cancel: Move = {
  name: 'cancel',
  weight: 3,
  begins: 0,
  request: (draw, account) => {
    const entries = [...(account?.orders.values() ?? [])].filter(({ purpose }) => purpose === 'entry');
    const orderId = oneOf(draw, entries)?.id ?? 'E:nobody';
    return async (context) => (await cancelOrder(context, orderId)).order.state;
  },
};

const close: Move = {
  name: 'close',
  weight: 5,
  begins: 0,
  request: (draw, account) => {
    const position = oneOf(draw, [...(account?.positions.values() ?? [])]);
    const [share, isPart] = [draw.next(), draw.next() < 0.5];
    const part = position === undefined ? ONE : toStep(multiply(position.quantity, fromNumber(share)), position.market === 'NSE' ? ONE : CENT, 'up');
    const positionId = position?.id ?? 'nobody';
    return async (context, key) => {
      const { sessionId, orderId } = await closePosition(context, positionId, isPart ? { quantity: part } : {}, key);
      return recorded(context, sessionId, `close:key:${key}`, orderId);
    };
  },
};

const CENT = decimal('0.01');

const amend: Move = {
  name: 'amend',
  weight: 3,
  begins: 0,
  request: (draw, account) => {
    const position = oneOf(draw, [...(account?.positions.values() ?? [])]);
    const symbol = TRADED.find((traded) => traded.symbol === position?.symbol)?.symbol ?? 'SOL';
    const levels = drawLevels(draw, symbol, position?.direction === 'short' ? 'sell' : 'buy');
    const request = draw.next() < 0.2 ? { ...levels, target: null } : levels;
    const positionId = position?.id ?? 'nobody';
    return async (context, key) => {
      const { before, after } = await amendBracket(context, positionId, request, key);
      return canonicalJson(before) === canonicalJson(after) ? null : canonicalJson([before, after]);
    };
  },
};

/** The answer where the command is in the ledger: what changed nothing is answered by what stands then. */
const recorded = async ({ ledger }: EngineContext, sessionId: string, commandId: string, answer: string): Promise<string | null> =>
  (await ledger.receipt(sessionId, commandId)) === null ? null : answer;

/** What people ask for. */
export const MOVES: readonly Move[] = [start, stop, limits, execute, place, preview, cancel, close, amend];

/** What a schedule runs, with the instant that it runs for. */
export interface ScheduledMove {
  readonly name: string;
  readonly everyMs: number;
  readonly delayMs: number;
  /** Whether it may place orders. */
  readonly places: boolean;
  readonly run: (context: EngineContext, atMs: EpochMs) => Promise<unknown>;
}

const scan: ScheduledMove = {
  name: 'scan',
  everyMs: MINUTE_MS,
  delayMs: 3 * SECOND_MS,
  places: true,
  run: (context, atMs) => scanMarket(context, { minuteMs: atMs, market: 'CRYPTO' }),
};

const monitor: ScheduledMove = {
  name: 'monitor',
  everyMs: MINUTE_MS,
  delayMs: 10 * SECOND_MS,
  places: false,
  run: (context, atMs) => monitorPositions(context, { minuteMs: atMs }),
};

const roll: ScheduledMove = {
  name: 'roll',
  everyMs: MINUTE_MS,
  delayMs: 15 * SECOND_MS,
  places: false,
  run: (context, atMs) => rollTradingDay(context, { atMs }),
};

export const SCHEDULED_MOVES: readonly ScheduledMove[] = [scan, monitor, roll];
