import { instrumentBySymbol } from '../../../shared/config/instruments.ts';
import type { EntryOrder } from '../../../shared/contracts/order.ts';
import { commitDecision } from '../../../shared/engine/commit.ts';
import type { EngineContext } from '../../../shared/engine/context.ts';
import { requestExit } from '../../../shared/engine/decide-monitor.ts';
import { type Draft, draftOn } from '../../../shared/engine/draft.ts';
import { EngineError } from '../../../shared/engine/errors.ts';
import { commandIdOf, earlierReceipt } from '../../../shared/engine/idempotency.ts';
import { viewOf } from '../../../shared/engine/market-view.ts';
import { assertRunning, sessionAsked } from '../../../shared/engine/sessions.ts';
import { excerpt, type MarketView } from '../../../shared/engine/view.ts';
import { orderLatencyMs } from '../../../shared/execution/latency.ts';
import { add, divide, fromNumber, multiply, ONE, subtract, ZERO } from '../../../shared/kernel/decimal.ts';
import { digest } from '../../../shared/kernel/digest.ts';
import { MINUTE_MS } from '../../../shared/kernel/time.ts';
import { type Account, availableCash } from '../../../shared/ledger/account.ts';
import type { DrawnOrder } from './drawn-orders.ts';

/** What a person asks of the desk, each as one command: the id of what was done, or null where there was nothing to do. */

export const placeOrders = (context: EngineContext, wanted: readonly DrawnOrder[], key: string): Promise<string | null> =>
  command(context, 'place', key, wanted, async (account) => {
    const snapshot = await context.market.snapshot(account.scope);
    const view = viewOf(snapshot, context.clock.now());
    return (draft) => {
      if (draft.account().status !== 'active') return null;
      const groupId = wanted.length > 1 ? `G:${key}` : null;
      const orders = wanted.map((each, index) => entryOf(draft.account(), view, each, `${key}${groupId === null ? '' : `-${index}`}`, groupId));
      for (const order of orders) draft.emit({ type: 'order-placed', atMs: view.nowMs, order });
      return orders.map(({ id }) => id).join(' ');
    };
  });

export const cancelOrder = (context: EngineContext, choose: number, key: string): Promise<string | null> =>
  command(context, 'cancel', key, choose, async () => (draft) => {
    const working = [...draft.account().orders.values()].filter(({ purpose }) => purpose === 'entry');
    const order = working[Math.floor(choose * working.length)];
    if (order === undefined) return null;
    for (const each of working) {
      if (each !== order && (each.purpose !== 'entry' || order.purpose !== 'entry' || order.groupId === null || each.groupId !== order.groupId))
        continue;
      draft.emit({ type: 'order-ended', atMs: context.clock.now(), orderId: each.id, state: 'cancelled', reason: 'a person' });
    }
    return order.id;
  });

export const closePosition = (context: EngineContext, choose: number, share: number | null, key: string): Promise<string | null> =>
  command(context, 'close', key, [choose, share], async () => (draft) => {
    const open = [...draft.account().positions.values()];
    const position = open[Math.floor(choose * open.length)];
    if (position === undefined) return null;
    const whole = fromNumber(Math.max(1, Math.floor(Number(position.quantity / ONE) * (share ?? 0))));
    const quantity = share === null || whole >= position.quantity ? null : whole;
    return requestExit(draft, position, { reason: 'manual', quantity, nowMs: context.clock.now() })?.id ?? null;
  });

async function command(
  context: EngineContext,
  action: string,
  key: string,
  body: unknown,
  prepare: (account: Account) => Promise<(draft: Draft) => string | null>,
): Promise<string | null> {
  const running = await sessionAsked(context, key);
  const commandId = commandIdOf(action, key, '');
  const earlier = await earlierReceipt(context.ledger, running.sessionId, commandId, body);
  if (earlier !== null) return String(earlier.outcome);
  assertRunning(running);
  const decide = await prepare(running);
  let done: string | null = null;
  const result = await commitDecision(context, running.sessionId, (current) => {
    const draft = draftOn(current, commandId);
    done = decide(draft);
    return { draft, bodyDigest: digest(body), outcome: done };
  });
  if (result.kind === 'repeated') return String(result.receipt.outcome);
  if (result.kind === 'nothing') return null;
  await context.nudge(running.sessionId);
  return done;
}

function entryOf(account: Account, view: MarketView, wanted: DrawnOrder, name: string, groupId: string | null): EntryOrder {
  const { symbol, side, quantity, bracket } = wanted;
  const instrument = instrumentBySymbol(symbol, view.nowMs);
  const [quote, rate] = [view.quote(symbol), view.rate(instrument.quote)];
  if (quote === null || rate === null) throw new EngineError('unknown_symbol', `No price of ${symbol}`);
  const reserved = multiply(multiply(multiply(quantity, fromNumber(quote.last)), rate.value), add(ONE, divide(ONE, fromNumber(50))));
  const needed = side === 'sell' ? add(reserved, reserved) : reserved;
  if (needed > subtract(availableCash(account), ZERO)) throw new EngineError('invalid_limits', `There is no cash for ${symbol}`);
  const id = `E:${name}`;
  const { instruction } = wanted;
  return {
    purpose: 'entry',
    id,
    version: 1,
    positionId: `P:${name}`,
    strategy: 'manual',
    symbol,
    market: instrument.market,
    currency: instrument.quote,
    product: instrument.market === 'NSE' ? 'intraday' : 'spot',
    side,
    quantity,
    filledQuantity: ZERO,
    filledNotional: ZERO,
    fills: 0,
    waiting: null,
    instruction: instruction.type === 'trailing-stop' ? { type: 'trailing-stop', trail: { kind: 'share', ...instruction.trail } } : instruction,
    timeInForce: wanted.timeInForce,
    tradedIn: wanted.tradedIn,
    expiresMs: wanted.timeInForce === 'DAY' ? view.nowMs + 3 * MINUTE_MS : null,
    triggeredMs: null,
    groupId,
    clientOrderId: name,
    acceptedMs: view.nowMs,
    activeFromMs: view.nowMs + orderLatencyMs(account.seed, groupId ?? id),
    reserved,
    bracket: {
      stop: bracket.stop ?? null,
      target: bracket.target ?? null,
      trail: bracket.trail === undefined ? null : { kind: 'share', ...bracket.trail },
      maxHoldingMs: bracket.maxHoldingMinutes === undefined ? null : bracket.maxHoldingMinutes * MINUTE_MS,
    },
    intent: {
      decisionId: name,
      confidence: null,
      parts: [],
      why: 'a person',
      timeframe: null,
      lastBarMs: null,
      volatility: null,
      quote: excerpt(quote),
      configVersion: 'simulated',
      modelVersion: null,
    },
  };
}
