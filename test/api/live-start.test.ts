import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { DAY_MS } from '../../shared/kernel/time.ts';
import { bookTicker, trade, wrapped } from '../support/binance-frames.ts';
import { type BinanceFuturesServer, startBinanceFuturesServer } from '../support/binance-futures-server.ts';
import { startBinanceRest } from '../support/binance-rest-server.ts';
import { type BinanceServer, startBinanceServer } from '../support/binance-server.ts';
import { type DeribitServer, startDeribitServer } from '../support/deribit-server.ts';
import { type FxServer, frankfurter, startFxServer } from '../support/fx-server.ts';
import { type NightdeskProcess, removeState, startNightdesk } from '../support/nightdesk-process.ts';
import { PATIENT } from '../support/until.ts';

interface Feed {
  readonly source: string;
  readonly status: string;
  readonly detail: string;
  readonly refused: Readonly<Record<string, number>>;
}

interface Status {
  readonly feeds: readonly Feed[];
  readonly prices: readonly {
    readonly symbol: string;
    readonly last: number;
    readonly evidence: string;
    readonly check: { readonly state: string } | null;
  }[];
  readonly rates: readonly { readonly currency: string; readonly source: string; readonly value: string; readonly ageMs: number }[];
  readonly counters: { readonly priceChecks: Readonly<Record<string, number>> };
  readonly mode: { readonly evidence: string };
}

const LEVEL = 60_000;
const NOBODY = 'ws://127.0.0.1:9';
const YESTERDAY = new Date(Date.now() - DAY_MS).toISOString().slice(0, 10);
let server: BinanceServer;
let fx: FxServer;
let futures: BinanceFuturesServer;
let deribit: DeribitServer;
let rest: Awaited<ReturnType<typeof startBinanceRest>>;
let nightdesk: NightdeskProcess;
let sequence = 1;
let price = String(LEVEL);
let trading: NodeJS.Timeout;

const btc = (told: string): string => {
  sequence += 1;
  const at = Date.now();
  return wrapped('btcusdt@trade', trade({ s: 'BTCUSDT', p: told, q: '0.5', t: sequence, E: at, T: at }));
};
const status = async (): Promise<Status> => (await nightdesk.get('status')) as unknown as Status;
const binance = async (): Promise<Feed> => {
  const feed = (await status()).feeds.find(({ source }) => source === 'binance');
  if (feed === undefined) throw new Error('status shows no Binance feed');
  return feed;
};

beforeAll(async () => {
  rest = await startBinanceRest(() => LEVEL);
  server = await startBinanceServer(() => btc(price));
  // A venue is never silent for long: one that is would be left for another connection.
  trading = setInterval(() => server.send(btc(price)), 500);
  fx = await startFxServer();
  const filters = [
    { filterType: 'PRICE_FILTER', tickSize: '0.10' },
    { filterType: 'LOT_SIZE', stepSize: '0.001' },
    { filterType: 'MIN_NOTIONAL', notional: '50' },
  ];
  futures = await startBinanceFuturesServer({
    '/fapi/v1/exchangeInfo': {
      symbols: [{ symbol: 'BTCUSDT', pair: 'BTCUSDT', contractType: 'PERPETUAL', deliveryDate: 0, status: 'TRADING', filters }],
    },
    '/fapi/v1/fundingInfo': [{ symbol: 'BTCUSDT', adjustedFundingRateCap: '0.003', adjustedFundingRateFloor: '-0.003', fundingIntervalHours: 8 }],
  });
  fx.say({ frankfurter: frankfurter(95.56, YESTERDAY) });
  deribit = await startDeribitServer({ spot: { BTC: LEVEL, ETH: 2_600 }, iv: 0.45, basis: 0.004 });
  const env = {
    NIGHTDESK_DERIBIT_WS_URLS: deribit.url,
    NIGHTDESK_BINANCE_WS_URLS: server.url,
    NIGHTDESK_BINANCE_REST_URLS: rest.url,
    NIGHTDESK_FX_URLS: fx.url,
    NIGHTDESK_BINANCE_FUTURES_WS_URLS: futures.urls.webSocket.join(','),
    NIGHTDESK_BINANCE_FUTURES_REST_URLS: futures.urls.rest.join(','),
    // Nobody is there: no second venue confirms a price.
    NIGHTDESK_COINBASE_WS_URLS: NOBODY,
    NIGHTDESK_KRAKEN_WS_URLS: NOBODY,
  };
  nightdesk = await startNightdesk(['--session', 'scalping'], { env });
});

afterAll(async () => {
  clearInterval(trading);
  await nightdesk?.interrupt();
  await server?.close();
  await rest?.stop();
  await fx?.stop();
  await futures?.close();
  await deribit?.close();
  removeState(nightdesk.stateDir);
});

describe('npm start where Binance answers', { shuffle: false }, () => {
  it('gives the perpetual of a coin with its book and funding, beside the prices', async () => {
    const at = Date.now();
    const mark = { e: 'markPriceUpdate', s: 'BTCUSDT', p: '60010.5', i: '60000.1', P: '60000', r: '0.0001', T: at + 3_600_000 };
    const book = { e: 'bookTicker', s: 'BTCUSDT', b: '60010.4', B: '1', a: '60010.6', A: '2', ps: 'BTCUSDT' };
    await vi.waitFor(async () => {
      futures.send('/market', JSON.stringify({ ...mark, E: Date.now() }));
      futures.send('/public', JSON.stringify({ ...book, u: Date.now(), E: Date.now(), T: Date.now() }));
      const answer = await nightdesk.get('chain?underlying=BTC');
      expect(answer).toMatchObject({
        chain: {
          venue: 'binance-futures',
          evidence: 'live',
          perpetual: { symbol: 'BTC-PERP', bid: '60010.4', mark: '60010.5', fundingRate: 0.0001 },
        },
      });
    }, PATIENT);
    const state = async () => (await status()).feeds.find(({ source }) => source === 'binance-futures')?.status;
    await expect.poll(state).toBe('up');
  });

  it('takes the live feed by itself and says so', async () => {
    await expect.poll(() => nightdesk.output()).toContain('Binance spot, live');
    expect((await status()).mode.evidence).toBe('live');
  });

  it('shows prices as live within seconds', async () => {
    price = '60010.00';
    server.send(wrapped('btcusdt@bookTicker', bookTicker({ s: 'BTCUSDT', b: '60009.99', a: '60010.01', u: 9_000_000_000 })));
    await vi.waitFor(
      async () => expect((await status()).prices).toContainEqual(expect.objectContaining({ symbol: 'BTC', last: 60_010, evidence: 'live' })),
      PATIENT,
    );
    expect((await binance()).status).toBe('up');
  });

  it('shows the rate of the rupee with its source and age, real before simulated, and that nobody else confirms a price', async () => {
    await vi.waitFor(async () => {
      const { rates, prices, counters } = await status();
      const inr = rates.find(({ currency }) => currency === 'INR');
      expect(inr).toMatchObject({ source: 'frankfurter', value: '0.01046463' });
      expect(Math.abs(Number(inr?.ageMs) - (Date.now() - Date.parse(`${YESTERDAY}T12:15:00Z`)))).toBeLessThan(10_000);
      expect(prices.find(({ symbol }) => symbol === 'BTC')?.check).toMatchObject({ state: 'single-source' });
      expect(prices.filter(({ check }) => check !== null)).toHaveLength(counters.priceChecks['single-source'] ?? 0);
    }, PATIENT);
  });

  it('refuses garbage, half frames, empty arrays and impossible prices, counts them, and keeps the last good price', async () => {
    const whole = btc('60011.00');
    for (const frame of ['garbage', whole.slice(0, whole.length / 2), '[]', btc('0'), btc('NaN'), btc('60011000.00')]) server.send(frame);
    await vi.waitFor(async () => {
      const { refused } = await binance();
      expect(Object.values(refused).reduce((total, count) => total + count, 0)).toBeGreaterThanOrEqual(6);
    }, PATIENT);
    const { refused } = await binance();
    expect(refused).toMatchObject({ not_json: 2, empty_array: 1, bad_price: 2, jump: 1 });
    expect((await status()).prices.find(({ symbol }) => symbol === 'BTC')?.last).toBe(60_010);
  });

  it('gives the options of Deribit beside them, with the state of its connection', async () => {
    await vi.waitFor(async () => {
      const { chain, others } = (await nightdesk.get('chain?underlying=BTC')) as { readonly chain: unknown; readonly others: readonly unknown[] };
      const options = expect.arrayContaining([expect.objectContaining({ payoff: 'inverse', iv: 0.45 })]);
      expect([chain, ...others]).toContainEqual(expect.objectContaining({ venue: 'deribit', evidence: 'live', options }));
    }, PATIENT);
    const state = (await status()).feeds.find(({ source }) => source === 'deribit');
    expect(state).toMatchObject({ status: 'up', detail: expect.stringContaining(`connected to ${deribit.url}; 36 options on BTC`) });
  });

  it('shows the feed as down when Binance is gone, and opens nothing', async () => {
    clearInterval(trading);
    await server.close();
    await vi.waitFor(async () => expect(['down', 'connecting']).toContain((await binance()).status), PATIENT);
    expect((await nightdesk.get('orders')).orders).toEqual([]);
  });

  it('ends with code 0 on Ctrl-C', async () => {
    expect(await nightdesk.interrupt()).toBe(0);
  });
});
