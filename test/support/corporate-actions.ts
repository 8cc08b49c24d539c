import type { JournalEvent } from '../../shared/contracts/journal.ts';
import type { EntryOrder } from '../../shared/contracts/order.ts';
import type { Position } from '../../shared/contracts/position.ts';
import type { Rate, Trail } from '../../shared/contracts/terms.ts';
import { decimal } from '../../shared/kernel/decimal.ts';
import type { Account } from '../../shared/ledger/account.ts';
import { corporateActionOn } from '../../shared/ledger/corporate-action.ts';
import { type CorporateActionFacts, createCorporateActions } from '../../shared/market/corporate-actions.ts';
import type { Evidence } from '../../shared/market/price.ts';
import { type EntrySketch, entryFill, entryOrder, happen, orderPlaced, rateOf, sessionStarted } from './ledger-fixtures.ts';

export const actionOf = (facts: CorporateActionFacts) => {
  const [action] = createCorporateActions([facts]).all;
  if (action === undefined) throw new Error('An action was given');
  return action;
};

export interface ShareSketch extends EntrySketch {
  readonly price: string;
  readonly evidence?: Evidence;
  readonly trail?: Trail | null;
  readonly rate?: string;
  /** How much of the entry has filled; all of it unless a test says less. */
  readonly filled?: string;
}

/** Shares of NSE held for longer than a day, as a session's events. */
export function bought({
  price,
  evidence = 'live',
  trail = null,
  rate = '0.0125',
  filled: part,
  ...sketch
}: ShareSketch): Parameters<typeof happen>[2] {
  const plain = entryOrder({ currency: 'INR', reserved: '0', ...sketch });
  const order: EntryOrder = {
    ...plain,
    product: 'delivery',
    bracket: { ...plain.bracket, trail, maxHoldingMs: 30 * 86_400_000 },
    intent: { ...plain.intent, quote: { ...plain.intent.quote, evidence } },
  };
  const filled = (account: Account): JournalEvent => {
    const event = entryFill(account, order.id, { price, rate, commission: '0', ...(part === undefined ? {} : { quantity: part }) });
    return { ...event, fill: { ...event.fill, evidence } };
  };
  return [orderPlaced(order), filled];
}

export const holding = (sketch: ShareSketch): Account => happen(null, 'start', [sessionStarted('s'), ...bought(sketch)]).after;

export function onlyPosition(account: Account): Position {
  const [position] = account.positions.values();
  if (position === undefined || account.positions.size > 1) throw new Error(`Expected one position, there are ${account.positions.size}`);
  return position;
}

/** The journal entry of an action on the only position, on a grid of a paisa. */
export function actionOn(
  facts: CorporateActionFacts,
  {
    mark = null,
    rate = rateOf('INR', '0.0125'),
    atMs = 0,
  }: { readonly mark?: string | null; readonly rate?: Rate | null; readonly atMs?: number } = {},
): (account: Account) => JournalEvent {
  return (account) => {
    const event = corporateActionOn(onlyPosition(account), actionOf(facts), {
      atMs,
      instrument: { lotStep: decimal('1') },
      onGrid: (level) => level,
      mark: mark === null ? null : decimal(mark),
      rate,
    });
    if (event === null) throw new Error('The action waits');
    return event;
  };
}
