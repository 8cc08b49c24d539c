import type { JournalEventOf } from '../contracts/journal.ts';
import type { Holding, Position } from '../contracts/position.ts';
import type { Rate } from '../contracts/terms.ts';
import { type Decimal, divide, multiply, negate, subtract, toStep, ZERO } from '../kernel/decimal.ts';
import type { EpochMs } from '../kernel/time.ts';
import { type CorporateAction, describeAction, priceFactorOf, ratiosOf, scaled, symbolAfter } from '../market/corporate-actions.ts';
import type { Instrument } from '../market/instrument.ts';
import { corporateActionPostings } from './postings.ts';

export interface ActionTerms {
  readonly atMs: EpochMs;
  /** What is held afterwards. */
  readonly instrument: Pick<Instrument, 'lotStep'>;
  /** Puts a level on the venue's grid. */
  readonly onGrid: (level: Decimal) => Decimal;
  /** Price of an old share, quote currency; null where none is known and the entry's stands in. */
  readonly mark: Decimal | null;
  /** Base currency for the quote currency; null where none is known. */
  readonly rate: Rate | null;
}

/**
 * A corporate action on an open position as a journal entry.
 *
 * Quantity and prices go by the ratio, the cost stays. A fraction of a share is paid in cash at the adjusted price, and a
 * company that was spun off (which is not traded here) at what the old price lost by it. That cash lowers the cost, so that
 * position and cash are worth what they were, and the trade's result is what it would have been without the action.
 * A holding that would be less than one share stays a fraction: it is closed like any other.
 *
 * @returns null when cash is due and no rate is known to convert it: the action waits
 */
export function corporateActionOn(position: Position, action: CorporateAction, terms: ActionTerms): JournalEventOf<'corporate-action'> | null {
  const { price, quantity } = ratiosOf(action);
  const level = (value: Decimal | null): Decimal | null => (value === null ? null : terms.onGrid(scaled(value, price)));
  const exact = scaled(position.quantity, quantity);
  const whole = toStep(exact, terms.instrument.lotStep, 'down');
  const kept = whole > 0n ? whole : exact;
  const settled = settlementOf(position, action, subtract(exact, kept), terms);
  if (settled !== null && terms.rate === null) return null;
  const amount = settled === null ? ZERO : multiply(settled.quantity, settled.price);
  const cost = subtract(position.cost, amount);
  const signed = position.direction === 'long' ? amount : negate(amount);
  const after: Holding = {
    symbol: symbolAfter(action),
    quantity: kept,
    entryPrice: kept === position.quantity && amount === 0n ? position.entryPrice : divide(cost, kept),
    cost,
    stop: level(position.stop),
    target: level(position.target),
  };
  const { id, kind, exDate, source } = action;
  return {
    type: 'corporate-action',
    atMs: terms.atMs,
    positionId: position.id,
    action: { id, kind, exDate, priceFactor: priceFactorOf(action), says: describeAction(action), source },
    before: holdingOf(position),
    after,
    cash: settled === null || terms.rate === null ? null : { ...settled, amount: signed, rate: terms.rate },
    postings: corporateActionPostings({
      positionId: position.id,
      currency: position.currency,
      direction: position.direction,
      amount: signed,
      rate: terms.rate?.value ?? null,
      before: position,
      after,
    }),
  };
}

/** What is paid in cash: how much of what, and at which price; null for nothing. */
function settlementOf(
  position: Position,
  action: CorporateAction,
  fraction: Decimal,
  { mark }: ActionTerms,
): { readonly quantity: Decimal; readonly price: Decimal } | null {
  const { price } = ratiosOf(action);
  if (action.kind === 'demerger') return { quantity: position.quantity, price: subtract(price[1], price[0]) };
  return fraction > 0n ? { quantity: fraction, price: scaled(mark ?? position.entryPrice, price) } : null;
}

function holdingOf({ symbol, quantity, entryPrice, cost, stop, target }: Position): Holding {
  return { symbol, quantity, entryPrice, cost, stop, target };
}
