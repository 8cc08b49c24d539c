import { describe, expect, it } from 'vitest';
import { deribitSource } from '../../../../shared/feeds/deribit/deribit-source.ts';
import { systemClock } from '../../../../shared/kernel/clock-system.ts';
import { decimal, text } from '../../../../shared/kernel/decimal.ts';
import { rng } from '../../../../shared/kernel/rng.ts';
import { DAY_MS, MINUTE_MS, SECOND_MS } from '../../../../shared/kernel/time.ts';
import { thirtyDayIv } from '../../../../shared/market/options/implied-level.ts';
import { startDeribitServer } from '../../../support/deribit-server.ts';
import { type DeribitMarket, deribitAnswer, deribitNotices, markOf, spokenOptions } from '../../../support/deribit-speaker.ts';
import { memoryVenue } from '../../../support/memory-venue.ts';
import { fullSpeed, runTo, SINK_REST } from '../../../support/recording-sink.ts';

const START = Date.parse('2026-10-06T09:30Z');
const MARKET: DeribitMarket = { spot: { BTC: 80_000, ETH: 2_600 }, iv: 0.45, basis: 0.004 };
const SINK = { tick: () => {}, top: () => {}, ...SINK_REST };
const TOO_MANY = JSON.stringify({ jsonrpc: '2.0', id: 1, error: { code: 10_028, message: 'too_many_requests', data: null } });

/** The source, connected under a virtual clock to a Deribit in memory that answers and speaks once a second. */
async function play(market: DeribitMarket = MARKET, answer: (request: string, nowMs: number) => string | null = () => null) {
  const clock = fullSpeed(START);
  const venue = memoryVenue(clock);
  const channels = new Set<string>();
  let isSilent = false;
  venue.onOpen = () => channels.clear();
  venue.onText = (connection, request) => {
    const { params } = JSON.parse(request) as { readonly params: { readonly channels?: readonly string[] } };
    for (const channel of params.channels ?? []) channels.add(channel);
    connection.send(answer(request, clock.now()) ?? deribitAnswer(request, market, clock.now()));
  };
  const warned: string[] = [];
  const log = (level: string, event: string): void => void (level === 'warn' && warned.push(event));
  const source = deribitSource({ clock, log, random: rng('deribit'), urls: ['wss://deribit.test/ws/api/v2'], dial: venue.dial });
  await source.start(SINK, null);
  const speak = (): void => {
    if (!isSilent) for (const connection of venue.open()) for (const told of deribitNotices(market, clock.now(), channels)) connection.send(told);
    clock.at(clock.now() + SECOND_MS, 'venue-speaks', speak);
  };
  speak();
  const pass = (ms: number): Promise<void> => runTo(clock, clock.now() + ms);
  await pass(20 * SECOND_MS);
  const silence = (silent: boolean): void => {
    isSilent = silent;
  };
  return {
    venue,
    clock,
    source,
    pass,
    silence,
    warned,
    channels,
    state: () => source.states()[0],
    chain: (coin = 'BTC') => source.chains(coin, clock.now())[0],
  };
}

describe('the options of Deribit', () => {
  it('are a chain of the whole surface with bid and ask, for BTC and ETH, priced in coin on the forward of their expiry', async () => {
    const { chain, clock } = await play();
    const btc = chain();
    expect(btc).toMatchObject({ underlying: 'BTC', venue: 'deribit', spot: 80_000, lotSize: 0.1, source: 'deribit', evidence: 'live', futures: [] });
    expect(chain('ETH')).toMatchObject({ underlying: 'ETH', spot: 2_600, lotSize: 1 });
    expect(btc?.options).toHaveLength(2 * 9 * 2);
    const option = btc?.options.find(({ instrument }) => instrument.symbol === 'BTC-2026-10-16-84000-C');
    expect(option?.instrument.venueSymbol).toBe('BTC-16OCT26-84000-C');
    expect(option?.underlyingPrice).toBeCloseTo(80_320, 6);
    expect(option?.iv).toBeCloseTo(0.45, 12);
    const spoken = spokenOptions('BTC', START, 80_000).find(({ name }) => name === 'BTC-16OCT26-84000-C');
    expect(option?.mark).toBeCloseTo(markOf(spoken ?? ({} as never), clock.now(), MARKET, 'BTC'), 5);
    expect(option?.bid ?? 0).toBeLessThan(option?.mark ?? 0);
    expect(option?.ask ?? 0).toBeGreaterThan(option?.mark ?? 0);
    expect([option?.bidSize, option?.askSize]).toEqual([12, 7.5]);
    expect(btc === undefined ? null : thirtyDayIv(btc).value).toBeCloseTo(0.45, 6);
  });

  it('have the ticks and lots that the venue lists, and are told where its commission is not the shipped one', async () => {
    const { chain, state } = await play();
    const instrument = chain()?.options[0]?.instrument;
    expect([decimal('0.004'), decimal('0.006')].map((price) => text(instrument?.tickSize(price) ?? decimal('0')))).toEqual(['0.0001', '0.0005']);
    expect(text(chain('ETH')?.options[0]?.instrument.lotStep ?? decimal('0'))).toBe('1');
    expect(state()?.detail).toBe('connected to wss://deribit.test/ws/api/v2; 36 options on BTC, 36 options on ETH');
    const dearer = await play({ ...MARKET, commission: 0.0004 });
    expect(dearer.state()?.detail).toContain('options on BTC cost 0.0004 of the underlying there, 0.0003 is reckoned with');
  });

  it('have forwards from the parity of their marks while no ticker has come', async () => {
    const quiet = (request: string): string | null =>
      request.includes('ticker.') ? JSON.stringify({ jsonrpc: '2.0', id: JSON.parse(request).id, result: [] }) : null;
    const { chain, channels, pass } = await play(MARKET, quiet);
    for (const channel of [...channels]) if (channel.startsWith('ticker.')) channels.delete(channel);
    await pass(2 * MINUTE_MS);
    const [option] = chain()?.options ?? [];
    expect(option?.underlyingPrice).toBeCloseTo(80_320, 3);
    expect([option?.bid, option?.ask, option?.bidSize]).toEqual([null, null, null]);
    expect(option?.mark).toBeGreaterThan(0);
  });

  it('come with delivery prices and the volatility index of the days before', async () => {
    const { source, clock } = await play();
    expect(source.settled('BTC', clock.now()).deliveries).toEqual([
      { expiryMs: Date.parse('2026-10-05T08:00Z'), price: 79_912.5, source: 'deribit' },
    ]);
    const history = source.ivHistory?.('BTC', clock.now()) ?? [];
    expect(history).toHaveLength(200);
    expect(history.at(-1)).toEqual({ dayMs: Date.parse('2026-10-05T00:00Z'), iv: 0.59 });
    // Today's has not ended.
    expect(source.ivHistory?.('BTC', clock.now() + DAY_MS)).toHaveLength(201);
  });
});

describe('the connection to Deribit', () => {
  it('asks once a second at most, and answers the heartbeat', async () => {
    const { venue, pass } = await play();
    const [line] = venue.open();
    const said = line?.heard ?? [];
    for (let at = 1; at < said.length; at++) expect((said[at]?.atMs ?? 0) - (said[at - 1]?.atMs ?? 0)).toBeGreaterThanOrEqual(SECOND_MS);
    expect(JSON.parse(said[0]?.text ?? '{}')).toMatchObject({ method: 'public/set_heartbeat', params: { interval: 30 } });
    line?.send(JSON.stringify({ jsonrpc: '2.0', method: 'heartbeat', params: { type: 'test_request' } }));
    await pass(2 * SECOND_MS);
    expect(JSON.parse(line?.heard.at(-1)?.text ?? '{}')).toMatchObject({ method: 'public/test' });
  });

  it('has no chain while it is silent, and says why', async () => {
    const { silence, pass, chain, state } = await play();
    silence(true);
    await pass(2 * MINUTE_MS);
    expect(chain()).toBeUndefined();
    expect(state()).toMatchObject({ status: 'down' });
    expect(state()?.detail).toMatch(/fell silent/);
    silence(false);
    await pass(MINUTE_MS);
    expect(state()?.status).toBe('up');
    expect(chain()?.options).toHaveLength(36);
  });

  it('is back after a cut, and asks for everything anew', async () => {
    const { venue, pass, chain, state } = await play();
    venue.open()[0]?.cut();
    await pass(30 * SECOND_MS);
    expect(state()).toMatchObject({ status: 'up', reconnects: 1 });
    const methods = venue.connections.at(-1)?.heard.map(({ text: said }) => JSON.parse(said).method as string);
    expect(methods).toContain('public/get_instruments');
    expect(methods?.filter((method) => method === 'public/subscribe').length).toBeGreaterThanOrEqual(2);
    expect(chain()?.options.some(({ bid }) => bid !== null)).toBe(true);
  });

  it('stays away for a minute when the venue was asked too often (10028)', async () => {
    let isLimited = false;
    const { venue, pass, state } = await play(MARKET, () => (isLimited ? TOO_MANY : null));
    isLimited = true;
    venue.open()[0]?.send(TOO_MANY);
    await pass(SECOND_MS);
    const attempts = venue.attempts.length;
    expect(state()).toMatchObject({ status: 'down' });
    expect(state()?.detail).toContain('error 10028: too_many_requests');
    await pass(50 * SECOND_MS);
    expect(venue.attempts).toHaveLength(attempts);
    isLimited = false;
    await pass(MINUTE_MS);
    expect(state()?.status).toBe('up');
  });

  it.each([
    ['what is no JSON', '<html>', 'not_json'],
    ['a shape that nobody knows', '{"jsonrpc":"2.0","hello":1}', 'unknown_shape'],
    [
      'a ticker without a price',
      '{"jsonrpc":"2.0","method":"subscription","params":{"channel":"ticker.BTC-16OCT26-84000-C.agg2","data":{}}}',
      'unknown_shape',
    ],
    [
      'a crossed book',
      JSON.stringify({
        method: 'subscription',
        params: {
          channel: 'ticker.BTC-16OCT26-84000-C.agg2',
          data: {
            instrument_name: 'BTC-16OCT26-84000-C',
            timestamp: START,
            underlying_price: 8e4,
            mark_price: 0.01,
            best_bid_price: 0.02,
            best_ask_price: 0.01,
          },
        },
      }),
      'crossed_book',
    ],
    [
      'an index of another coin',
      '{"method":"subscription","params":{"channel":"deribit_price_index.sol_usd","data":{"index_name":"sol_usd","price":100,"timestamp":1}}}',
      'not_ours',
    ],
  ])('counts %s, and goes on', async (_, frame, reason) => {
    const { venue, state, chain, pass } = await play();
    const before = chain()?.options.find(({ instrument }) => instrument.symbol === 'BTC-2026-10-16-84000-C');
    venue.open()[0]?.send(frame);
    expect(state()?.refused[reason]).toBe(1);
    expect(chain()?.options.find(({ instrument }) => instrument.symbol === 'BTC-2026-10-16-84000-C')).toEqual(before);
    await pass(5 * SECOND_MS);
    expect(state()?.status).toBe('up');
  });

  it('tells what the venue would not list, and lists the rest', async () => {
    const refuseEth = (request: string): string | null => {
      const { id, method, params } = JSON.parse(request);
      const isRefused = method === 'public/get_instruments' && params.currency === 'ETH';
      return isRefused ? JSON.stringify({ jsonrpc: '2.0', id, error: { code: 11_029, message: 'invalid_arguments' } }) : null;
    };
    const { state, chain, warned } = await play(MARKET, refuseEth);
    expect(state()?.detail).toContain('instruments of ETH: error 11029: invalid_arguments');
    expect(warned).toEqual(['deribit.not_told']);
    expect([chain()?.options.length, chain('ETH')]).toEqual([36, undefined]);
  });

  it('speaks to a server over a real socket', async () => {
    const server = await startDeribitServer(MARKET);
    const clock = systemClock(() => {});
    const source = deribitSource({ clock, log: () => {}, random: rng('socket'), urls: [server.url] });
    await source.start(SINK, null);
    await expect.poll(() => source.states()[0]?.status).toBe('up');
    await source.stop();
    expect(source.states()[0]).toMatchObject({ status: 'down', detail: 'not connected' });
    await server.close();
  });
});
