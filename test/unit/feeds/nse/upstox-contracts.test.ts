import { afterEach, describe, expect, it, vi } from 'vitest';
import { riskFreeRate } from '../../../../shared/config/risk-free.ts';
import { upstoxContracts } from '../../../../shared/feeds/nse/upstox-contracts.ts';
import { DAY_MS, HOUR_MS, SECOND_MS } from '../../../../shared/kernel/time.ts';
import { black76, type OptionRight } from '../../../../shared/market/black76.ts';
import type { DerivativeChain } from '../../../../shared/market/derivative.ts';
import { movableClock } from '../../../support/movable-clock.ts';
import { type InstrumentRow, startUpstoxContractsServer, type Told, type UpstoxContractsAnswers } from '../../../support/upstox-contracts-server.ts';

const TOKEN = 'read-only-token-of-a-test';
const INDEX = 'NSE_INDEX|Nifty 50';
/** Tuesday 2026-10-13, 11:00:30 in India. */
const OPEN_MS = Date.UTC(2026, 9, 13, 5, 30, 30);
const WEEKLY = '2026-10-20';
const MONTHLY = '2026-10-27';
const SPOT = 25_000;
const FORWARDS: Readonly<Record<string, number>> = { [WEEKLY]: 25_023, [MONTHLY]: 25_061.5 };
const IV = 0.13;
const STRIKES = [21_000, 24_500, 25_000, 25_500, 29_000];

const rest = (expiry: string): Pick<InstrumentRow, 'segment' | 'underlying_symbol' | 'underlying_key' | 'expiry' | 'lot_size'> => ({
  segment: 'NSE_FO',
  underlying_symbol: 'NIFTY',
  underlying_key: INDEX,
  // As the list has it: the last millisecond of the day in India.
  expiry: Date.parse(`${expiry}T23:59:59.999+05:30`),
  lot_size: 65,
});
const optionKey = (expiry: string, strike: number, right: OptionRight): string => `NSE_FO|${expiry.replaceAll('-', '')}${strike}${right}`;
const optionRow = (expiry: string, strike: number, right: OptionRight): InstrumentRow => ({
  ...rest(expiry),
  instrument_type: right === 'call' ? 'CE' : 'PE',
  instrument_key: optionKey(expiry, strike, right),
  strike_price: strike,
});
const RIGHTS: readonly OptionRight[] = ['call', 'put'];
const FUTURE: InstrumentRow = { ...rest(MONTHLY), instrument_type: 'FUT', instrument_key: 'NSE_FO|1' };
const LIST: readonly InstrumentRow[] = [
  { segment: 'NSE_EQ', instrument_type: 'EQ', instrument_key: 'NSE_EQ|INE002A01018', name: 'RELIANCE INDUSTRIES LTD' },
  { ...FUTURE, segment: 'NSE_FO', underlying_symbol: 'FINNIFTY', instrument_key: 'NSE_FO|9' },
  FUTURE,
  ...[WEEKLY, MONTHLY].flatMap((expiry) => STRIKES.flatMap((strike) => RIGHTS.map((right) => optionRow(expiry, strike, right)))),
];

function worth(expiry: string, strike: number, right: OptionRight, atMs: number): number {
  const years = (Date.parse(`${expiry}T15:40:00+05:30`) - atMs) / (365 * DAY_MS);
  const discount = 1 / (1 + riskFreeRate('INR', '2026-10-13') * years);
  return black76({ right, forward: FORWARDS[expiry] ?? 0, strike, variance: IV * IV * years, discount });
}

const around = (price: number, spread: number, size = 130): Told => ({
  last: price,
  bid: [price - spread / 2, size],
  ask: [price + spread / 2, size],
});

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function live(answers: Partial<UpstoxContractsAnswers> = {}, atMs = OPEN_MS, token = TOKEN) {
  const server = await startUpstoxContractsServer({ token: TOKEN, instruments: LIST, ...answers });
  cleanups.push(server.close);
  server.quotes.set(INDEX, { last: SPOT });
  server.quotes.set('NSE_FO|1', around(FORWARDS[MONTHLY] ?? 0, 2));
  for (const expiry of [WEEKLY, MONTHLY]) {
    for (const strike of STRIKES) {
      for (const right of RIGHTS) server.quotes.set(optionKey(expiry, strike, right), around(worth(expiry, strike, right, OPEN_MS), 0.4));
    }
  }
  const clock = movableClock(atMs);
  const logged: string[] = [];
  const source = upstoxContracts({
    clock,
    log: (...line) => void logged.push(JSON.stringify(line)),
    access: { webSocket: [], rest: [server.url], instruments: [`${server.url}/NSE.json.gz`], token: () => token },
    requestGapMs: 0,
    everyMs: 20,
  });
  await source.start({ tick: () => undefined, top: () => {}, depth: () => {}, reference: () => {}, repaired: () => {} }, null);
  cleanups.push(source.stop);
  const chain = (): DerivativeChain | undefined => source.chains('NIFTY', clock.now())[0];
  return { server, clock, source, chain, logged, state: () => source.states()[0] };
}

const until = (condition: () => boolean): Promise<void> => vi.waitFor(() => expect(condition()).toBe(true), { timeout: 10_000, interval: 5 });

describe('contracts of NSE at Upstox', () => {
  it('are a chain with the future, the options near the money, and the volatility that their books imply', async () => {
    const { chain, source, server } = await live();
    await until(() => (chain()?.options.length ?? 0) > 0);
    const found = chain();
    expect(found).toMatchObject({ underlying: 'NIFTY', venue: 'nse', currency: 'INR', spot: SPOT, lotSize: 65, perpetual: null, evidence: 'live' });
    expect(found?.futures.map(({ instrument, bid, ask, bidSize, mark }) => [instrument.symbol, bid, ask, bidSize, mark])).toEqual([
      ['NIFTY-2026-10-27', 25_060.5, 25_062.5, 130, null],
    ]);
    // 21,000 and 29,000 are further from the money than is followed.
    expect(found?.options.map(({ instrument }) => instrument.symbol)).toEqual(
      [WEEKLY, MONTHLY].flatMap((expiry) =>
        [24_500, 25_000, 25_500].flatMap((strike) => ['C', 'P'].map((right) => `NIFTY-${expiry}-${strike}-${right}`)),
      ),
    );
    for (const { iv } of found?.options ?? []) expect(iv).toBeCloseTo(IV, 3);
    expect(source.chains('BANKNIFTY', OPEN_MS)).toEqual([]);
    expect(server.listedFor).toEqual([undefined]);
  });

  it('have the forward of their future, and without one that of the parity of their options', async () => {
    const { chain } = await live();
    await until(() => (chain()?.options.length ?? 0) > 0);
    const forwards = new Map(chain()?.options.map(({ instrument, underlyingPrice }) => [instrument.contract.expiry, underlyingPrice]));
    expect(forwards.get(MONTHLY)).toBe(25_061.5);
    expect(forwards.get(WEEKLY)).toBeCloseTo(25_023, 1);
  });

  it('have no price where nobody offers, and no quote where the book is crossed', async () => {
    const { server, chain, source } = await live();
    server.quotes.set(optionKey(WEEKLY, 25_000, 'call'), { last: 150 });
    server.quotes.set(optionKey(WEEKLY, 25_000, 'put'), { last: 120, bid: [121, 65], ask: [119, 65] });
    await until(() => (chain()?.options.length ?? 0) > 0);
    await until(() => source.states()[0]?.refused.crossed !== undefined);
    const found = new Map(chain()?.options.map((quote) => [quote.instrument.symbol, quote]));
    expect(found.get(`NIFTY-${WEEKLY}-25000-C`)).toMatchObject({ bid: null, ask: null, bidSize: null, last: 150, iv: null });
    expect(found.has(`NIFTY-${WEEKLY}-25000-P`)).toBe(false);
  });

  it('whose lot is another there than here are left out, and the state says which', async () => {
    const { chain, state } = await live({ instruments: [...LIST.filter((row) => row !== FUTURE), { ...FUTURE, lot_size: 75 }] });
    await until(() => (chain()?.options.length ?? 0) > 0);
    expect(chain()?.futures).toEqual([]);
    expect(state()?.detail).toContain('the lot of NIFTY 2026-10-27 is 75 there, 65 here');
  });

  it('are gone when the venue has not answered for longer than prices are shown, with the reason, and come back with it', async () => {
    const { server, clock, chain, state, source } = await live();
    await until(() => (chain()?.options.length ?? 0) > 0);
    await until(() => state()?.status === 'up');
    server.refuse(503);
    const { length } = server.asked;
    clock.move(46 * SECOND_MS);
    expect(source.chains('NIFTY', clock.now())).toEqual([]);
    await until(() => state()?.status === 'down');
    expect(state()?.detail).toContain('HTTP 503');
    server.refuse(null);
    await until(() => chain() !== undefined && state()?.status === 'up');
    expect(server.asked.length).toBeGreaterThan(length);
  });

  it('are not asked for with a token that is refused, before somebody can have renewed it', async () => {
    const { server, state } = await live({}, OPEN_MS, 'another-token-of-a-test');
    await until(() => state()?.status === 'down');
    expect(state()?.detail).toContain('HTTP 401');
    await until(() => server.listedFor.length > 0);
    expect(server.asked).toEqual([]);
    expect(state()?.detail).not.toContain('another-token');
  });

  it('are not asked for while derivatives do not trade; what the last days settled at is', async () => {
    const closes = [
      ['2026-10-13T00:00:00+05:30', 24_960, 25_050, 24_900, 25_010.4, 0, 0],
      ['2026-10-12T00:00:00+05:30', 24_900, 25_000, 24_880, 24_950.2, 0, 0],
    ];
    const { server, source, state, clock } = await live(
      { candles: (path) => (path.includes('/intraday/') ? closes.slice(0, 1) : closes.slice(1)) },
      OPEN_MS + 6 * HOUR_MS,
    );
    await until(() => source.settled('NIFTY', clock.now()).deliveries.length > 0);
    expect(source.settled('NIFTY', clock.now()).deliveries.map(({ expiryMs, price }) => [new Date(expiryMs).toISOString(), price])).toEqual([
      ['2026-10-12T10:10:00.000Z', 24_950.2],
      ['2026-10-13T10:10:00.000Z', 25_010.4],
    ]);
    expect(server.days).toEqual([`/v3/historical-candle/${INDEX}/days/1/2026-10-12/2026-10-08`, `/v3/historical-candle/intraday/${INDEX}/days/1`]);
    expect(server.asked).toEqual([]);
    await until(() => state()?.status === 'waiting');
    expect(state()?.detail).toContain('derivatives of NSE do not trade now');
  });

  it.each([
    ['is no list', '<html>', 'has no contract on'],
    ['has none of ours', JSON.stringify(LIST.slice(0, 2)), 'has no contract on'],
    ['never ends a row', `[{"segment":"${'x'.repeat(20_000)}`, 'a row of more than 10000 characters'],
  ])('are unknown when the list %s, and the state says so', async (_, instruments, why) => {
    const { state, server } = await live({ instruments });
    await until(() => state()?.status === 'down');
    expect(state()?.detail).toContain(why);
    expect(server.asked).toEqual([]);
  });

  it('are asked for in requests of at most five hundred', async () => {
    const many = Array.from({ length: 300 }, (_, place) => 24_000 + place).flatMap((strike) =>
      RIGHTS.map((right) => optionRow(MONTHLY, strike, right)),
    );
    const { server } = await live({ instruments: [FUTURE, ...many] });
    await until(() => server.asked.length >= 3);
    expect(server.asked.slice(0, 3).map(({ length }) => length)).toEqual([1, 500, 102]);
  });
});
