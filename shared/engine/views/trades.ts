import type { Trade } from '../../contracts/fill.ts';
import type { TradeAnswer, TradesAnswer } from '../../contracts/v8/trades.ts';
import { text, ZERO } from '../../kernel/decimal.ts';
import { iso } from '../../kernel/time.ts';
import type { EngineContext } from '../context.ts';
import { bandOf } from './pnl-band.ts';
import { shownSession } from './shown-session.ts';

/** Which page of which session's list. */
export interface PageQuery {
  readonly limit: number;
  readonly cursor?: string | undefined;
  readonly session?: string | undefined;
}

/**
 * Closed trades, newest first, each with its costs and why it was opened and closed.
 * @throws EngineError `unknown_session`; StoreError `bad_cursor`
 */
export async function trades(context: EngineContext, { limit, cursor, session }: PageQuery): Promise<TradesAnswer> {
  const { sessionId, isActive, reason } = await shownSession(context, session);
  const page = sessionId === null ? { items: [], next: null } : await context.ledger.trades(sessionId, { limit, cursor: cursor ?? null });
  return { sessionId, isActive, reason, trades: page.items.map(tradeAnswer), next: page.next, timestamp: iso(context.clock.now()) };
}

function tradeAnswer(trade: Trade): TradeAnswer {
  const { realised, exitRate } = trade;
  return {
    id: trade.id,
    strategy: trade.strategy,
    symbol: trade.symbol,
    market: trade.market,
    evidence: trade.evidence,
    direction: trade.direction,
    quantity: text(trade.quantity),
    currency: trade.currency,
    entryPrice: text(trade.entryPrice),
    exitPrice: text(trade.exitPrice),
    openedAt: iso(trade.openedMs),
    closedAt: iso(trade.closedMs),
    holdingMs: trade.closedMs - trade.openedMs,
    openedWhy: trade.openedWhy,
    closedWhy: trade.closedWhy,
    confidence: trade.confidence,
    odds: trade.odds?.value ?? null,
    modelVersion: trade.odds?.modelVersion ?? null,
    netPnL: text(realised.net),
    band: bandOf(realised),
    costs: {
      charges: text(realised.charges),
      slippage: text(realised.slippage),
      entryCharges: text(trade.entryCharges),
      exitCharges: trade.exitCharges.map((charge) => ({ line: charge.line, amount: text(charge.amount) })),
    },
    priceEffect: text(realised.price),
    currencyEffect: text(realised.currency),
    funding: text(realised.funding ?? ZERO),
    entryRate: text(trade.entryRate),
    exitRate: { value: text(exitRate.value), source: exitRate.source, asOf: iso(exitRate.asOfMs) },
    rMultiple: trade.rMultiple,
    structure: trade.structure === undefined ? null : { id: trade.structure.id, name: trade.structure.name, underlying: trade.structure.underlying },
    corporateActions: [...(trade.actions ?? [])],
    flags: [...(trade.flags ?? [])],
  };
}
