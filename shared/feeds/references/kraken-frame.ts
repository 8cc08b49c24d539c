import { shown } from '../intake/shown.ts';
import { isoStampMs } from './iso-stamp.ts';
import {
  isJsonFields,
  type JsonFields,
  quoteFault,
  type ReferenceQuote,
  type RefusedReference,
  readJsonFields,
  refusedReference,
} from './reference-frame.ts';

/** What one frame of Kraken said. */
export type KrakenFrame =
  | { readonly kind: 'quotes'; readonly quotes: readonly ReferenceQuote[]; readonly refused: readonly RefusedReference[] }
  /** State of the venue's matching: `online`, `maintenance`, `cancel_only`, `post_only`. */
  | { readonly kind: 'status'; readonly system: string }
  | { readonly kind: 'heartbeat' }
  | { readonly kind: 'acknowledged'; readonly pair: string }
  /** A request that failed; `pair` is null where the answer names none. */
  | { readonly kind: 'rejected'; readonly pair: string | null; readonly error: string }
  /** Well formed, of no use here. */
  | { readonly kind: 'ignored' }
  | RefusedReference;

const IGNORED: KrakenFrame = { kind: 'ignored' };
const HEARTBEAT: KrakenFrame = { kind: 'heartbeat' };
const NOT_USED: ReadonlySet<unknown> = new Set(['book', 'level3', 'trade', 'ohlc', 'instrument']);

/**
 * Reads a frame of Kraken's WebSocket v2: ticker, status, heartbeat and the answers to requests. Never throws: what it cannot
 * read is refused with a code. A ticker without a stamp has the time null.
 * @see docs.kraken.com, Spot WebSocket v2, ticker
 */
export function parseKrakenFrame(text: string): KrakenFrame {
  const read = readJsonFields(text);
  if (read.kind === 'refused') return read;
  const value = read.fields;
  if (value.method !== undefined || value.error !== undefined) return answer(value);
  switch (value.channel) {
    case 'ticker':
      return tickers(value);
    case 'heartbeat':
      return HEARTBEAT;
    case 'status':
      return status(value);
    default:
      return NOT_USED.has(value.channel) ? IGNORED : refusedReference('unknown_shape', `channel ${shown(value.channel)}`);
  }
}

function tickers({ data }: JsonFields): KrakenFrame {
  if (!Array.isArray(data) || data.length === 0) return refusedReference('unknown_shape', 'ticker without data');
  const quotes: ReferenceQuote[] = [];
  const refused: RefusedReference[] = [];
  for (const item of data) {
    const read = ticker(item);
    if ('kind' in read) refused.push(read);
    else quotes.push(read);
  }
  return quotes.length === 0 && refused[0] !== undefined && refused.length === 1 ? refused[0] : { kind: 'quotes', quotes, refused };
}

function ticker(item: unknown): ReferenceQuote | RefusedReference {
  if (!isJsonFields(item) || typeof item.symbol !== 'string' || item.symbol === '')
    return refusedReference('unknown_shape', 'ticker without a symbol');
  const { symbol: pair, bid, ask, timestamp } = item;
  const exchangeMs = timestamp === undefined ? null : isoStampMs(timestamp);
  if (timestamp !== undefined && exchangeMs === null) return refusedReference('bad_stamp', `${pair} time ${shown(timestamp)}`);
  if (typeof bid !== 'number' || typeof ask !== 'number') return refusedReference('bad_price', `${pair} bid ${shown(bid)}, ask ${shown(ask)}`);
  const fault = quoteFault(bid, ask);
  if (fault !== null) return refusedReference(fault, `${pair} bid ${shown(bid)}, ask ${shown(ask)}`);
  return { pair, bid, ask, exchangeMs, sequence: null };
}

function status({ data }: JsonFields): KrakenFrame {
  const first: unknown = Array.isArray(data) ? data[0] : undefined;
  if (!isJsonFields(first) || typeof first.system !== 'string') return refusedReference('unknown_shape', 'status without a system');
  return { kind: 'status', system: first.system };
}

function answer({ method, success, error, symbol, result }: JsonFields): KrakenFrame {
  if (success === true && method === 'subscribe') {
    if (isJsonFields(result) && typeof result.symbol === 'string') return { kind: 'acknowledged', pair: result.symbol };
    return refusedReference('unknown_shape', `acknowledgement of ${shown(result)}`);
  }
  if (typeof error === 'string') return { kind: 'rejected', pair: typeof symbol === 'string' ? symbol : null, error };
  return method === 'pong' || success === true ? IGNORED : refusedReference('unknown_shape', `answer to ${shown(method)}`);
}
