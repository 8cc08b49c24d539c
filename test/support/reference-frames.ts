/** Frames of Coinbase and Kraken in the venues' own form, and what the venues answer to a request. */
export const REFERENCE_MS = Date.UTC(2026, 9, 3, 20, 58, 31, 127);

const stamp = (ms: number): string => `${new Date(ms).toISOString().slice(0, -1)}510Z`;

export const coinbaseTicker = (fields: Readonly<Record<string, unknown>> = {}, atMs = REFERENCE_MS) => ({
  type: 'ticker',
  sequence: 137_212_619_516,
  product_id: 'BTC-USD',
  price: '84737.58',
  open_24h: '84430.55',
  volume_24h: '1836.96781750',
  low_24h: '84400',
  high_24h: '85021.57',
  volume_30d: '58258.79522269',
  best_bid: '84737.58',
  best_bid_size: '0.19921154',
  best_ask: '84737.59',
  best_ask_size: '0.05223077',
  side: 'sell',
  time: stamp(atMs),
  trade_id: 1_102_042_811,
  last_size: '0.00000025',
  ...fields,
});

export const coinbaseHeartbeat = (fields: Readonly<Record<string, unknown>> = {}, atMs = REFERENCE_MS) => ({
  type: 'heartbeat',
  sequence: 137_212_619_516,
  last_trade_id: 1_102_042_811,
  product_id: 'BTC-USD',
  time: stamp(atMs),
  ...fields,
});

export const krakenItem = (fields: Readonly<Record<string, unknown>> = {}, atMs = REFERENCE_MS) => ({
  symbol: 'BTC/USD',
  bid: 84_737.5,
  bid_qty: 2.5,
  ask: 84_737.6,
  ask_qty: 3.2,
  last: 84_737.5,
  volume: 163.28908096,
  vwap: 84_700.1,
  low: 84_000,
  high: 85_000,
  change: 250,
  change_pct: 0.24,
  trades: 12_345,
  timestamp: stamp(atMs),
  ...fields,
});

export const krakenTicker = (items: readonly unknown[] = [krakenItem()], type: 'snapshot' | 'update' = 'update') => ({
  channel: 'ticker',
  type,
  data: items,
});

export const krakenStatus = (system = 'online') => ({
  channel: 'status',
  type: 'update',
  data: [{ version: '2.0.10', system, api_version: 'v2', connection_id: 18_446_744_073_709 }],
});

/** What Coinbase answers to a text of a client, when it lists these products. */
export function coinbaseAnswers(text: string, listed: (product: string) => boolean): readonly string[] {
  const request: { readonly type: string; readonly product_ids: readonly string[]; readonly channels: readonly string[] } = JSON.parse(text);
  if (request.type !== 'subscribe') return [JSON.stringify({ type: 'error', message: 'Malformed JSON' })];
  const wrong = request.product_ids.find((product) => !listed(product));
  if (wrong !== undefined) return [JSON.stringify({ type: 'error', message: 'Failed to subscribe', reason: `${wrong} is not a valid product` })];
  const channels = request.channels.map((name) => ({ name, product_ids: request.product_ids }));
  return [JSON.stringify({ type: 'subscriptions', channels })];
}

/** What Kraken answers to a text of a client, when it lists these pairs: an answer for each pair. */
export function krakenAnswers(text: string, listed: (pair: string) => boolean): readonly string[] {
  const request: { readonly method: string; readonly params: { readonly symbol: readonly string[] }; readonly req_id: number } = JSON.parse(text);
  const times = { time_in: stamp(REFERENCE_MS), time_out: stamp(REFERENCE_MS + 1), req_id: request.req_id, method: request.method };
  return request.params.symbol.map((symbol) =>
    JSON.stringify(
      listed(symbol)
        ? { ...times, success: true, result: { channel: 'ticker', event_trigger: 'bbo', snapshot: true, symbol } }
        : { ...times, success: false, error: `Currency pair not supported ${symbol}`, symbol },
    ),
  );
}
