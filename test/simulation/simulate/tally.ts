import type { Fill } from '../../../shared/contracts/fill.ts';
import type { JournalRow } from '../../../shared/contracts/journal.ts';
import type { EntryOrder } from '../../../shared/contracts/order.ts';
import { add, type Decimal, subtract, text, ZERO } from '../../../shared/kernel/decimal.ts';
import type { Account } from '../../../shared/ledger/account.ts';
import { cashChange, postingsOf } from '../../../shared/ledger/postings.ts';

/** What somebody who knows nothing of accounts adds up from the journal's rows: orders, fills, units held and cash. */
export interface Tally {
  /** @returns what the row says that cannot be, as sentences */
  readonly take: (row: JournalRow) => readonly string[];
  /** What the account has that does not add up, as sentences. Asked after the last row of a command. */
  readonly compare: (account: Account) => readonly string[];
}

interface Asked {
  readonly order: EntryOrder;
  filled: Decimal;
  fills: number;
  isTriggered: boolean;
  isOver: boolean;
}

export function createTally(): Tally {
  const entries = new Map<string, Asked>();
  const exits = new Map<string, number>();
  const held = new Map<string, Decimal>();
  let cash: Decimal = ZERO;

  const entered = (fill: Fill): readonly string[] => {
    const asked = entries.get(fill.orderId);
    if (asked === undefined) return [`fill ${fill.id} is of an order that was not placed`];
    const faults = [...(asked.isOver ? [`fill ${fill.id} came after its order had ended`] : []), ...brokenTerms(asked, fill)];
    asked.fills += 1;
    asked.filled = add(asked.filled, fill.quantity);
    if (fill.ordinal !== asked.fills) faults.push(`fill ${fill.id} is the ${asked.fills}. of its order`);
    if (asked.filled > asked.order.quantity) faults.push(`order ${fill.orderId} of ${text(asked.order.quantity)} has ${text(asked.filled)}`);
    held.set(fill.positionId, add(held.get(fill.positionId) ?? ZERO, subtract(fill.quantity, fill.unitsLost)));
    return faults;
  };

  const left = (fill: Fill): readonly string[] => {
    const ordinal = (exits.get(fill.orderId) ?? 0) + 1;
    exits.set(fill.orderId, ordinal);
    const rest = subtract(held.get(fill.positionId) ?? ZERO, add(fill.quantity, fill.unitsLost));
    held.set(fill.positionId, rest);
    return [
      ...(rest < 0n ? [`exit ${fill.id} is larger than its position by ${text(rest)}`] : []),
      ...(fill.ordinal === ordinal ? [] : [`fill ${fill.id} is the ${ordinal}. of its order`]),
    ];
  };

  return {
    take: ({ event }) => {
      cash = add(cash, cashChange(postingsOf(event)));
      if (event.type === 'order-placed')
        entries.set(event.order.id, { order: event.order, filled: ZERO, fills: 0, isTriggered: false, isOver: false });
      const entry = 'orderId' in event ? entries.get(event.orderId) : undefined;
      if (event.type === 'order-triggered' && entry !== undefined) entry.isTriggered = true;
      if (event.type === 'order-ended' && entry !== undefined) entry.isOver = true;
      if (event.type !== 'filled') return [];
      return event.fill.purpose === 'entry' ? entered(event.fill) : left(event.fill);
    },
    compare: (account) => {
      const faults = account.cash === cash ? [] : [`cash is ${text(account.cash)}, the postings say ${text(cash)}`];
      for (const [id, units] of held) {
        const has = account.positions.get(id)?.quantity ?? ZERO;
        if (has !== units) faults.push(`${id} holds ${text(has)}, its fills say ${text(units)}`);
      }
      for (const asked of entries.values()) faults.push(...brokenStanding(asked, account.orders.has(asked.order.id)));
      return [...faults, ...brokenGroups(entries.values())];
    },
  };
}

/** An order that works although it is over, or the other way round, or that was filled in a way that it forbids. */
function brokenStanding({ order: { id, quantity, timeInForce }, filled, isOver }: Asked, isWorking: boolean): readonly string[] {
  const faults: string[] = [];
  const isDone = isOver || filled === quantity;
  if (isWorking === isDone) faults.push(`order ${id} ${isWorking ? 'works although it is over' : 'is gone and did not end'}`);
  const isPartly = filled > 0n && filled < quantity;
  if (timeInForce === 'FOK' && isPartly) faults.push(`${id} was to be filled whole or not at all`);
  if (timeInForce === 'IOC' && isPartly && isWorking) faults.push(`${id} was to be filled at once and works on`);
  return faults;
}

/** Legs of which some are filled and some are not. */
function brokenGroups(entries: Iterable<Asked>): readonly string[] {
  const groups = new Map<string, Asked[]>();
  for (const asked of entries) {
    const { groupId } = asked.order;
    if (groupId !== null) groups.set(groupId, [...(groups.get(groupId) ?? []), asked]);
  }
  return [...groups].flatMap(([id, legs]) => {
    const touched = legs.filter(({ filled }) => filled > 0n);
    const isWhole = touched.length === 0 || legs.every(({ filled, order }) => filled === order.quantity);
    return isWhole ? [] : [`of ${legs.length} legs of ${id} ${touched.length} are filled, or in part`];
  });
}

/** A fill that its order did not ask for. */
function brokenTerms({ order, isTriggered }: Asked, fill: Fill): readonly string[] {
  const { instruction, side, id } = order;
  const faults: string[] = [];
  if (fill.atMs < order.activeFromMs) faults.push(`${id} was filled before the venue had it`);
  if (order.expiresMs !== null && fill.atMs >= order.expiresMs) faults.push(`${id} was filled after its time`);
  if (instruction.type !== 'market' && instruction.type !== 'limit' && !isTriggered) faults.push(`${id} was filled before its stop was met`);
  if ('limit' in instruction && (side === 'buy' ? fill.price > instruction.limit : fill.price < instruction.limit)) {
    faults.push(`${id} was filled at ${text(fill.price)}, its limit is ${text(instruction.limit)}`);
  }
  return faults;
}
