import type { EpochMs } from '../../kernel/time.ts';
import { isPrice } from '../../market/price.ts';
import { decimalText } from '../intake/decimal-text.ts';
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

/** What one frame of Coinbase said. */
export type CoinbaseFrame =
  | { readonly kind: 'quote'; readonly quote: ReferenceQuote & { readonly sequence: number; readonly exchangeMs: EpochMs }; readonly tradeId: number }
  | { readonly kind: 'heartbeat'; readonly pair: string; readonly lastTradeId: number }
  /** The pairs whose tickers come from now on. */
  | { readonly kind: 'subscribed'; readonly pairs: readonly string[] }
  | { readonly kind: 'error'; readonly message: string }
  /** Well formed, of no use here. */
  | { readonly kind: 'ignored' }
  | RefusedReference;

const TICKER = 'ticker';
const NOT_USED: ReadonlySet<unknown> = new Set([
  'status',
  'match',
  'last_match',
  'l2update',
  'snapshot',
  'received',
  'open',
  'done',
  'change',
  'activate',
]);
const IGNORED: CoinbaseFrame = { kind: 'ignored' };

/**
 * Reads a frame of Coinbase Exchange: ticker, heartbeat, subscriptions and error. Never throws: what it cannot read is refused
 * with a code. A ticker that follows no trade (an auction) has neither time nor trade: it is refused.
 * @see docs.cdp.coinbase.com, Exchange WebSocket channels
 */
export function parseCoinbaseFrame(text: string): CoinbaseFrame {
  const read = readJsonFields(text);
  if (read.kind === 'refused') return read;
  const value = read.fields;
  switch (value.type) {
    case TICKER:
      return ticker(value);
    case 'heartbeat':
      return heartbeat(value);
    case 'subscriptions':
      return subscriptions(value);
    case 'error':
      return { kind: 'error', message: [value.message, value.reason].filter((part) => typeof part === 'string').join(': ') || shown(value) };
    default:
      return NOT_USED.has(value.type) ? IGNORED : refusedReference('unknown_shape', `type ${shown(value.type)}`);
  }
}

function ticker(frame: JsonFields): CoinbaseFrame {
  const { product_id: pair, sequence, trade_id: tradeId } = frame;
  if (typeof pair !== 'string' || pair === '') return refusedReference('unknown_shape', 'ticker without a product');
  if (!isCount(sequence)) return refusedReference('bad_sequence', `${pair} sequence ${shown(sequence)}`);
  if (!isCount(tradeId)) return refusedReference('bad_sequence', `${pair} trade id ${shown(tradeId)}`);
  const exchangeMs = isoStampMs(frame.time);
  if (exchangeMs === null) return refusedReference('bad_stamp', `${pair} time ${shown(frame.time)}`);
  if (!isPrice(decimalText(frame.price))) return refusedReference('bad_price', `${pair} price ${shown(frame.price)}`);
  const bid = decimalText(frame.best_bid);
  const ask = decimalText(frame.best_ask);
  const fault = quoteFault(bid, ask);
  if (fault !== null) return refusedReference(fault, `${pair} bid ${shown(frame.best_bid)}, ask ${shown(frame.best_ask)}`);
  return { kind: 'quote', quote: { pair, bid, ask, exchangeMs, sequence }, tradeId };
}

function heartbeat({ product_id: pair, last_trade_id: lastTradeId }: JsonFields): CoinbaseFrame {
  if (typeof pair !== 'string' || pair === '') return refusedReference('unknown_shape', 'heartbeat without a product');
  if (!isCount(lastTradeId)) return refusedReference('bad_sequence', `${pair} last trade ${shown(lastTradeId)}`);
  return { kind: 'heartbeat', pair, lastTradeId };
}

function subscriptions({ channels }: JsonFields): CoinbaseFrame {
  if (!Array.isArray(channels)) return refusedReference('unknown_shape', 'subscriptions without channels');
  const tickers = channels.find((channel) => isJsonFields(channel) && channel.name === TICKER);
  const pairs: unknown = isJsonFields(tickers) ? tickers.product_ids : [];
  if (!Array.isArray(pairs)) return refusedReference('unknown_shape', 'a channel without products');
  return { kind: 'subscribed', pairs: pairs.filter((pair) => typeof pair === 'string') };
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
