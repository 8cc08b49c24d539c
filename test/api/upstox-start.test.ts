import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type NightdeskProcess, removeState, startNightdesk } from '../support/nightdesk-process.ts';
import { PATIENT } from '../support/until.ts';
import { encodeUpstox, picture } from '../support/upstox-frames.ts';
import { startUpstoxServer, type UpstoxServer } from '../support/upstox-server.ts';

interface Status {
  readonly feeds: readonly { readonly source: string; readonly status: string; readonly detail: string; readonly evidence: string }[];
  readonly prices: readonly {
    readonly symbol: string;
    readonly last: number;
    readonly bid: number;
    readonly evidence: string;
    readonly source: string;
  }[];
  readonly notices: readonly string[];
  readonly mode: { readonly scope: string };
}

const TOKEN = 'a-token-that-nobody-may-see';
let upstox: UpstoxServer;
let nightdesk: NightdeskProcess;

/** The first picture after a subscription: every share at its place in the list. */
const greeting = (keys: readonly string[]): readonly Uint8Array[] => {
  const atMs = Date.now();
  const feeds = keys.map((key, index) => [key, picture({ ltp: 1_000 + index, ltt: atMs - 100, bid: 999 + index, ask: 1_001 + index })]);
  return [encodeUpstox({ type: 0, feeds: Object.fromEntries(feeds), currentTs: atMs })];
};
const status = async (): Promise<Status> => (await nightdesk.get('status')) as unknown as Status;

beforeAll(async () => {
  upstox = await startUpstoxServer({ token: TOKEN, greeting });
  const env = {
    NIGHTDESK_BINANCE_WS_URLS: 'ws://127.0.0.1:1',
    NIGHTDESK_BINANCE_REST_URLS: 'http://127.0.0.1:1',
    NIGHTDESK_UPSTOX_WS_URLS: upstox.url,
    NIGHTDESK_UPSTOX_TOKEN: TOKEN,
    NIGHTDESK_NSE_FEED: 'upstox',
    NIGHTDESK_LOG: 'info',
  };
  nightdesk = await startNightdesk(['--feed', 'live'], { env });
});

afterAll(async () => {
  await nightdesk?.interrupt();
  await upstox?.close();
  removeState(nightdesk.stateDir);
});

describe('npm start with prices of NSE from Upstox', { shuffle: false }, () => {
  it('says so, in a world of its own', async () => {
    expect(nightdesk.output()).toContain('NSE: Upstox market data, live');
    expect((await status()).mode.scope).toBe('live:upstox');
  });

  it('shows live prices of shares, and the feed as up or as waiting for the exchange', async () => {
    await vi.waitFor(
      async () =>
        expect((await status()).prices).toContainEqual(
          expect.objectContaining({ symbol: 'RELIANCE', last: 1_000, bid: 999, evidence: 'live', source: 'upstox' }),
        ),
      PATIENT,
    );
    const feed = (await status()).feeds.find(({ source }) => source === 'upstox');
    expect(['up', 'waiting']).toContain(feed?.status);
    expect(feed).toMatchObject({ evidence: 'live', detail: expect.stringMatching(/^connected to ws:/) });
  });

  it('shows crypto as down where there is no network for it, and says what follows', async () => {
    const { feeds, notices } = await status();
    expect(feeds.find(({ source }) => source === 'binance')?.status).toBe('down');
    expect(notices.join()).toMatch(/Feed binance is down .*nothing is opened on its prices/);
  });

  it('has told its token to nobody', async () => {
    const files = readdirSync(nightdesk.stateDir).map((name) => readFileSync(join(nightdesk.stateDir, name), 'latin1'));
    expect(files.length).toBeGreaterThan(1);
    const everything = [nightdesk.output(), JSON.stringify(await status()), ...files].join();
    expect(everything).toContain('upstox');
    expect(everything).not.toContain(TOKEN);
  });
});
