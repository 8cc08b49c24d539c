/** Where events of the journal name what they are about. */
interface NamedInEvent {
  readonly type?: unknown;
  readonly order?: unknown;
  readonly fill?: unknown;
  readonly positionId?: unknown;
  readonly orderId?: unknown;
}

/** Entries are `E:<position>`, exits `X:<position>:<version>`. */
const ORDER_ID = /^(?:E:(?<entered>.+)|X:(?<left>.+):\d+)$/s;

/**
 * The one id that leads through the logs from a scan to the fill, to what was told of it, and on to the exit: the position's,
 * which is part of every id of its orders and fills. A position that never opened has one too, by its entry.
 * @returns null for what concerns no position
 */
export function correlationOf({ order, fill, positionId, orderId }: NamedInEvent): string | null {
  const named = positionId ?? positionIn(order) ?? positionIn(fill) ?? positionOfOrder(orderId);
  return typeof named === 'string' ? named : null;
}

const positionIn = (value: unknown): unknown => (typeof value === 'object' && value !== null && 'positionId' in value ? value.positionId : undefined);

function positionOfOrder(orderId: unknown): string | undefined {
  const groups = typeof orderId === 'string' ? ORDER_ID.exec(orderId)?.groups : undefined;
  return groups?.entered ?? groups?.left;
}
