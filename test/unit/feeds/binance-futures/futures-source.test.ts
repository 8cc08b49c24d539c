import { afterEach, describe, expect, it } from 'vitest';
import { binanceFuturesSource } from '../../../../shared/feeds/binance-futures/futures-source.ts';
import type { ContractSource } from '../../../../shared/feeds/contract-source.ts';
import { systemClock } from '../../../../shared/kernel/clock-system.ts';
import { text } from '../../../../shared/kernel/decimal.ts';
import { rng } from '../../../../shared/kernel/rng.ts';
import { HOUR_MS } from '../../../../shared/kernel/time.ts';
import { type BinanceFuturesServer, startBinanceFuturesServer } from '../../../support/binance-futures-server.ts';
import { recordingSink } from '../../../support/recording-sink.ts';
import { until } from '../../../support/until.ts';

const clock = systemClock((error) => {
  throw error;
});
const TIMING = { silenceMs: 2_000, suspectMs: 1_000, handshakeMs: 500, overlapMs: 20, backoffBaseMs: 10, backoffCapMs: 40 };
const nowMs = Date.now();
const nextMs = nowMs - (nowMs % (8 * HOUR_MS)) + 8 * HOUR_MS;
const DELIVERY = nextMs - (nextMs % 86_400_000) + 30 * 86_400_000 + 8 * HOUR_MS;
const DATE = new Date(DELIVERY).toISOString().slice(2, 10).replaceAll('-', '');
const DATED = `BTCUSDT_${DATE}`;

const listed = (symbol: string, contractType: string, deliveryDate: number, more: Readonly<Record<string, unknown>> = {}) => ({
  symbol,
  pair: symbol.split('_')[0],
  contractType,
  deliveryDate,
  status: 'TRADING',
  filters: [
    { filterType: 'PRICE_FILTER', tickSize: '0.10' },
    { filterType: 'LOT_SIZE', stepSize: '0.001' },
    { filterType: 'MIN_NOTIONAL', notional: '50' },
    { filterType: 'MAX_NUM_ORDERS', limit: 200 },
  ],
  ...more,
});

const ANSWERS = {
  '/fapi/v1/exchangeInfo': {
    symbols: [
      listed('BTCUSDT', 'PERPETUAL', 4_133_404_800_000),
      listed(DATED, 'CURRENT_QUARTER', DELIVERY),
      listed('ETHUSDT', 'PERPETUAL', 4_133_404_800_000, { status: 'SETTLING' }),
      { symbol: 'WHATUSDT', pair: 'WHATUSDT' },
    ],
  },
  '/fapi/v1/fundingInfo': [
    { symbol: 'BTCUSDT', adjustedFundingRateCap: '0.00300000', adjustedFundingRateFloor: '-0.00300000', fundingIntervalHours: 8 },
  ],
  '/fapi/v1/premiumIndex': [],
  '/fapi/v1/fundingRate': [
    { symbol: 'BTCUSDT', fundingTime: nextMs - 16 * HOUR_MS + 3, fundingRate: '0.00010000', markPrice: '83000.00000000' },
    { symbol: 'BTCUSDT', fundingTime: nextMs - 8 * HOUR_MS + 7, fundingRate: '-0.00003500', markPrice: '83200.00000000' },
    { symbol: 'BTCUSDT', fundingTime: 0, fundingRate: 'x', markPrice: '' },
  ],
  '/futures/data/delivery-price': [{ deliveryTime: nowMs - HOUR_MS, deliveryPrice: 83_111.5 }],
};

const markFrame = (fields: Readonly<Record<string, unknown>> = {}): string =>
  JSON.stringify({
    stream: 'btcusdt@markPrice@1s',
    data: { e: 'markPriceUpdate', E: Date.now(), s: 'BTCUSDT', p: '83286.1', i: '83290.5', P: '83288', r: '-0.000035', T: nextMs, ...fields },
  });
const datedMark = (): string => markFrame({ s: DATED, p: '84000.2', r: '', T: 0 });
let update = 1;
const bookFrame = (fields: Readonly<Record<string, unknown>> = {}): string =>
  JSON.stringify({
    e: 'bookTicker',
    u: update++,
    E: Date.now(),
    T: Date.now(),
    s: 'BTCUSDT',
    b: '83286.0',
    B: '2.5',
    a: '83286.1',
    A: '3.25',
    st: 1,
    ps: 'x',
    ...fields,
  });

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function connected(answers: Readonly<Record<string, unknown>> = ANSWERS): Promise<{ server: BinanceFuturesServer; source: ContractSource }> {
  const server = await startBinanceFuturesServer(answers);
  cleanups.push(server.close);
  const source = binanceFuturesSource({ clock, log: () => {}, random: rng('futures'), urls: server.urls, timing: TIMING, requestGapMs: 1 });
  cleanups.push(source.stop);
  await source.start(recordingSink(clock), null);
  return { server, source };
}

const chainOf = (source: ContractSource) => source.chains('BTC', Date.now())[0];
const state = (source: ContractSource) => source.states()[0];

describe('the feed of Binance futures', () => {
  it('asks the routed addresses for the marks and books of what the venue trades', async () => {
    const { server } = await connected();
    await until(() => server.openConnections() === 2);
    const names = ['btcusdt', DATED.toLowerCase()];
    expect([...server.asked].sort()).toEqual([
      `/market/stream?streams=${names.map((name) => `${name}@markPrice@1s`).join('/')}`,
      `/public/stream?streams=${names.map((name) => `${name}@bookTicker`).join('/')}`,
    ]);
  });

  it('makes a chain of them: perpetual with funding, dated future without, on the grids of the venue', async () => {
    const { server, source } = await connected();
    await until(() => server.openConnections() === 2);
    server.send('/market', markFrame());
    server.send('/market', datedMark());
    server.send('/public', bookFrame());
    server.send('/public', JSON.stringify({ stream: 'x', data: JSON.parse(bookFrame({ s: DATED, b: '84000.0', a: '84000.5' })) }));
    await until(() => chainOf(source)?.perpetual?.bid === 83_286 && chainOf(source)?.futures[0]?.bid === 84_000);
    const chain = chainOf(source);
    expect(chain).toMatchObject({
      venue: 'binance-futures',
      currency: 'USDT',
      spot: 83_290.5,
      evidence: 'live',
      perpetual: {
        instrument: { symbol: 'BTC-PERP', venueSymbol: 'BTCUSDT' },
        mark: 83_286.1,
        index: 83_290.5,
        bidSize: 2.5,
        ask: 83_286.1,
        askSize: 3.25,
        fundingRate: -0.000035,
        nextFundingMs: nextMs,
        fundingIntervalMs: 8 * HOUR_MS,
      },
      futures: [{ instrument: { contract: { kind: 'future', expiryMs: DELIVERY, underlying: 'BTC' } }, mark: 84_000.2, ask: 84_000.5 }],
    });
    const { perpetual } = chain ?? {};
    expect(perpetual && [text(perpetual.instrument.lotStep), text(perpetual.instrument.minNotional)]).toEqual(['0.001', '50']);
    expect(source.underlyings).toEqual(['BTC', 'ETH', 'SOL', 'DOGE', 'ADA', 'DOT']);
    expect(state(source)).toMatchObject({ status: 'up', accepted: 4, refused: {} });
  });

  it('tells what was settled: payments that took place, and delivery prices', async () => {
    const { source } = await connected();
    await until(() => source.settled('BTC', Date.now()).fundings.length > 0);
    expect(source.settled('BTC', Date.now())).toEqual({
      fundings: [
        { atMs: nextMs - 16 * HOUR_MS + 3, rate: 0.0001, mark: 83_000 },
        { atMs: nextMs - 8 * HOUR_MS + 7, rate: -0.000035, mark: 83_200 },
      ],
      deliveries: [{ expiryMs: nowMs - HOUR_MS, price: 83_111.5, source: 'Binance delivery-price' }],
    });
    expect(source.settled('ETH', Date.now())).toEqual({ fundings: [], deliveries: [] });
  });

  it('takes the interval of funding from the payments where the venue does not state it', async () => {
    const { server, source } = await connected({ ...ANSWERS, '/fapi/v1/fundingInfo': [] });
    await until(() => server.openConnections() === 2);
    server.send('/market', markFrame());
    await until(() => chainOf(source)?.perpetual !== undefined && chainOf(source)?.perpetual !== null);
    expect(chainOf(source)?.perpetual?.fundingIntervalMs).toBe(8 * HOUR_MS);
  });

  it('starts from the marks of an answer, before the first frame', async () => {
    const first = {
      symbol: 'BTCUSDT',
      markPrice: '83000.1',
      indexPrice: '83001',
      lastFundingRate: '0.0001',
      nextFundingTime: nextMs,
      time: Date.now(),
    };
    const { source } = await connected({ ...ANSWERS, '/fapi/v1/premiumIndex': [first] });
    await until(() => chainOf(source) !== undefined);
    expect(chainOf(source)?.perpetual).toMatchObject({ mark: 83_000.1, bid: null, ask: null, fundingRate: 0.0001 });
  });

  it('counts and leaves out what cannot be true, and keeps what it knew', async () => {
    const { server, source } = await connected();
    await until(() => server.openConnections() === 2);
    server.send('/market', markFrame());
    server.send('/public', bookFrame());
    await until(() => state(source)?.accepted === 2);
    const garbage: readonly (readonly [string, string, string])[] = [
      ['/market', 'not_json', '{"stream":"btcusdt@mark'],
      ['/market', 'bad_price', markFrame({ p: '0' })],
      ['/market', 'stamp_in_future', markFrame({ E: Date.now() + 60_000 })],
      ['/market', 'stamp_too_old', markFrame({ E: Date.now() - 600_000 })],
      ['/market', 'jump', markFrame({ p: '8328.61' })],
      ['/market', 'funding_beyond_cap', markFrame({ r: '0.0045' })],
      ['/public', 'crossed_book', bookFrame({ b: '83300', a: '83200' })],
      ['/public', 'bad_quantity', bookFrame({ B: '-1' })],
      ['/public', 'older_book', bookFrame({ u: 0 })],
    ];
    for (const [route, , frame] of garbage) server.send(route, frame);
    await until(() => Object.values(state(source)?.refused ?? {}).length === garbage.length);
    expect(state(source)).toMatchObject({ status: 'up', accepted: 2, refused: Object.fromEntries(garbage.map(([, reason]) => [reason, 1])) });
    expect(chainOf(source)?.perpetual).toMatchObject({ mark: 83_286.1, bid: 83_286 });
  });

  it('comes back after a cut, counts it, and does not call a book fresh that came before it', async () => {
    const { server, source } = await connected();
    await until(() => server.openConnections() === 2);
    server.send('/market', markFrame());
    server.send('/public', bookFrame());
    await until(() => state(source)?.status === 'up' && chainOf(source)?.perpetual?.bid === 83_286);
    const before = chainOf(source)?.perpetual?.receivedMs ?? 0;
    server.reset();
    await until(() => server.asked.length === 4 && server.openConnections() === 2);
    server.send('/market', markFrame());
    server.send('/public', bookFrame({ s: DATED, b: '84000.0', a: '84000.5' }));
    await until(() => state(source)?.reconnects === 2);
    expect(chainOf(source)?.perpetual?.receivedMs).toBeLessThanOrEqual(before);
    server.send('/public', bookFrame());
    await until(() => (chainOf(source)?.perpetual?.receivedMs ?? 0) > before);
  });

  it('says why it is down while the venue does not answer', async () => {
    const { source } = await connected({ ...ANSWERS, '/fapi/v1/exchangeInfo': 451 });
    await until(() => state(source)?.status === 'down');
    expect(state(source)?.detail).toMatch(/contracts: .*HTTP 451/);
    expect(chainOf(source)).toBeUndefined();
  });
});
