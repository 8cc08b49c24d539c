/** Frames of Binance spot in the venue's own form, for tests. Times default to `FRAME_MS`. */
export const FRAME_MS = 1_723_161_300_000;

export const wrapped = (stream: string, data: unknown): string => JSON.stringify({ stream, data });

export const trade = (fields: Readonly<Record<string, unknown>> = {}) => ({
  e: 'trade',
  E: FRAME_MS + 1,
  s: 'BTCUSDT',
  t: 3_735_683_259,
  p: '61837.63000000',
  q: '0.02000000',
  T: FRAME_MS,
  m: true,
  M: true,
  ...fields,
});

export const aggTrade = (fields: Readonly<Record<string, unknown>> = {}) => ({
  e: 'aggTrade',
  E: FRAME_MS + 1,
  s: 'BTCUSDT',
  a: 640_283_266,
  p: '58942.01000000',
  q: '0.00035600',
  f: 716_849_520,
  l: 716_849_523,
  T: FRAME_MS,
  m: false,
  M: true,
  ...fields,
});

export const bookTicker = (fields: Readonly<Record<string, unknown>> = {}) => ({
  u: 35_346_513_501,
  s: 'ETHUSDT',
  b: '2683.80000000',
  B: '3.02920000',
  a: '2683.81000000',
  A: '31.43950000',
  ...fields,
});

export const kline = (fields: Readonly<Record<string, unknown>> = {}) => ({
  e: 'kline',
  E: FRAME_MS + 60_050,
  s: 'BTCUSDT',
  k: {
    t: FRAME_MS,
    T: FRAME_MS + 59_999,
    s: 'BTCUSDT',
    i: '1m',
    f: 100,
    L: 200,
    o: '61800.00000000',
    c: '61850.10000000',
    h: '61900.00000000',
    l: '61790.50000000',
    v: '12.34567000',
    n: 100,
    x: true,
    q: '1.0000',
    V: '5.00',
    Q: '0.500',
    B: '0',
    ...fields,
  },
});

export const ticker = (fields: Readonly<Record<string, unknown>> = {}) => ({
  e: '24hrTicker',
  E: FRAME_MS,
  s: 'BTCUSDT',
  p: '170.79000000',
  P: '0.182',
  w: '94522.99629504',
  x: '94000.11000000',
  c: '94160.00000000',
  Q: '0.00012000',
  b: '94160.00000000',
  B: '0.07847000',
  a: '94160.02000000',
  A: '0.07565000',
  o: '93989.21000000',
  h: '95000.00000000',
  l: '93000.00000000',
  v: '1000.00000000',
  q: '94000000.00000000',
  O: FRAME_MS - 86_400_000,
  C: FRAME_MS,
  F: 1,
  L: 2,
  n: 2,
  ...fields,
});

export const miniTicker = (fields: Readonly<Record<string, unknown>> = {}) => ({
  e: '24hrMiniTicker',
  E: FRAME_MS,
  s: 'BTCUSDT',
  c: '102571.17000000',
  o: '102339.76000000',
  h: '104096.36000000',
  l: '99260.86000000',
  v: '30195.39867000',
  q: '3065280135.28113970',
  ...fields,
});

export const depthUpdate = () => ({ e: 'depthUpdate', E: FRAME_MS, s: 'BTCUSDT', U: 157, u: 160, b: [['0.0024', '10']], a: [['0.0026', '100']] });

export const depthSnapshot = () => ({ lastUpdateId: 80_089_389_252, bids: [['102571.17', '0.38']], asks: [['102571.18', '1']] });

export const SPOT_SYMBOLS: ReadonlyMap<string, string> = new Map(
  ['BTC', 'ETH', 'SOL', 'DOGE', 'ADA', 'DOT'].map((symbol) => [`${symbol}USDT`, symbol]),
);

/** A symbol of exchangeInfo, with the filters that matter and one that does not. */
export const exchangeSymbol = (symbol: string, status = 'TRADING') => ({
  symbol,
  status,
  baseAsset: symbol.replace(/USDT$/, ''),
  quoteAsset: 'USDT',
  filters: [
    { filterType: 'PRICE_FILTER', minPrice: '0.10000000', maxPrice: '1000000.00000000', tickSize: '0.10000000' },
    { filterType: 'LOT_SIZE', minQty: '0.00100000', maxQty: '9000.00000000', stepSize: '0.00100000' },
    { filterType: 'NOTIONAL', minNotional: '7.00000000', applyMinToMarket: true, maxNotional: '9000000.00000000' },
    { filterType: 'MAX_NUM_ORDERS', maxNumOrders: 200 },
  ],
});
