import type { Trade } from '../contracts/fill.ts';
import type { JournalRow } from '../contracts/journal.ts';
import type { Position } from '../contracts/position.ts';
import { abs, add, divide, multiply, subtract, toNumber } from '../kernel/decimal.ts';
import type { Account } from './account.ts';
import { closedWith } from './exit-fill.ts';

/** The round trip that a journal row closes, or null when it closes none. `before` is the account the row applies to. */
export function tradeOf(before: Account | null, row: JournalRow): Trade | null {
  if (row.event.type !== 'filled' || row.event.fill.purpose !== 'exit') return null;
  const { fill } = row.event;
  const position = before?.positions.get(fill.positionId);
  if (position === undefined || fill.exitReason === null || add(fill.quantity, fill.unitsLost) !== position.quantity) return null;
  const whole = closedWith(position, fill);
  return {
    id: position.id,
    seq: row.seq,
    strategy: position.strategy,
    symbol: position.symbol,
    market: position.market,
    evidence: position.evidence,
    direction: position.direction,
    quantity: whole.quantity,
    currency: position.currency,
    entryPrice: position.entryPrice,
    exitPrice: position.closed === null ? fill.price : divide(whole.notional, whole.quantity),
    openedMs: position.openedMs,
    closedMs: fill.atMs,
    openedWhy: position.intent.why,
    closedWhy: fill.exitReason,
    confidence: position.intent.confidence,
    ...oddsOf(position.intent),
    entryCharges: whole.entryCharges,
    exitCharges: whole.charges,
    entryRate: position.entryRate,
    exitRate: fill.rate,
    realised: whole.realised,
    rMultiple: rMultiple(position, whole),
    ...(position.actions === undefined ? {} : { actions: position.actions.map(({ exDate, says }) => ({ exDate, says })) }),
    ...(position.structure === undefined ? {} : { structure: position.structure }),
    ...(fill.provenance.quote.check?.state === 'diverged' ? { flags: ['diverged_quote'] } : {}),
  };
}

function oddsOf({ odds, modelVersion }: Position['intent']): Pick<Trade, 'odds'> {
  return odds === undefined || modelVersion === null ? {} : { odds: { value: odds, modelVersion } };
}

/** What was risked is the way to the stop that stands at the end, on all units that were closed. */
function rMultiple(position: Position, { quantity, realised }: Pick<Trade, 'quantity' | 'realised'>): number | null {
  if (position.stop === null) return null;
  const risked = multiply(multiply(abs(subtract(position.entryPrice, position.stop)), quantity), position.entryRate);
  return risked === 0n ? null : toNumber(realised.net) / toNumber(risked);
}
