import type { AccountHead, EntryOrder, ExitOrder, Fill, JournalEvent, JournalEventOf, JournalRow, Order, Position } from '../contracts/journal.ts';
import { add, type Decimal, max, multiply, subtract, sum, text, toNumber, ZERO } from '../kernel/decimal.ts';
import { digest } from '../kernel/digest.ts';
import { unreachable } from '../kernel/errors.ts';
import { type Account, LedgerError } from './account.ts';
import { cashChange } from './postings.ts';

/** The hash that the first row of every journal is chained to. */
export const GENESIS_HASH = '0'.repeat(64);

/** The journal row of an event that follows an account: next in the gap-free order, chained to all before. */
export function journalRow(account: Account | null, commandId: string, event: JournalEvent): JournalRow {
  const seq = (account?.seq ?? 0) + 1;
  return { seq, commandId, event, hash: digest(account?.hash ?? GENESIS_HASH, seq, commandId, event) };
}

/**
 * The account after a journal row: a pure function of the two, so that a journal replayed from the start gives the account.
 * @throws LedgerError `wrong_sequence` when the row is not the next one, and the errors of a row that contradicts the account
 */
export function apply(account: Account | null, row: JournalRow): Account {
  const expected = (account?.seq ?? 0) + 1;
  if (row.seq !== expected)
    throw new LedgerError('wrong_sequence', `Expected journal row ${expected}, received ${row.seq}`, { expected, received: row.seq });
  const { event } = row;
  if (event.type === 'session-started') {
    if (account !== null) throw new LedgerError('already_started', `Session ${account.sessionId} has started already`);
    return started(event, row);
  }
  if (account === null) throw new LedgerError('not_started', `A journal begins with session-started, received ${event.type}`);
  return { ...changed(account, event), seq: row.seq, hash: row.hash };
}

function changed(account: Account, event: Exclude<JournalEvent, { type: 'session-started' }>): Account {
  switch (event.type) {
    case 'order-placed':
      return { ...account, orders: withEntry(account.orders, event.order.id, event.order) };
    case 'order-ended':
      requireOrder(account, event.orderId);
      return { ...account, orders: without(account.orders, event.orderId) };
    case 'exit-requested':
      return exitRequested(account, event);
    case 'filled':
      return filled(account, event.fill);
    case 'corporate-action':
      return adjusted(account, event);
    case 'limits-set':
      return { ...account, limits: event.after };
    case 'equity-marked':
      return { ...account, curve: marked(account.curve, event) };
    case 'day-opened':
      return { ...account, day: { ...account.day, openEquity: event.equity } };
    case 'day-closed':
      return { ...account, day: newDay(event.nextDate, event.atMs, event.report.endEquity) };
    case 'session-stopping':
      return { ...account, status: 'stopping' };
    case 'session-stopped':
      return { ...account, status: 'stopped', stoppedMs: event.atMs };
    default:
      return unreachable(event);
  }
}

function started(event: JournalEventOf<'session-started'>, row: JournalRow): Account {
  const capital = event.startingCapital;
  return {
    sessionId: event.sessionId,
    seq: row.seq,
    hash: row.hash,
    status: 'active',
    startedMs: event.atMs,
    stoppedMs: null,
    evidence: event.evidence,
    scope: event.scope,
    seed: event.seed,
    configVersion: event.configVersion,
    startingCapital: capital,
    strategies: event.strategies,
    limits: event.limits,
    cash: cashChange(event.postings),
    day: newDay(event.dayDate, event.atMs, capital),
    totals: { trades: 0, wins: 0, fills: 0, realised: ZERO, charges: ZERO, slippage: ZERO },
    curve: { peak: capital, maxDrawdown: 0, last: capital, lastMarkMs: event.atMs, marks: 0, marksExposed: 0 },
    positions: new Map(),
    orders: new Map(),
  };
}

const newDay = (date: string, openedMs: number, startEquity: Decimal): Account['day'] => ({
  date,
  openedMs,
  startEquity,
  openEquity: null,
  realised: ZERO,
  charges: ZERO,
  trades: 0,
  wins: 0,
});

function marked(curve: AccountHead['curve'], event: JournalEventOf<'equity-marked'>): AccountHead['curve'] {
  const peak = max(curve.peak, event.equity);
  const drawdown = peak <= 0n ? 0 : toNumber(subtract(peak, event.equity)) / toNumber(peak);
  return {
    peak,
    maxDrawdown: Math.max(curve.maxDrawdown, drawdown),
    last: event.equity,
    lastMarkMs: event.atMs,
    marks: curve.marks + 1,
    marksExposed: curve.marksExposed + (event.exposure > 0n ? 1 : 0),
  };
}

function exitRequested(account: Account, event: JournalEventOf<'exit-requested'>): Account {
  const order = requireOrder(account, event.orderId);
  if (order.purpose !== 'exit') throw new LedgerError('unknown_order', `Order ${order.id} is not an exit`);
  const requested: ExitOrder = { ...order, version: order.version + 1, marketReason: event.reason, activeFromMs: event.activeFromMs };
  return { ...account, orders: withEntry(account.orders, order.id, requested) };
}

function filled(account: Account, fill: Fill): Account {
  const order = requireOrder(account, fill.orderId);
  // Orders fill whole or not at all so far: partial fills come with volume participation.
  if (fill.quantity !== order.quantity) {
    throw new LedgerError('wrong_quantity', `Order ${order.id} asks for ${text(order.quantity)}, its fill has ${text(fill.quantity)}`);
  }
  const base = {
    ...account,
    cash: add(account.cash, cashChange(fill.postings)),
    orders: without(account.orders, order.id),
    totals: { ...account.totals, fills: account.totals.fills + 1 },
  };
  return order.purpose === 'entry' ? opened(base, order, fill) : closed(base, fill);
}

function opened(account: Account, order: EntryOrder, fill: Fill): Account {
  const toBase = (amount: Decimal): Decimal => multiply(amount, fill.rate.value);
  const position: Position = {
    id: order.positionId,
    version: 1,
    strategy: order.strategy,
    symbol: order.symbol,
    market: order.market,
    currency: order.currency,
    product: order.product,
    direction: order.side === 'buy' ? 'long' : 'short',
    quantity: fill.quantity,
    entryPrice: fill.price,
    cost: multiply(fill.quantity, fill.price),
    entryRate: fill.rate.value,
    entryCash: cashChange(fill.postings),
    entryCharges: toBase(sum(fill.charges.map((charge) => charge.amount))),
    entrySlippage: toBase(fill.slippage),
    stop: order.bracket.stop,
    target: order.bracket.target,
    trailingShare: order.bracket.trailingShare,
    openedMs: fill.atMs,
    exitByMs: fill.atMs + order.bracket.maxHoldingMs,
    evidence: fill.evidence,
    intent: order.intent,
  };
  const exit = restingExit(position, fill.atMs);
  return { ...account, positions: withEntry(account.positions, position.id, position), orders: withEntry(account.orders, exit.id, exit) };
}

/** The id of a position's exit at a version, without its trigger: every cause of an exit names the same order. */
export const exitId = (positionId: string, version: number): string => `X:${positionId}:${version}`;

function restingExit(position: Position, fromMs: number): ExitOrder {
  return {
    purpose: 'exit',
    id: exitId(position.id, position.version),
    version: 1,
    positionId: position.id,
    strategy: position.strategy,
    symbol: position.symbol,
    market: position.market,
    currency: position.currency,
    product: position.product,
    side: position.direction === 'long' ? 'sell' : 'buy',
    quantity: position.quantity,
    filledQuantity: ZERO,
    acceptedMs: fromMs,
    activeFromMs: fromMs,
    stop: position.stop,
    target: position.target,
    trailingShare: position.trailingShare,
    marketReason: null,
  };
}

/**
 * A position after a corporate action, a version on: so its exit is another order, and a trigger that was met at an old price
 * meets nothing. An exit at market that was asked for stays asked for.
 */
function adjusted(account: Account, event: JournalEventOf<'corporate-action'>): Account {
  const held = account.positions.get(event.positionId);
  if (held === undefined) throw new LedgerError('unknown_position', `No open position ${event.positionId} for ${event.action.id}`);
  if (held.quantity !== event.before.quantity || held.symbol !== event.before.symbol) {
    const [has, expected] = [`${text(held.quantity)} ${held.symbol}`, `${text(event.before.quantity)} ${event.before.symbol}`];
    throw new LedgerError('wrong_quantity', `Position ${held.id} holds ${has}, ${event.action.id} was worked out for ${expected}`);
  }
  const exit = requireOrder(account, exitId(held.id, held.version));
  if (exit.purpose !== 'exit') throw new LedgerError('unknown_order', `Order ${exit.id} is not an exit`);
  const paid = cashChange(event.postings);
  const position: Position = {
    ...held,
    ...event.after,
    version: held.version + 1,
    entryCash: add(held.entryCash, paid),
    actions: [...(held.actions ?? []), { ...event.action, replacedExit: exit.id }],
  };
  const replacing: ExitOrder = {
    ...restingExit(position, event.atMs),
    marketReason: exit.marketReason,
    activeFromMs: Math.max(event.atMs, exit.activeFromMs),
  };
  return {
    ...account,
    cash: add(account.cash, paid),
    positions: withEntry(account.positions, position.id, position),
    orders: withEntry(without(account.orders, exit.id), replacing.id, replacing),
  };
}

function closed(account: Account, fill: Fill): Account {
  const held = account.positions.get(fill.positionId);
  if (held === undefined || fill.realised === null)
    throw new LedgerError('unknown_position', `No open position ${fill.positionId} for exit ${fill.id}`);
  const { totals, day } = account;
  const { net, charges, slippage } = fill.realised;
  const win = net > 0n ? 1 : 0;
  return {
    ...account,
    positions: without(account.positions, held.id),
    totals: {
      trades: totals.trades + 1,
      wins: totals.wins + win,
      fills: totals.fills,
      realised: add(totals.realised, net),
      charges: add(totals.charges, charges),
      slippage: add(totals.slippage, slippage),
    },
    day: { ...day, realised: add(day.realised, net), charges: add(day.charges, charges), trades: day.trades + 1, wins: day.wins + win },
  };
}

function requireOrder(account: Account, id: string): Order {
  const order = account.orders.get(id);
  if (order === undefined) throw new LedgerError('unknown_order', `No working order ${id} in session ${account.sessionId}`, { id });
  return order;
}

function withEntry<V>(map: ReadonlyMap<string, V>, key: string, value: V): ReadonlyMap<string, V> {
  return new Map(map).set(key, value);
}

function without<V>(map: ReadonlyMap<string, V>, key: string): ReadonlyMap<string, V> {
  const copy = new Map(map);
  copy.delete(key);
  return copy;
}
