import type { Alert } from '../contracts/alert.ts';
import type { Fill } from '../contracts/fill.ts';
import type { JournalEvent, JournalEventOf } from '../contracts/journal.ts';
import type { RiskLimits } from '../contracts/terms.ts';
import { text } from '../kernel/decimal.ts';
import { dollars } from './amounts.ts';
import { haltAlert } from './risk-halt.ts';
import { type AlertSketch, labelled, type ToldAccount } from './told-account.ts';

/** The events of which there may be something to tell; the rest of the journal wakes nobody. */
export const TOLD_EVENTS = [
  'session-started',
  'session-stopping',
  'session-stopped',
  'limits-set',
  'model-switched-off',
  'kill-switch-set',
  'day-closed',
  'filled',
  'order-waiting',
  'order-ended',
  'corporate-action',
] as const satisfies readonly JournalEvent['type'][];

type ToldEvent = JournalEventOf<(typeof TOLD_EVENTS)[number]>;

export const isTold = (event: JournalEvent): event is ToldEvent => TOLD_EVENTS.some((type) => type === event.type);

/** The account after the event, or after any later one, with what is still known of its orders. */
export interface EventAccount extends ToldAccount {
  readonly orders: ReadonlyMap<string, { readonly symbol: string }>;
}

/** What a journal event tells the trader; null for nothing. `seq` is its row in the journal. */
export function eventAlert(event: ToldEvent, seq: number, account: EventAccount): Alert | null {
  const told = toldOf(event, account);
  if (told === null) return null;
  if ('scope' in told) return told;
  return labelled(account, { id: `${account.sessionId}:${seq}`, atMs: event.atMs, symbol: null, facts: {}, ...told });
}

type Told = Pick<AlertSketch, 'kind' | 'severity' | 'title' | 'text'> & Partial<AlertSketch>;

function toldOf(event: ToldEvent, account: EventAccount): Told | Alert | null {
  switch (event.type) {
    case 'session-started': {
      const { startingCapital, strategies } = event;
      const said = `Session ${event.sessionId} started with ${dollars(startingCapital)}: ${strategies.join(', ')}`;
      return { ...SESSION, title: 'Session started', text: said, facts: { startingCapital: text(startingCapital) } };
    }
    case 'session-stopping':
      return { ...SESSION, title: 'Session is stopping', text: event.closePositions ? 'Its positions are being closed' : 'Its positions stay open' };
    case 'session-stopped':
      return { ...SESSION, title: 'Session stopped', text: `Session ${account.sessionId} has ended` };
    case 'limits-set':
      return { ...SESSION, title: 'Risk limits changed', text: changed(event.before, event.after) };
    case 'model-switched-off': {
      const { strategy, modelVersion, why } = event;
      const said = `${why}. The strategy goes on without it; train it again on newer data.`;
      return {
        kind: 'model-off',
        severity: 'warning',
        title: `The model of ${strategy} is switched off`,
        text: said,
        facts: { strategy, modelVersion },
      };
    }
    case 'kill-switch-set': {
      const said = `Nothing is opened any more${event.closePositions ? ', and the positions are being closed' : ''}`;
      return event.on
        ? { kind: 'risk-halt', severity: 'critical', title: 'Kill switch on', text: said }
        : { ...SESSION, title: 'Kill switch off', text: 'Entries pass the risk gate again' };
    }
    case 'day-closed':
      return dayClosed(event);
    case 'filled':
      return filled(event.fill);
    case 'order-waiting':
      return waiting(event, account);
    case 'order-ended':
      return event.state === 'rejected' && HALTS.some((limit) => event.reason.startsWith(`${limit}:`))
        ? haltAlert(account, event.atMs, event.reason)
        : null;
    case 'corporate-action': {
      const { action, before, after } = event;
      const said = `${action.says}: ${text(before.quantity)} ${before.symbol} at ${text(before.entryPrice)} became ${text(after.quantity)} ${after.symbol} at ${text(after.entryPrice)}`;
      return { kind: 'corporate-action', severity: 'info', symbol: after.symbol, title: `${before.symbol}: ${action.kind}`, text: said };
    }
  }
}

/** Limits that halt all entries when they are passed. */
const HALTS = ['maxDailyLoss', 'maxDrawdown'];

const SESSION = { kind: 'session', severity: 'info' } as const;

function changed(before: RiskLimits, after: RiskLimits): string {
  const names = Object.keys(after) as (keyof RiskLimits)[];
  const changes = names.filter((name) => before[name] !== after[name]).map((name) => `${name} ${before[name]} to ${after[name]}`);
  return changes.join(', ') || 'To what they were';
}

function dayClosed({ report }: JournalEventOf<'day-closed'>): Told {
  const { date, endEquity, trades, wins, realised, charges, openPositions } = report;
  return {
    ...SESSION,
    title: `Day ${date} closed`,
    text: `Equity ${dollars(endEquity)}, ${trades} trades of which ${wins} won, realised ${dollars(realised)}, charges ${dollars(charges)}, ${openPositions} positions open`,
    facts: { endEquity: text(endEquity), realised: text(realised), charges: text(charges), trades, wins, openPositions },
  };
}

function filled(fill: Fill): Told {
  const { symbol, side, quantity, price, currency, strategy, realised, exitReason, evidence } = fill;
  const isStopOut = exitReason === 'stop' || exitReason === 'trailing-stop';
  const done = `${side === 'buy' ? 'Bought' : 'Sold'} ${text(quantity)} ${symbol} at ${text(price)} ${currency} (${strategy})`;
  const result = realised === null ? '' : `: ${exitReason}, net ${dollars(realised.net)}`;
  return {
    kind: isStopOut ? 'stop-out' : 'fill',
    severity: isStopOut ? 'warning' : 'info',
    symbol,
    evidence,
    title: isStopOut ? `${symbol} stopped out` : `${symbol} ${fill.purpose} filled`,
    text: `${done}${result}`,
    facts: {
      fillId: fill.id,
      positionId: fill.positionId,
      quantity: text(quantity),
      price: text(price),
      net: realised === null ? null : text(realised.net),
      exitReason,
    },
  };
}

/** An exit that waits is told once for each reason: one that wavers between two is one worry. */
function waiting({ orderId, waiting: held }: JournalEventOf<'order-waiting'>, { sessionId, orders }: EventAccount): Told | null {
  if (held === null) return null;
  const symbol = orders.get(orderId)?.symbol ?? null;
  return {
    id: `exit-waiting:${sessionId}:${orderId}:${held.code}`,
    kind: 'exit-waiting',
    severity: 'critical',
    symbol,
    title: `${symbol ?? 'An'} exit waits`,
    text: `Order ${orderId} should have filled and has not: ${held.why}`,
    facts: { orderId, code: held.code },
  };
}
