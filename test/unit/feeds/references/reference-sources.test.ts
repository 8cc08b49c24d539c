import { afterEach, describe, expect, it } from 'vitest';
import { instrumentsOf } from '../../../../shared/config/instruments.ts';
import { parseReferenceVenues, REFERENCE_VENUES, referencePairs } from '../../../../shared/config/reference-venues.ts';
import { parseTetherRate, TETHER_RATE } from '../../../../shared/config/tether-rate.ts';
import type { MarketSource } from '../../../../shared/engine/market-source.ts';
import { compositeSource } from '../../../../shared/feeds/composite-source.ts';
import { coinbaseSource } from '../../../../shared/feeds/references/coinbase-source.ts';
import { krakenSource } from '../../../../shared/feeds/references/kraken-source.ts';
import type { ReferenceSourceOptions } from '../../../../shared/feeds/references/reference-source.ts';
import { referenceSources } from '../../../../shared/feeds/references/reference-sources.ts';
import { simulatedSource } from '../../../../shared/feeds/simulated-source.ts';
import { systemClock } from '../../../../shared/kernel/clock-system.ts';
import { text } from '../../../../shared/kernel/decimal.ts';
import { rng } from '../../../../shared/kernel/rng.ts';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../../../../shared/kernel/time.ts';
import type { ReferencePrice } from '../../../../shared/market/price.ts';
import { type BinanceServer, startBinanceServer } from '../../../support/binance-server.ts';
import { memoryVenue } from '../../../support/memory-venue.ts';
import { fullSpeed, runTo, SINK_REST } from '../../../support/recording-sink.ts';
import {
  coinbaseAnswers,
  coinbaseHeartbeat,
  coinbaseTicker,
  krakenAnswers,
  krakenItem,
  krakenStatus,
  krakenTicker,
  REFERENCE_MS,
} from '../../../support/reference-frames.ts';
import { until } from '../../../support/until.ts';

const SYMBOLS = ['BTC', 'ETH', 'SOL', 'DOGE', 'ADA', 'DOT'];

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** A source and a venue in memory that speaks its protocol; pairs in `unlisted` are rejected. */
function play(name: 'coinbase' | 'kraken', unlisted: readonly string[] = []) {
  const clock = fullSpeed(REFERENCE_MS);
  const venue = memoryVenue(clock);
  const isListed = (pair: string): boolean => !unlisted.includes(pair);
  const answers = name === 'coinbase' ? coinbaseAnswers : krakenAnswers;
  venue.onText = (connection, request) => {
    for (const answer of answers(request, isListed)) connection.send(answer);
  };
  if (name === 'kraken') venue.onOpen = (connection) => connection.send(JSON.stringify(krakenStatus()));
  const beat = (): void => {
    const beats = name === 'kraken' ? { channel: 'heartbeat' } : coinbaseHeartbeat({ product_id: 'DOT-USD', last_trade_id: 0 }, clock.now());
    for (const connection of venue.open()) connection.send(JSON.stringify(beats));
    clock.at(clock.now() + SECOND_MS, 'beat', beat);
  };
  beat();
  const told: ReferencePrice[] = [];
  const options: ReferenceSourceOptions = {
    clock,
    log: () => {},
    random: rng(name),
    urls: REFERENCE_VENUES[name].webSocket,
    dial: venue.dial,
  };
  const source = name === 'coinbase' ? coinbaseSource(options) : krakenSource(options);
  const say = (frame: unknown): void =>
    venue
      .open()
      .at(-1)
      ?.send(typeof frame === 'string' ? frame : JSON.stringify(frame));
  return {
    clock,
    venue,
    source,
    told,
    say,
    start: async () => {
      await source.start({ tick: () => {}, top: () => {}, ...SINK_REST, reference: (price) => void told.push(price) }, null);
      await runTo(clock, clock.now() + 500);
    },
    pass: (ms: number) => runTo(clock, clock.now() + ms),
    state: () => source.states()[0],
    requests: () => venue.connections.map(({ heard }) => heard.map(({ text: request }) => JSON.parse(request))),
  };
}

let sequence = 1_000;
const ticker = (atMs: number, fields: Readonly<Record<string, unknown>> = {}) => coinbaseTicker({ sequence: ++sequence, ...fields }, atMs);

describe('the reference venues', () => {
  it('have a pair for every crypto instrument, named by rule or by exception', () => {
    expect([...referencePairs(REFERENCE_VENUES.coinbase)].slice(0, 2)).toEqual([
      ['BTC-USD', 'BTC'],
      ['ETH-USD', 'ETH'],
    ]);
    expect([...referencePairs(REFERENCE_VENUES.kraken).keys()]).toEqual(instrumentsOf('CRYPTO').map(({ symbol }) => `${symbol}/USD`));
    const otherwise = { BTC: 'XBT/USD', DOT: null };
    expect([...referencePairs({ ...REFERENCE_VENUES.kraken, otherwise })].map(([pair]) => pair)).toEqual([
      'XBT/USD',
      'ETH/USD',
      'SOL/USD',
      'DOGE/USD',
      'ADA/USD',
    ]);
  });

  it('are data that is checked', () => {
    expect(() => parseReferenceVenues({ ...REFERENCE_VENUES, kraken: { ...REFERENCE_VENUES.kraken, quote: 'EUR' } })).toThrow(/quote/);
  });
});

describe('Coinbase', () => {
  it('is subscribed to as soon as it is open, and delivers bid and ask of our symbols in dollars', async () => {
    const { source, told, say, start, state, requests, clock, pass } = play('coinbase');
    expect(source).toMatchObject({ name: 'coinbase', markets: [], evidence: 'live' });
    expect(state()).toMatchObject({ status: 'down', detail: 'not connected', markets: [] });
    await start();
    expect(requests()).toEqual([
      [{ type: 'subscribe', product_ids: [...SYMBOLS.map((symbol) => `${symbol}-USD`), 'USDT-USD'], channels: ['ticker', 'heartbeat'] }],
    ]);
    expect(state()).toMatchObject({ status: 'connecting', detail: 'connecting' });
    const atMs = clock.now();
    say(ticker(atMs - 30));
    say(ticker(atMs - 20, { product_id: 'LTC-USD' }));
    await pass(SECOND_MS);
    expect(told).toEqual([
      { symbol: 'BTC', bid: 84_737.58, ask: 84_737.59, currency: 'USD', exchangeMs: atMs - 30, receivedMs: atMs, source: 'coinbase' },
    ]);
    expect(state()).toMatchObject({ status: 'up', accepted: 1, refused: {}, detail: 'connected to wss://ws-feed.exchange.coinbase.com' });
    expect([source.closeMinute(0), source.cursor(), await source.quarters(0, 1)]).toEqual([[], null, new Map()]);
    for await (const bar of source.minutes(0, HOUR_MS)) expect.unreachable(`a bar ${bar.openMs}`);
    await expect(source.start({ tick: () => {}, top: () => {}, ...SINK_REST }, null)).rejects.toMatchObject({ code: 'already_started' });
  });

  it('delivers the newest of many at once, ten times a second', async () => {
    const { told, say, start, clock, pass } = play('coinbase');
    await start();
    for (let n = 0; n < 200; n++) {
      say(ticker(clock.now(), { best_ask: `${84_738 + n}` }));
      say(ticker(clock.now(), { product_id: 'ETH-USD', best_ask: `${84_738 + n}` }));
      await pass(5);
    }
    await pass(SECOND_MS);
    expect(told.length).toBeLessThanOrEqual(2 * 11 + 2);
    expect(['BTC', 'ETH'].map((symbol) => told.findLast((price) => price.symbol === symbol)?.ask)).toEqual([84_937, 84_937]);
  });

  it('counts what is late, repeated, of another time or impossible, and what never came', async () => {
    const { told, say, start, clock, pass, state } = play('coinbase');
    await start();
    const newest = sequence + 10;
    say(ticker(clock.now(), { sequence: newest, trade_id: 50 }));
    say(ticker(clock.now(), { sequence: newest - 1, trade_id: 49 }));
    say(ticker(clock.now(), { sequence: newest, trade_id: 50 }));
    say(coinbaseHeartbeat({ last_trade_id: 50 }, clock.now()));
    say(coinbaseHeartbeat({ last_trade_id: 53 }, clock.now()));
    say(coinbaseHeartbeat({ last_trade_id: 53 }, clock.now()));
    say(ticker(clock.now() + 6_000, { product_id: 'SOL-USD' }));
    say(ticker(clock.now() - 6_000, { product_id: 'ADA-USD' }));
    say(ticker(clock.now(), { product_id: 'DOT-USD', best_bid: '0' }));
    say('{"type":"ticker","half');
    await pass(SECOND_MS);
    expect(told.map(({ symbol }) => symbol)).toEqual(['BTC']);
    expect(state()).toMatchObject({
      accepted: 1,
      refused: { older: 1, duplicate: 1, sequence_gap: 1, stamp_in_future: 1, stamp_too_old: 1, bad_price: 1, not_json: 1 },
    });
  });

  it('believes a venue that has begun to number anew', async () => {
    const { told, say, start, clock, pass } = play('coinbase');
    await start();
    say(ticker(clock.now(), { sequence: 1_000_000 }));
    for (let n = 1; n <= 101; n++) say(ticker(clock.now(), { sequence: n, best_ask: '85000' }));
    await pass(SECOND_MS);
    expect(told.map(({ ask }) => ask)).toEqual([84_737.59, 85_000]);
  });

  it('goes on with the others when a product is not valid, and shows which', async () => {
    const { told, say, start, clock, pass, state, requests } = play('coinbase', ['SOL-USD', 'USDT-USD']);
    await start();
    expect(requests()[0]?.map(({ product_ids }) => product_ids.length)).toEqual([7, 6, 5]);
    say(ticker(clock.now()));
    await pass(SECOND_MS);
    expect(told).toHaveLength(1);
    expect(state()?.detail).toBe(
      'connected to wss://ws-feed.exchange.coinbase.com; SOL-USD is not served: Failed to subscribe: SOL-USD is not a valid product; USDT-USD is not served: Failed to subscribe: USDT-USD is not a valid product',
    );
  });

  it('is given up for a while when nothing is valid, or the request is refused whole', async () => {
    const all = [...SYMBOLS.map((symbol) => `${symbol}-USD`), 'USDT-USD'];
    const { start, pass, state, venue } = play('coinbase', all);
    await start();
    await pass(2 * SECOND_MS);
    expect(state()).toMatchObject({
      status: 'down',
      detail: expect.stringContaining('the venue rejected the subscription (none of the pairs is served)'),
    });
    await pass(4 * MINUTE_MS);
    expect(venue.attempts).toHaveLength(1);
    const other = play('coinbase');
    other.venue.onText = (connection) => connection.send(JSON.stringify({ type: 'error', message: 'Malformed JSON' }));
    await other.start();
    expect(other.state()).toMatchObject({ status: 'down', detail: expect.stringContaining('Malformed JSON') });
  });

  it('tells what a Tether was worth last, and as of when', async () => {
    const { source, say, start, clock, pass, state } = play('coinbase');
    await start();
    expect(source.rates()).toEqual([]);
    const atMs = clock.now();
    say(ticker(atMs, { product_id: 'USDT-USD', price: '0.9998', best_bid: '0.99980', best_ask: '0.99981' }));
    const keepUp = (): void => say(ticker(clock.now()));
    keepUp();
    const [rate] = source.rates();
    expect(rate).toMatchObject({ currency: 'USDT', source: 'coinbase', asOfMs: atMs });
    expect(rate && text(rate.value)).toBe('0.999805');
    for (let n = 0; n < 61; n++) {
      await pass(SECOND_MS);
      keepUp();
    }
    expect(source.rates()).toEqual([rate]);
    say(ticker(clock.now(), { product_id: 'USDT-USD', price: '1', best_bid: '0.90', best_ask: '1.10' }));
    expect(source.rates()).toEqual([rate]);
    expect(state()?.refused).toEqual({ wide_rate: 1 });
    const stopped = source.stop();
    await pass(SECOND_MS);
    await stopped;
    expect(source.rates()).toEqual([rate]);
  });
});

describe('Kraken', () => {
  it('is subscribed to with best bid and ask and a snapshot, and delivers our symbols in dollars', async () => {
    const { told, say, start, state, requests, clock, pass } = play('kraken');
    await start();
    expect(requests()).toEqual([
      [
        {
          method: 'subscribe',
          params: { channel: 'ticker', symbol: [...SYMBOLS.map((symbol) => `${symbol}/USD`), 'USDT/USD'], event_trigger: 'bbo', snapshot: true },
          req_id: 1,
        },
      ],
    ]);
    await pass(4 * SECOND_MS);
    // Status, acknowledgements and heartbeats are no data.
    expect(state()?.status).toBe('connecting');
    const atMs = clock.now();
    say(krakenTicker([krakenItem({}, atMs - HOUR_MS), krakenItem({ symbol: 'DOGE/USD', bid: 0.2, ask: 0.21 }, atMs)], 'snapshot'));
    await pass(150);
    expect(told).toMatchObject([
      { symbol: 'BTC', bid: 84_737.5, ask: 84_737.6, currency: 'USD', exchangeMs: atMs - HOUR_MS, receivedMs: atMs, source: 'kraken' },
      { symbol: 'DOGE', bid: 0.2, ask: 0.21 },
    ]);
    expect(state()).toMatchObject({ status: 'up', accepted: 2, detail: 'connected to wss://ws.kraken.com/v2' });
  });

  it('shows a pair that is rejected; the others go on', async () => {
    const { told, say, start, clock, pass, state } = play('kraken', ['DOT/USD']);
    await start();
    say(krakenTicker([krakenItem({}, clock.now())]));
    await pass(50);
    expect(told).toHaveLength(1);
    expect(state()?.detail).toBe('connected to wss://ws.kraken.com/v2; DOT/USD is not served: Currency pair not supported DOT/USD');
  });

  it('is left alone for a while when every pair is rejected', async () => {
    const { venue, start, pass, state } = play('kraken', [...SYMBOLS.map((symbol) => `${symbol}/USD`), 'USDT/USD']);
    await start();
    expect(state()).toMatchObject({ status: 'down', detail: expect.stringContaining('none of the pairs is served') });
    await pass(4 * MINUTE_MS);
    expect(venue.attempts).toHaveLength(1);
  });

  it('stands by a quote that it does not change, while it is connected and no longer', async () => {
    const { source, told, say, start, clock, pass, venue, state } = play('kraken');
    await start();
    const quotedMs = clock.now();
    say(
      krakenTicker([
        krakenItem({ symbol: 'DOT/USD', bid: 4, ask: 4.01 }, quotedMs),
        krakenItem({ symbol: 'USDT/USD', bid: 0.9998, ask: 0.9999 }, quotedMs),
      ]),
    );
    await pass(20 * SECOND_MS);
    expect(told.length).toBeGreaterThan(15);
    expect(told.at(-1)).toMatchObject({ symbol: 'DOT', bid: 4, exchangeMs: quotedMs });
    expect((told.at(-1)?.receivedMs ?? 0) - quotedMs).toBeGreaterThan(18 * SECOND_MS);
    expect(source.rates()).toMatchObject([{ currency: 'USDT', source: 'kraken', asOfMs: told.at(-1)?.receivedMs }]);
    venue.welcome = () => 'absent';
    for (const connection of venue.open()) connection.cut();
    const before = told.length;
    const [lastRate] = source.rates();
    await pass(10 * SECOND_MS);
    expect([told.length, source.rates(), state()?.status]).toEqual([before, [lastRate], 'down']);
    venue.welcome = () => 'accept';
    await pass(20 * SECOND_MS);
    // The new connection has told nothing of it yet.
    expect(told.length).toBe(before);
  });

  it('is not taken at its word while it matches no orders', async () => {
    const { told, say, start, clock, pass, state } = play('kraken');
    await start();
    say(krakenTicker([krakenItem({}, clock.now())]));
    say(krakenStatus('cancel_only'));
    await pass(SECOND_MS);
    const before = told.length;
    say(krakenTicker([krakenItem({ bid: 1 }, clock.now())]));
    await pass(5 * SECOND_MS);
    expect(told.length).toBe(before);
    expect(state()).toMatchObject({ refused: { not_matching: 1 }, detail: expect.stringContaining('in cancel only and matches no orders') });
    say(krakenStatus());
    say(krakenTicker([krakenItem({ bid: 84_000 }, clock.now())]));
    await pass(SECOND_MS);
    expect(told.at(-1)?.bid).toBe(84_000);
    expect(state()?.detail).toBe('connected to wss://ws.kraken.com/v2');
  });

  it('counts what is older, torn or impossible', async () => {
    const { say, start, clock, state } = play('kraken');
    await start();
    say(krakenTicker([krakenItem({}, clock.now()), krakenItem({ symbol: 'ETH/USD', ask: 1 }), krakenItem({ symbol: 'XRP/USD' })]));
    say(krakenTicker([krakenItem({}, clock.now() - 1)]));
    say(krakenTicker([krakenItem({}, clock.now() + 6_000)]));
    for (const frame of ['{"channel":"ticker","da', '', '[]', '{"channel":"status"}']) say(frame);
    expect(state()).toMatchObject({ accepted: 1, refused: { crossed_book: 1, older: 1, stamp_in_future: 1, not_json: 2, unknown_shape: 2 } });
  });
});

describe('what a Tether is worth', () => {
  const worth = (source: MarketSource) => source.rates().map(({ value, asOfMs }) => [text(value), asOfMs]);
  const tether = (bid: number, ask: number, atMs: number) => krakenTicker([krakenItem({ symbol: 'USDT/USD', bid, ask }, atMs)]);

  it.each([
    ['ten dollars', 9.99, 10],
    ['nothing', 1e-9, 1.001e-9],
  ])('is not %s, whoever says so', async (_, bid, ask) => {
    const first = play('kraken');
    await first.start();
    first.say(tether(bid, ask, first.clock.now()));
    expect(first.source.rates()).toEqual([]);

    const { source, say, start, clock, pass, state } = play('kraken');
    await start();
    const quotedMs = clock.now();
    say(tether(0.9999, 1.0001, quotedMs));
    say(tether(bid, ask, quotedMs));
    await pass(20 * MINUTE_MS);
    expect(worth(source)).toEqual([['1', quotedMs]]);
    expect(state()?.refused).toEqual({ implausible_rate: 1 });
    say(tether(0.9998, 1, clock.now()));
    expect(worth(source)).toEqual([['0.9999', clock.now()]]);
  });

  it('does not fall by more than a Tether ever does within minutes, and has fallen when that has lasted', async () => {
    const { source, say, start, clock, pass, state } = play('kraken');
    await start();
    const believedMs = clock.now();
    say(tether(0.9999, 1.0001, believedMs));
    say(tether(0.8999, 0.9001, clock.now()));
    /** Without data another line would be tried. */
    const passWithData = async (minutes: number): Promise<void> => {
      for (let n = 0; n < 6 * minutes; n++) {
        await pass(10 * SECOND_MS);
        say(krakenTicker([krakenItem({}, clock.now())]));
      }
    };
    await passWithData(9);
    expect(worth(source)).toEqual([['1', believedMs]]);
    expect(state()?.refused).toEqual({ moved_rate: 1 });
    await passWithData(2);
    expect(worth(source)).toMatchObject([['0.9', expect.any(Number)]]);
    expect(source.rates()[0]?.asOfMs).toBeGreaterThan(believedMs + 10 * MINUTE_MS);
    // From there on it moves step by step.
    say(tether(0.87, 0.8702, clock.now()));
    expect(worth(source)).toEqual([['0.8701', clock.now()]]);
  });

  it('is known across a restart, with the age that it has by then', async () => {
    const { source, say, start, clock } = play('kraken');
    await start();
    expect(source.cursor()).toBeNull();
    say(tether(0.9399, 0.9401, clock.now()));
    const cursor = JSON.parse(JSON.stringify(source.cursor()));
    const again = play('kraken');
    await again.source.start({ tick: () => {}, top: () => {}, ...SINK_REST }, cursor);
    expect(again.source.rates()).toEqual(source.rates());
    expect(worth(again.source)).toEqual([['0.94', clock.now()]]);
    const wrong = play('kraken');
    await expect(wrong.source.start({ tick: () => {}, top: () => {}, ...SINK_REST }, { usd: 'one' })).rejects.toMatchObject({ code: 'bad_cursor' });
  });

  it('is believed within bounds that are data', () => {
    expect(() => parseTetherRate({ ...TETHER_RATE, least: 2 })).toThrow(/least/);
  });
});

const wallClock = systemClock((error) => {
  throw error;
});
const QUICK = { suspectMs: HOUR_MS, silenceMs: 500, starvedMs: 1_000, handshakeMs: MINUTE_MS, backoffBaseMs: 10, backoffCapMs: 40 };

/** A venue over the network, and the source connected to it. */
async function overNetwork(name: 'coinbase' | 'kraken') {
  const answers = name === 'coinbase' ? coinbaseAnswers : krakenAnswers;
  let isMute = false;
  const mutes = (mute: boolean): void => {
    isMute = mute;
  };
  const server: BinanceServer = await startBinanceServer({
    greeting: () => (name === 'kraken' ? JSON.stringify(krakenStatus()) : null),
    onHeard: (connection, what, request) => {
      if (what === 'text') for (const answer of answers(request, () => true)) server.sendTo(connection, answer);
    },
  });
  cleanups.push(server.close);
  const told: ReferencePrice[] = [];
  const make = name === 'coinbase' ? coinbaseSource : krakenSource;
  const source: MarketSource = make({ clock: wallClock, log: () => {}, random: rng(name), urls: [server.url], timing: QUICK });
  await source.start({ tick: () => {}, top: () => {}, ...SINK_REST, reference: (price) => void told.push(price) }, null);
  cleanups.push(source.stop);
  const timer = setInterval(() => {
    if (isMute) return;
    server.send(JSON.stringify(name === 'coinbase' ? ticker(Date.now()) : krakenTicker([krakenItem({}, Date.now())])));
  }, 20);
  cleanups.push(async () => clearInterval(timer));
  await until(() => told.length > 2);
  return { server, source, told, state: () => source.states()[0], mute: mutes };
}

describe.each(['coinbase', 'kraken'] as const)('%s over the network', (name) => {
  it('outlives a cut line, half a frame, garbage and silence', async () => {
    const { server, told, state, mute } = await overNetwork(name);
    const recovered = async (reconnects: number): Promise<void> => {
      await until(() => (state()?.reconnects ?? 0) >= reconnects && state()?.status === 'up');
      const before = told.length;
      await until(() => told.length > before + 1);
    };
    server.reset();
    await recovered(1);
    server.tear();
    await recovered(2);
    for (const garbage of ['', 'garbage', '{"half', '[[[', '{"type":"ticker"}', '{"channel":"ticker","data":[{}]}']) server.send(garbage);
    await until(() => (state()?.refused.not_json ?? 0) >= 4 && state()?.status === 'up');
    mute(true);
    await until(() => state()?.status === 'down');
    expect(state()?.detail).toContain('the connection fell silent');
    mute(false);
    await recovered(3);
  });

  it('stops for good', async () => {
    const { server, source, told, state } = await overNetwork(name);
    await source.stop();
    const before = told.length;
    await until(() => server.openConnections() === 0);
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect([told.length, state()?.status, state()?.detail, source.rates()]).toEqual([before, 'down', 'not connected', []]);
  });
});

describe('the second sources', () => {
  const clock = fullSpeed(REFERENCE_MS);
  const options = { clock, log: () => {}, random: rng('second') };

  it('stand beside the source that is traded on', () => {
    const source = compositeSource([simulatedSource({ clock, seed: 7, markets: ['CRYPTO'] }), ...referenceSources({ ...options, env: {} })]);
    expect(source).toMatchObject({ name: 'simulated+kraken+coinbase', markets: ['CRYPTO'], evidence: 'simulated' });
    expect(source.states().map((state) => [state.source, ...state.markets, state.evidence])).toEqual([
      ['simulated', 'CRYPTO', 'simulated'],
      ['kraken', 'live'],
      ['coinbase', 'live'],
    ]);
  });

  it('are met elsewhere where the environment says so', async () => {
    const dialled: string[] = [];
    const env = { NIGHTDESK_COINBASE_WS_URLS: 'ws://here:1/', NIGHTDESK_KRAKEN_WS_URLS: 'ws://here:2/v2, ws://here:3/v2' };
    const venue = memoryVenue(clock);
    const dial: typeof venue.dial = (url, events) => {
      dialled.push(url);
      return venue.dial(url, events);
    };
    const sources = referenceSources({ ...options, env, dial });
    for (const source of sources) await source.start({ tick: () => {}, top: () => {}, ...SINK_REST }, null);
    expect(dialled).toEqual(['ws://here:2/v2', 'ws://here:1']);
    expect(() => referenceSources({ ...options, env: { NIGHTDESK_KRAKEN_WS_URLS: 'https://kraken' } })).toThrow(
      /NIGHTDESK_KRAKEN_WS_URLS takes comma/,
    );
  });
});
