import type { OrderAnswer } from '../../../shared/contracts/v8/orders.ts';
import { decimal, text } from '../../../shared/kernel/decimal.ts';
import { iso } from '../../../shared/kernel/time.ts';
import { isWorkingState, type OrderStanding } from '../../../shared/ledger/order-standing.ts';

/** What an answer said of an order. */
type Promised = Pick<OrderAnswer, 'id' | 'state' | 'filledQuantity' | 'endedAt' | 'clientOrderId'>;

/** The most that was ever said of each order: no kill may take it back. */
export interface Promises {
  readonly hear: (order: OrderAnswer) => void;
  readonly count: () => number;
  /** What the ledger holds less than was said, as sentences. */
  readonly broken: (standingOf: (orderId: string) => OrderStanding | undefined) => readonly string[];
}

export function createPromises(complain: (fault: string) => void): Promises {
  const known = new Map<string, Promised>();

  const hear = ({ id, state, filledQuantity, endedAt, clientOrderId }: OrderAnswer): void => {
    const before = known.get(id);
    const now: Promised = { id, state, filledQuantity, endedAt, clientOrderId };
    if (before === undefined || isFurther(now, before)) known.set(id, now);
    else if (!isWorkingState(now.state) && differs(now, before)) complain(`Order ${id} was told ${shown(before)}, and later ${shown(now)}`);
  };

  return {
    hear,
    count: () => known.size,
    broken: (standingOf) => [...known.values()].flatMap((promised) => brokenBy(promised, standingOf(promised.id))),
  };
}

/** Answers may overtake each other: an order that still works is what it was before it ended. */
function isFurther(now: Promised, before: Promised): boolean {
  if (!isWorkingState(before.state)) return false;
  return !isWorkingState(now.state) || decimal(now.filledQuantity) > decimal(before.filledQuantity);
}

const differs = (a: Promised, b: Promised): boolean => a.state !== b.state || a.filledQuantity !== b.filledQuantity || a.endedAt !== b.endedAt;

const shown = ({ state, filledQuantity, endedAt }: Promised): string =>
  `${state} with ${filledQuantity} filled${endedAt === null ? '' : ` at ${endedAt}`}`;

function brokenBy(promised: Promised, standing: OrderStanding | undefined): readonly string[] {
  const said = `Order ${promised.id} was told ${shown(promised)}`;
  if (standing === undefined) return [`${said}, and is not in the ledger`];
  const { order, state, endedMs } = standing;
  const endedAt = endedMs === null ? null : iso(endedMs);
  const now: Promised = { id: order.id, state, filledQuantity: text(order.filledQuantity), endedAt, clientOrderId: promised.clientOrderId };
  if (isWorkingState(promised.state)) return order.filledQuantity < decimal(promised.filledQuantity) ? [`${said}, and is ${shown(now)}`] : [];
  return differs(promised, now) ? [`${said}, and is ${shown(now)}`] : [];
}
