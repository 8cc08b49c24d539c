import type { Fill } from '../../contracts/fill.ts';
import type { ExitOrder, Order } from '../../contracts/order.ts';
import type { Position } from '../../contracts/position.ts';
import { add } from '../../kernel/decimal.ts';
import type { Account } from '../../ledger/account.ts';
import { type Draft, draftOn } from '../draft.ts';
import { type MatchCommand, meeting, remaining } from '../fill-inputs.ts';
import { exitFill } from '../fill-record.ts';
import { heldBack, inAuction, LEGS_IN_ORDER } from '../held-back.ts';
import { marketMet, marketOf, matchId } from '../match-common.ts';
import { cancelEntry, MET } from '../match-exit.ts';
import { phaseOf } from '../trading-phase.ts';
import type { MarketView } from '../view.ts';

interface ExitLeg {
  readonly position: Position;
  readonly order: ExitOrder;
}

/**
 * The legs of a structure that are all to be closed at market, each whole and in one step, those that were sold first. Null where
 * the order is of no such structure, or a leg of it cannot be had whole now: then each goes its own way, in that order.
 */
export function matchExitLegs(account: Account, view: MarketView, asked: ExitOrder, configVersion: string): Draft | null {
  const legs = legsClosing(account, asked);
  const [first] = legs;
  if (first === undefined || legs.some(({ order }) => isHeldBack(account, view, order))) return null;
  const draft = draftOn(account, matchId(account, first.order.id));
  for (const leg of legs) {
    const fill = wholeFill(draft.account(), view, leg, { orderId: leg.order.id, tick: null, extreme: null, queueAhead: null, configVersion });
    if (fill === null) return null;
    cancelEntry(draft, leg.position, view.nowMs, MET);
    draft.emit({ type: 'filled', atMs: view.nowMs, fill });
  }
  return draft;
}

/** Two legs or more, all of them at market as a whole; none where one is left out. */
function legsClosing(account: Account, asked: ExitOrder): readonly ExitLeg[] {
  const structureId = asked.atMarket === null ? undefined : account.positions.get(asked.positionId)?.structure?.id;
  if (structureId === undefined) return [];
  const held = [...account.positions.values()].filter(({ structure }) => structure?.id === structureId);
  const legs = held.flatMap((position): readonly ExitLeg[] => {
    const order = account.orders.get(position.exitId);
    return order?.purpose === 'exit' && order.atMarket?.quantity === null ? [{ position, order }] : [];
  });
  if (held.length < 2 || legs.length < held.length) return [];
  const isShort = ({ position }: ExitLeg): boolean => position.direction === 'short';
  return [...legs.filter(isShort), ...legs.filter((leg) => !isShort(leg))];
}

/** That it comes after the legs that were sold keeps no leg from leaving with them. */
function isHeldBack(account: Account, view: MarketView, order: Order): boolean {
  const held = heldBack(account, view, order);
  return (held !== null && held.code !== LEGS_IN_ORDER) || inAuction(phaseOf(view, order).phase);
}

function wholeFill(account: Account, view: MarketView, { position, order }: ExitLeg, command: MatchCommand): Fill | null {
  const market = marketOf(view, order, command);
  const met = market === null ? null : marketMet({ ...meeting(account, order, market, remaining(order)), met: null, limit: null });
  if (market === null || met === null || order.atMarket === null) return null;
  const fill = exitFill(account, order, position, order.atMarket.reason, met, market);
  // Units under the venue's step go with it.
  return add(fill.quantity, fill.unitsLost) === position.quantity ? fill : null;
}
