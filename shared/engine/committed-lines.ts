import { measured } from '../config/metrics.ts';
import type { Fill } from '../contracts/fill.ts';
import type { JournalEvent, JournalRow } from '../contracts/journal.ts';
import type { EntryOrder } from '../contracts/order.ts';
import type { QuoteExcerpt } from '../contracts/quote-excerpt.ts';
import { correlationOf } from '../ledger/correlation.ts';
import type { EngineContext } from './context.ts';

type Facts = Readonly<Record<string, unknown>>;

/**
 * A log line for every committed event of an order or a position, under the id that leads from the scan to the fill and to who
 * was told. Written by whoever committed; the journal is the truth, and what a process that died did not log is there too.
 */
export function tellCommitted({ log, clock }: Pick<EngineContext, 'log' | 'clock'>, sessionId: string, rows: readonly JournalRow[]): void {
  for (const { seq, commandId, event } of rows) {
    const correlationId = correlationOf(event);
    if (correlationId === null) continue;
    const fills = event.type === 'filled' ? measured({ Fills: 1 }, clock.now()) : {};
    log('info', event.type, { correlationId, sessionId, seq, commandId, ...factsOf(event), ...fills });
  }
}

function factsOf(event: JournalEvent): Facts {
  switch (event.type) {
    case 'order-placed':
      return placed(event.order);
    case 'filled':
      return filled(event.fill);
    case 'order-ended':
      return { orderId: event.orderId, state: event.state, reason: event.reason };
    case 'exit-requested':
      return { orderId: event.orderId, reason: event.reason };
    case 'order-waiting':
      return { orderId: event.orderId, reason: event.waiting?.code ?? null };
    case 'order-triggered':
    case 'exit-amended':
      return { orderId: event.orderId };
    default:
      return {};
  }
}

function placed({ id, symbol, strategy, side, quantity, activeFromMs, intent }: EntryOrder): Facts {
  const { quote, lastBarMs, decisionId } = intent;
  return { orderId: id, symbol, strategy, side, quantity, activeFromMs, decisionId, lastBarMs, ...stampsOf(quote) };
}

/** With the stamps of the tick that reached it, or null where the order was due by itself and filled on the quote that stood. */
function filled({ id, orderId, symbol, strategy, side, purpose, quantity, price, exitReason, provenance }: Fill): Facts {
  const { quote, tick, latencyMs } = provenance;
  return {
    orderId,
    fillId: id,
    symbol,
    strategy,
    side,
    purpose,
    quantity,
    price,
    exitReason,
    latencyMs,
    tickPrice: tick?.price ?? null,
    tickExchangeMs: tick?.exchangeMs ?? null,
    tickReceivedMs: tick?.receivedMs ?? null,
    ...stampsOf(quote),
  };
}

const stampsOf = ({ source, exchangeMs, receivedMs }: QuoteExcerpt): Facts => ({
  quoteSource: source,
  quoteExchangeMs: exchangeMs,
  quoteReceivedMs: receivedMs,
});
