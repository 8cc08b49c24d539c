import type { JournalRow, Trade } from '../contracts/journal.ts';
import { abs, multiply, subtract, toNumber } from '../kernel/decimal.ts';
import type { Account } from './account.ts';

/** The round trip that a journal row closes, or null when it closes none. `before` is the account the row applies to. */
export function tradeOf(before: Account | null, row: JournalRow): Trade | null {
  if (row.event.type !== 'filled' || row.event.fill.realised === null) return null;
  const { fill } = row.event;
  const position = before?.positions.get(fill.positionId);
  if (position === undefined || fill.exitReason === null || fill.realised === null) return null;
  return {
    id: position.id,
    seq: row.seq,
    strategy: position.strategy,
    symbol: position.symbol,
    market: position.market,
    evidence: position.evidence,
    direction: position.direction,
    quantity: position.quantity,
    currency: position.currency,
    entryPrice: position.entryPrice,
    exitPrice: fill.price,
    openedMs: position.openedMs,
    closedMs: fill.atMs,
    openedWhy: position.intent.why,
    closedWhy: fill.exitReason,
    confidence: position.intent.confidence,
    entryCharges: position.entryCharges,
    exitCharges: fill.charges,
    entryRate: position.entryRate,
    exitRate: fill.rate,
    realised: fill.realised,
    rMultiple: rMultiple(position, fill.realised.net),
    ...(position.actions === undefined ? {} : { actions: position.actions.map(({ exDate, says }) => ({ exDate, says })) }),
    ...(fill.provenance.quote.check?.state === 'diverged' ? { flags: ['diverged_quote'] } : {}),
  };
}

function rMultiple(
  position: { stop: Trade['entryPrice'] | null; entryPrice: Trade['entryPrice']; quantity: Trade['quantity']; entryRate: Trade['entryRate'] },
  net: Trade['entryPrice'],
): number | null {
  if (position.stop === null) return null;
  const risked = multiply(multiply(abs(subtract(position.entryPrice, position.stop)), position.quantity), position.entryRate);
  return risked === 0n ? null : toNumber(net) / toNumber(risked);
}
