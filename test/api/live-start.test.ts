import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { bookTicker, trade, wrapped } from '../support/binance-frames.ts';
import { startBinanceRest } from '../support/binance-rest-server.ts';
import { type BinanceServer, startBinanceServer } from '../support/binance-server.ts';
import { type NightdeskProcess, removeState, startNightdesk } from '../support/nightdesk-process.ts';

interface Feed {
  readonly source: string;
  readonly status: string;
  readonly detail: string;
  readonly refused: Readonly<Record<string, number>>;
}

interface Status {
  readonly feeds: readonly Feed[];
  readonly prices: readonly { readonly symbol: string; readonly last: number; readonly evidence: string }[];
  readonly mode: { readonly evidence: string };
}

const LEVEL = 60_000;
let server: BinanceServer;
let rest: Awaited<ReturnType<typeof startBinanceRest>>;
let nightdesk: NightdeskProcess;
let sequence = 1;

const btc = (price: string | number): string => {
  sequence += 1;
  const at = Date.now();
  return wrapped('btcusdt@trade', trade({ s: 'BTCUSDT', p: price, q: '0.5', t: sequence, E: at, T: at }));
};
const status = async (): Promise<Status> => (await nightdesk.get('status')) as unknown as Status;
const binance = async (): Promise<Feed> => {
  const feed = (await status()).feeds.find(({ source }) => source === 'binance');
  if (feed === undefined) throw new Error('status shows no Binance feed');
  return feed;
};

beforeAll(async () => {
  rest = await startBinanceRest(() => LEVEL);
  server = await startBinanceServer(() => btc(String(LEVEL)));
  const env = { NIGHTDESK_BINANCE_WS_URLS: server.url, NIGHTDESK_BINANCE_REST_URLS: rest.url };
  nightdesk = await startNightdesk(['--session', 'scalping'], { env });
}, 60_000);

afterAll(async () => {
  await nightdesk?.interrupt();
  await server?.close();
  await rest?.stop();
  removeState(nightdesk.stateDir);
});

describe('npm start where Binance answers', { shuffle: false }, () => {
  it('takes the live feed by itself and says so', async () => {
    expect(nightdesk.output()).toContain('Binance spot, live');
    expect((await status()).mode.evidence).toBe('live');
  });

  it('shows prices as live within seconds', async () => {
    server.send(btc('60010.00'));
    server.send(wrapped('btcusdt@bookTicker', bookTicker({ s: 'BTCUSDT', b: '60009.99', a: '60010.01', u: 9_000_000_000 })));
    await vi.waitFor(
      async () => expect((await status()).prices).toContainEqual(expect.objectContaining({ symbol: 'BTC', last: 60_010, evidence: 'live' })),
      {
        timeout: 12_000,
        interval: 250,
      },
    );
    expect((await binance()).status).toBe('up');
  });

  it('refuses garbage, half frames, empty arrays and impossible prices, counts them, and keeps the last good price', async () => {
    const whole = btc('60011.00');
    for (const frame of ['garbage', whole.slice(0, whole.length / 2), '[]', btc('0'), btc('NaN'), btc('60011000.00')]) server.send(frame);
    await vi.waitFor(
      async () => {
        const { refused } = await binance();
        expect(Object.values(refused).reduce((total, count) => total + count, 0)).toBeGreaterThanOrEqual(6);
      },
      { timeout: 12_000, interval: 250 },
    );
    const { refused } = await binance();
    expect(refused).toMatchObject({ not_json: 2, empty_array: 1, bad_price: 2, jump: 1 });
    expect((await status()).prices.find(({ symbol }) => symbol === 'BTC')?.last).toBe(60_010);
  });

  it('shows the feed as down when Binance is gone, and opens nothing', async () => {
    await server.close();
    await vi.waitFor(async () => expect(['down', 'connecting']).toContain((await binance()).status), { timeout: 20_000, interval: 250 });
    expect((await nightdesk.get('orders')).orders).toEqual([]);
  });

  it('ends with code 0 on Ctrl-C', async () => {
    expect(await nightdesk.interrupt()).toBe(0);
  });
});
