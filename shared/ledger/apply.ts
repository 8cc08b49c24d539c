import type { Fill } from '../contracts/fill.ts';
import type { AccountHead, JournalEvent, JournalEventOf, JournalRow } from '../contracts/journal.ts';
import type { EntryOrder, ExitOrder, Order } from '../contracts/order.ts';
import type { Position } from '../contracts/position.ts';
import { add, type Decimal, fromNumber, max, multiply, multiplyDivide, subtract, text, toNumber, ZERO } from '../kernel/decimal.ts';
import { unreachable } from '../kernel/errors.ts';
import { istDate } from '../market/ist.ts';
import { type Account, LedgerError } from './account.ts';
import { enlarged, opened } from './entry-fill.ts';
import { reduced } from './exit-fill.ts';
import { cashChange } from './postings.ts';
import { exitId, restingExit } from './resting-exit.ts';
import { rowHash } from './row-text.ts';
import { remember } from './takings.ts';
import { NO_RECORD, withAccepted, withClosed, withDay } from './trading-record.ts';

/** The hash that the first row of every journal is chained to. */
export const GENESIS_HASH = '0'.repeat(64);

/** The journal row of an event that follows an account: next in the gap-free order, chained to all before. */
export function journalRow(account: Account | null, commandId: string, event: JournalEvent): JournalRow {
  const seq = (account?.seq ?? 0) + 1;
  return { seq, commandId, event, hash: rowHash(account?.hash ?? GENESIS_HASH, seq, commandId, event) };
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
      return withOrder({ ...account, record: withAccepted(account.record, event.atMs) }, event.order);
    case 'order-ended':
      requireOrder(account, event.orderId);
      return { ...account, orders: without(account.orders, event.orderId) };
    case 'order-triggered':
      return withOrder(account, { ...requireEntry(account, event.orderId), ...next(account, event.orderId), triggeredMs: event.atMs });
    case 'order-waiting':
      return withOrder(account, { ...requireOrder(account, event.orderId), ...next(account, event.orderId), waiting: event.waiting });
    case 'exit-requested':
      return exitRequested(account, event);
    case 'exit-amended':
      return amended(account, event);
    case 'filled':
      return filled(account, event.fill);
    case 'corporate-action':
      return adjusted(account, event);
    case 'model-switched-off': {
      const { strategy, modelVersion, why, atMs } = event;
      return { ...account, modelsOff: [...(account.modelsOff ?? []), { strategy, modelVersion, why, atMs }] };
    }
    case 'funding-paid':
      return funded(account, event);
    case 'margin-raised': {
      const held = requirePosition(account, event.positionId);
      return withPosition(account, { ...held, version: held.version + 1, margin: event.after, deliveryStep: event.daysBefore });
    }
    case 'limits-set':
      return { ...account, limits: event.after };
    case 'kill-switch-set':
      return { ...account, record: { ...account.record, killedMs: event.on ? event.atMs : null } };
    case 'equity-marked':
      return { ...account, curve: marked(account.curve, event) };
    case 'day-opened':
      return { ...account, day: { ...account.day, openEquity: event.equity } };
    case 'day-closed':
      return {
        ...account,
        day: newDay(event.nextDate, event.atMs, event.report.endEquity, event.report.nextValueAtRisk),
        record: withDay(account.record, event.report),
      };
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
    totals: { trades: 0, wins: 0, fills: 0, realised: ZERO, charges: ZERO, slippage: ZERO, better: ZERO, worse: ZERO },
    takings: [],
    record: NO_RECORD,
    delivered: null,
    curve: { peak: capital, maxDrawdown: 0, last: capital, lastMarkMs: event.atMs, marks: 0, marksExposed: 0 },
    positions: new Map(),
    orders: new Map(),
  };
}

const newDay = (date: string, openedMs: number, startEquity: Decimal, valueAtRisk?: Decimal): Account['day'] => ({
  date,
  openedMs,
  startEquity,
  openEquity: null,
  realised: ZERO,
  charges: ZERO,
  trades: 0,
  wins: 0,
  ...(valueAtRisk === undefined ? {} : { valueAtRisk }),
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

function exitRequested(account: Account, { orderId, reason, quantity, activeFromMs, atMs }: JournalEventOf<'exit-requested'>): Account {
  const order = requireExit(account, orderId);
  const left = subtract(order.quantity, order.filledQuantity);
  if (quantity !== null && (quantity <= 0n || quantity > left)) {
    throw new LedgerError('wrong_quantity', `Exit ${order.id} has ${text(left)} to close, asked for are ${text(quantity)}`);
  }
  // A stop that was met goes on as the order that it is; what somebody asks for is a new one at the venue, with caps of its own.
  const isSameOrder = reason === 'stop' || reason === 'trailing-stop';
  return withOrder(account, {
    ...order,
    version: order.version + 1,
    filledNotional: isSameOrder ? order.filledNotional : ZERO,
    atMarket: { reason, quantity, requestedMs: atMs },
    activeFromMs,
  });
}

function amended(account: Account, { orderId, before, after, atMs }: JournalEventOf<'exit-amended'>): Account {
  const order = requireExit(account, orderId);
  const position = requirePosition(account, order.positionId);
  if (order.stop !== before.stop || order.target !== before.target) {
    throw new LedgerError('unknown_order', `Exit ${order.id} does not have the levels that were to be changed`, { before, order });
  }
  // It works with these levels from now on: what was traded before has not met them.
  const activeFromMs = Math.max(order.activeFromMs, atMs);
  const changedAccount = withOrder(account, { ...order, ...after, activeFromMs, version: order.version + 1 });
  return withPosition(changedAccount, { ...position, ...after, version: position.version + 1 });
}

function filled(account: Account, fill: Fill): Account {
  const order = requireOrder(account, fill.orderId);
  const filledQuantity = add(order.filledQuantity, fill.quantity);
  const filledNotional = add(order.filledNotional, multiply(fill.quantity, fill.price));
  if (fill.quantity <= 0n || fill.ordinal !== order.fills + 1 || filledQuantity > order.quantity) {
    const [asked, has] = [text(order.quantity), text(order.filledQuantity)];
    throw new LedgerError(
      'wrong_quantity',
      `Order ${order.id} asks for ${asked} and has ${has}, its fill ${fill.ordinal} has ${text(fill.quantity)}`,
    );
  }
  const base = {
    ...account,
    cash: add(account.cash, cashChange(fill.postings)),
    takings: remember(account.takings, fill),
    totals: { ...account.totals, fills: account.totals.fills + 1 },
  };
  return order.purpose === 'entry'
    ? entryFilled(base, { ...order, filledNotional }, filledQuantity, fill)
    : exitFilled(base, { ...order, filledNotional }, filledQuantity, fill);
}

function entryFilled(account: Account, order: EntryOrder, filledQuantity: Decimal, fill: Fill): Account {
  const held = account.positions.get(order.positionId);
  const isWhole = filledQuantity === order.quantity;
  const [left, remaining] = [subtract(order.quantity, order.filledQuantity), subtract(order.quantity, filledQuantity)];
  const reserved = multiplyDivide(order.reserved, remaining, left);
  const working: EntryOrder = { ...order, version: order.version + 1, fills: fill.ordinal, filledQuantity, reserved, waiting: null };
  const entered = isWhole ? { ...account, orders: without(account.orders, order.id) } : withOrder(account, working);
  if (held === undefined) {
    const position = opened(order, fill);
    return withOrder(withPosition(entered, position), restingExit(position, fill.atMs));
  }
  const exit = requireExit(account, held.exitId);
  const { position, added } = enlarged(held, order, fill);
  return withOrder(withPosition(entered, position), { ...exit, version: exit.version + 1, quantity: add(exit.quantity, added) });
}

function exitFilled(account: Account, order: ExitOrder, filledQuantity: Decimal, fill: Fill): Account {
  const held = requirePosition(account, fill.positionId);
  if (fill.realised === null) throw new LedgerError('unknown_position', `Exit ${fill.id} says nothing of its result`);
  const gone = add(fill.quantity, fill.unitsLost);
  if (gone > held.quantity) {
    throw new LedgerError('wrong_quantity', `Position ${held.id} holds ${text(held.quantity)}, exit ${fill.id} takes ${text(gone)}`);
  }
  const { net, charges, slippage, better, worse } = fill.realised;
  const { totals, day } = account;
  const booked: Account = {
    ...account,
    totals: {
      ...totals,
      realised: add(totals.realised, net),
      charges: add(totals.charges, charges),
      slippage: add(totals.slippage, slippage),
      better: add(totals.better, better),
      worse: add(totals.worse, worse),
    },
    day: { ...day, realised: add(day.realised, net), charges: add(day.charges, charges) },
    delivered: deliveredAfter(account.delivered, fill),
  };
  if (gone === held.quantity) return closed(booked, held, order, fill);
  const exit: ExitOrder = {
    ...order,
    version: order.version + 1,
    fills: fill.ordinal,
    filledQuantity,
    waiting: null,
    atMarket: stillAtMarket(order.atMarket, fill.quantity),
  };
  return withOrder(withPosition(booked, reduced(held, fill)), exit);
}

function closed(account: Account, held: Position, order: ExitOrder, fill: Fill): Account {
  const net = add(held.closed?.realised.net ?? ZERO, fill.realised?.net ?? ZERO);
  const win = net > 0n ? 1 : 0;
  const { totals, day } = account;
  const positions = without(account.positions, held.id);
  return {
    ...account,
    positions,
    orders: without(account.orders, order.id),
    totals: { ...totals, trades: totals.trades + 1, wins: totals.wins + win },
    record: withClosed(account.record, held, net, fill.atMs, !isHeld(held.structure?.id, positions, account.orders)),
    day: { ...day, trades: day.trades + 1, wins: day.wins + win },
  };
}

/** Whether anything of a structure is open, or an entry works that will open it. */
function isHeld(structureId: string | undefined, positions: Account['positions'], orders: Account['orders']): boolean {
  if (structureId === undefined) return false;
  if ([...positions.values()].some(({ structure }) => structure?.id === structureId)) return true;
  return [...orders.values()].some((order) => order.purpose === 'entry' && order.structure?.id === structureId);
}

/** What is left of a request to close at market; a part that has been closed leaves the bracket to the rest. */
function stillAtMarket(atMarket: ExitOrder['atMarket'], filled: Decimal): ExitOrder['atMarket'] {
  if (atMarket === null || atMarket.quantity === null) return atMarket;
  const quantity = subtract(atMarket.quantity, filled);
  return quantity > 0n ? { ...atMarket, quantity } : null;
}

/** The depository charges by the day in India on which shares are sold, whatever day the books are in. */
function deliveredAfter(before: Account['delivered'], fill: Fill): Account['delivered'] {
  if (!fill.charges.some(({ line }) => line === 'dp')) return before;
  const date = istDate(fill.atMs);
  return { date, symbols: before?.date === date ? [...before.symbols, fill.symbol] : [fill.symbol] };
}

/**
 * A position after a corporate action, a version on. Its exit is replaced by another order, so that a trigger that was met at
 * an old price meets nothing. An exit at market that was asked for stays asked for.
 */
function adjusted(account: Account, event: JournalEventOf<'corporate-action'>): Account {
  const held = requirePosition(account, event.positionId);
  if (held.quantity !== event.before.quantity || held.symbol !== event.before.symbol) {
    const [has, expected] = [`${text(held.quantity)} ${held.symbol}`, `${text(event.before.quantity)} ${event.before.symbol}`];
    throw new LedgerError('wrong_quantity', `Position ${held.id} holds ${has}, ${event.action.id} was worked out for ${expected}`);
  }
  const exit = requireExit(account, held.exitId);
  const paid = cashChange(event.postings);
  const version = held.version + 1;
  const position: Position = {
    ...held,
    ...event.after,
    version,
    exitId: exitId(held.id, version),
    entryCash: add(held.entryCash, paid),
    closed: held.closed === null ? null : { ...held.closed, quantity: unitsAfter(held.closed.quantity, event.action) },
    actions: [...(held.actions ?? []), { ...event.action, replacedExit: exit.id }],
  };
  // A part that was to be closed was counted in old units: what remains of the request is the whole.
  const atMarket = exit.atMarket === null ? null : { ...exit.atMarket, quantity: null };
  const replacing: ExitOrder = { ...restingExit(position, event.atMs), atMarket, activeFromMs: Math.max(event.atMs, exit.activeFromMs) };
  return {
    ...account,
    cash: add(account.cash, paid),
    positions: withEntry(account.positions, position.id, position),
    orders: withEntry(without(account.orders, exit.id), replacing.id, replacing),
  };
}

/** A position after a funding payment: the cash is part of what it has cost, and shown apart. */
function funded(account: Account, event: JournalEventOf<'funding-paid'>): Account {
  const held = requirePosition(account, event.positionId);
  if (held.quantity !== event.quantity || (held.fundedMs ?? held.openedMs) >= event.fundingMs) {
    const message = `Position ${held.id} holds ${text(held.quantity)} and was funded last at ${held.fundedMs}: the payment of ${event.fundingMs} is none of its own`;
    throw new LedgerError('wrong_quantity', message, { fundingMs: event.fundingMs });
  }
  const received = cashChange(event.postings);
  const { totals } = account;
  const position: Position = {
    ...held,
    version: held.version + 1,
    entryCash: add(held.entryCash, received),
    funding: add(held.funding ?? ZERO, received),
    fundedMs: event.fundingMs,
  };
  const paid = { ...account, cash: add(account.cash, received), totals: { ...totals, funding: add(totals.funding ?? ZERO, received) } };
  return withPosition(paid, position);
}

/** Units that were closed before an action, counted as those that are held after it. */
function unitsAfter(units: Decimal, { kind, priceFactor }: JournalEventOf<'corporate-action'>['action']): Decimal {
  const isByRatio = kind === 'split' || kind === 'bonus' || kind === 'merger';
  return isByRatio ? fromNumber(toNumber(units) / priceFactor) : units;
}

const next = (account: Account, orderId: string): { readonly version: number } => ({ version: requireOrder(account, orderId).version + 1 });

function requireOrder(account: Account, id: string): Order {
  const order = account.orders.get(id);
  if (order === undefined) throw new LedgerError('unknown_order', `No working order ${id} in session ${account.sessionId}`, { id });
  return order;
}

function requireEntry(account: Account, id: string): EntryOrder {
  const order = requireOrder(account, id);
  if (order.purpose !== 'entry') throw new LedgerError('unknown_order', `Order ${id} is not an entry`);
  return order;
}

function requireExit(account: Account, id: string): ExitOrder {
  const order = requireOrder(account, id);
  if (order.purpose !== 'exit') throw new LedgerError('unknown_order', `Order ${id} is not an exit`);
  return order;
}

function requirePosition(account: Account, id: string): Position {
  const position = account.positions.get(id);
  if (position === undefined) throw new LedgerError('unknown_position', `No open position ${id} in session ${account.sessionId}`, { id });
  return position;
}

const withOrder = (account: Account, order: Order): Account => ({ ...account, orders: withEntry(account.orders, order.id, order) });

const withPosition = (account: Account, position: Position): Account => ({
  ...account,
  positions: withEntry(account.positions, position.id, position),
});

function withEntry<V>(map: ReadonlyMap<string, V>, key: string, value: V): ReadonlyMap<string, V> {
  return new Map(map).set(key, value);
}

function without<V>(map: ReadonlyMap<string, V>, key: string): ReadonlyMap<string, V> {
  const copy = new Map(map);
  copy.delete(key);
  return copy;
}
