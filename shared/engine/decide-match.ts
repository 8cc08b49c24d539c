import type { Account } from '../ledger/account.ts';
import { matchExitLegs } from './contracts/exit-legs.ts';
import type { Draft } from './draft.ts';
import type { MatchCommand } from './fill-inputs.ts';
import { heldBack } from './held-back.ts';
import { marketOf } from './match-common.ts';
import { endedAtOnce, matchEntry, matchGroup } from './match-entry.ts';
import { matchExit, metUnfillable } from './match-exit.ts';
import type { MarketView } from './view.ts';

/**
 * Whether an order fills now, and the events if it does. Pure. Null when it works on: held back, no level reached, or nothing
 * of a whole lot to be had. An order that must fill at once or not at all ends here when it does not. Legs that are to be closed
 * leave together where they can.
 */
export function decideMatch(account: Account, view: MarketView, command: MatchCommand): Draft | null {
  const order = account.orders.get(command.orderId);
  if (order === undefined) return null;
  if (order.purpose === 'entry' && order.groupId !== null) return matchGroup(account, view, command, order.groupId);
  const together = order.purpose === 'exit' ? matchExitLegs(account, view, order, command.configVersion) : null;
  if (together !== null) return together;
  const held = heldBack(account, view, order);
  if (held !== null && order.purpose === 'exit') return metUnfillable(account, view, order, command, held);
  const market = held === null ? marketOf(view, order, command) : null;
  if (market === null) return endedAtOnce(account, view, order);
  return order.purpose === 'exit' ? matchExit(account, order, market) : matchEntry(account, order, market);
}
