import { describe, expect, it } from 'vitest';
import { createSimulatedDerivatives } from '../../shared/feeds/simulated-derivatives.ts';
import { Rsi } from '../../shared/indicators/rsi.ts';
import { text } from '../../shared/kernel/decimal.ts';
import { DAY_MS, HOUR_MS, iso, MINUTE_MS } from '../../shared/kernel/time.ts';
import type { Bar, BarOrigin } from '../../shared/market/price.ts';
import { apiFixture, NSE_CLOSED_MS as NOW, NSE_OPEN_MS, quoteOf } from '../support/api-fixture.ts';
import { rulesOf } from '../support/engine-fixtures.ts';
import { barsOf, walk } from '../support/series.ts';

const bar = (openMs: number, close: number, origin: BarOrigin = 'received', symbol = 'BTC'): Bar => ({
  symbol,
  openMs,
  open: close - 1,
  high: close + 2,
  low: close - 3,
  close,
  volume: 0.5,
  origin,
  evidence: 'simulated',
});

describe('GET quotes', () => {
  it('tells price, book, age, source, evidence and what other venues say', async () => {
    const fixture = await apiFixture();
    const check = { state: 'agreed', spreadBps: 3.6, against: ['coinbase', 'kraken'], sinceMs: NOW - 60_000, isWarning: false } as const;
    await fixture.publish({ quotes: [quoteOf('BTC', 100.5, NOW - 4_000, { bid: 100, ask: 101, bidSize: 2, askSize: 0.25, check })] });
    const { body } = await fixture.ask('quotes', { query: '?symbol=btcusdt,RELIANCE' });
    expect(body.quotes).toEqual([
      {
        symbol: 'BTC',
        market: 'CRYPTO',
        currency: 'USDT',
        last: '100.5',
        bid: '100',
        ask: '101',
        bidSize: '2',
        askSize: '0.25',
        spreadBps: 99.5025,
        exchangeTime: iso(NOW - 4_000),
        receivedTime: iso(NOW - 4_000),
        ageMs: 4_000,
        isFresh: true,
        source: 'simulated-market',
        evidence: 'simulated',
        check: { state: 'agreed', spreadBps: 3.6, against: ['coinbase', 'kraken'], since: iso(NOW - 60_000) },
      },
    ]);
    expect(body.unknown).toEqual([{ symbol: 'RELIANCE', reason: 'No price has been received yet' }]);
    expect(body.rates).toMatchObject([{ currency: 'USDT', usd: '1', source: 'assumed' }]);
  });

  it('says that a price is too old to trade on, and invents none before any was published', async () => {
    const fixture = await apiFixture();
    const before = await fixture.ask('quotes', { query: '?symbol=BTC' });
    expect(before.body).toMatchObject({ quotes: [], unknown: [{ symbol: 'BTC', reason: 'No prices of test have been published yet' }] });
    await fixture.publish({ quotes: [quoteOf('BTC', 100, NOW - 31_000)] });
    expect((await fixture.ask('quotes')).body.quotes).toMatchObject([{ symbol: 'BTC', isFresh: false, ageMs: 31_000, check: null }]);
  });

  it('refuses a symbol that does not exist, naming those that do', async () => {
    const { status, body } = await (await apiFixture()).refused('quotes', { query: '?symbol=BTC,NOPE' });
    expect(status).toBe(422);
    expect(body.detail).toContain('NOPE');
  });
});

describe('GET candles', () => {
  it('gives minutes with how each came to us, and rolls them up', async () => {
    const fixture = await apiFixture();
    const fromMs = NOW - 10 * MINUTE_MS;
    const origins: readonly BarOrigin[] = ['received', 'received', 'missing', 'backfilled', 'received'];
    for (const [index, origin] of origins.entries()) {
      const minuteMs = fromMs + index * MINUTE_MS;
      await fixture.publish({}, { minuteMs, bars: [bar(minuteMs, 100 + index, origin), bar(minuteMs, 7, 'received', 'ETH')] });
    }
    const minutes = await fixture.ask('candles', { query: '?symbol=BTC&timeframe=1m&limit=3' });
    expect(minutes.body.candles.map(({ openTime, close }) => [openTime, close])).toEqual(
      [1, 3, 4].map((index) => [iso(fromMs + index * MINUTE_MS), String(100 + index)]),
    );
    const { body } = await fixture.ask('candles', { query: '?symbol=BTC&timeframe=5m' });
    expect(body).toMatchObject({
      symbol: 'BTC',
      evidence: ['simulated'],
      source: 'simulated-market',
      ageMs: 5 * MINUTE_MS,
      reason: 'No more than 1 are stored',
      candles: [
        {
          openTime: iso(fromMs),
          open: '99',
          high: '106',
          low: '97',
          close: '104',
          volume: '2',
          isComplete: false,
          minutes: { received: 3, backfilled: 1, missing: 1 },
        },
      ],
    });
  });

  it('tells indicators beside the candles, warm from candles before them', async () => {
    const fixture = await apiFixture();
    const walked = barsOf(walk('candles', 60, { fromMs: NOW - 60 * MINUTE_MS }));
    for (const each of walked) await fixture.publish({}, { minuteMs: each.openMs, bars: [each] });
    const { body } = await fixture.ask('candles', { query: '?symbol=BTC&limit=5&indicators=rsi,supertrend,sma' });
    expect(body.candles).toHaveLength(5);
    const rsi = new Rsi(14);
    const expected = walked.map(({ close }) => {
      rsi.add(close);
      return rsi.value();
    });
    expect(body.indicators?.rsi).toEqual(expected.slice(-5));
    expect(body.indicators?.supertrend?.[4]).toEqual({ line: expect.any(Number), trend: expect.any(Number) });
    expect(Object.keys(body.indicators ?? {})).toEqual(['rsi', 'supertrend', 'sma']);
    const cold = await fixture.ask('candles', {
      query: `?symbol=BTC&from=${iso(NOW - 60 * MINUTE_MS)}&to=${iso(NOW - 40 * MINUTE_MS)}&indicators=sma`,
    });
    expect(cold.body.indicators?.sma?.map((value) => value === null)).toEqual([...Array.from({ length: 19 }, () => true), false]);
  });

  it('names the indicators that there are when it is asked for another', async () => {
    const { status, body } = await (await apiFixture()).refused('candles', { query: '?symbol=BTC&indicators=luck' });
    expect(status).toBe(422);
    expect(JSON.stringify(body)).toContain('supertrend');
  });

  it('goes on from packed days with the minutes of today, for long timeframes', async () => {
    const fixture = await apiFixture();
    const today = NOW - (NOW % DAY_MS);
    const quarter = (openMs: number, close: number) => ({ ...bar(openMs, close), isComplete: true });
    await fixture.market.packDay(
      fixture.lease,
      today - DAY_MS,
      new Map([['BTC', [0, 1, 2, 3].map((index) => quarter(today - HOUR_MS + index * 15 * MINUTE_MS, 50 + index))]]),
    );
    await fixture.publish({}, { minuteMs: today, bars: [bar(today, 60)] });
    const { body } = await fixture.ask('candles', { query: '?symbol=BTC&timeframe=1h' });
    expect(body.candles).toMatchObject([
      { openTime: iso(today - HOUR_MS), open: '49', close: '53', volume: '2', isComplete: true, minutes: null },
      { openTime: iso(today), close: '60', isComplete: false, minutes: { received: 1, backfilled: 0, missing: 0 } },
    ]);
  });

  it('brings prices across a split, unless they are asked for as they were traded', async () => {
    const fixture = await apiFixture({ nowMs: Date.parse('2026-01-14T05:00:00Z') });
    const before = Date.parse('2026-01-13T09:00:00Z');
    const real = (openMs: number, close: number): Bar => ({ ...bar(openMs, close, 'received', 'KOTAKBANK'), evidence: 'live' });
    await fixture.publish({}, { minuteMs: before, bars: [real(before, 2_100)] });
    const after = Date.parse('2026-01-14T04:00:00Z');
    await fixture.publish({}, { minuteMs: after, bars: [real(after, 421)] });
    const closes = async (query: string) => (await fixture.ask('candles', { query })).body.candles.map(({ close }) => close);
    expect(await closes('?symbol=KOTAKBANK')).toEqual(['420', '421']);
    expect(await closes('?symbol=KOTAKBANK&prices=raw')).toEqual(['2100', '421']);
  });

  it('says why there are none', async () => {
    const fixture = await apiFixture({ world: { markets: ['CRYPTO'] } });
    await fixture.publish();
    expect((await fixture.ask('candles', { query: '?symbol=BTC' })).body).toMatchObject({
      candles: [],
      ageMs: null,
      reason: 'No bar of this span is stored',
    });
    expect((await fixture.ask('candles', { query: '?symbol=TCS' })).body.reason).toBe('NSE has no prices in test');
  });

  it.each([
    '?symbol=BTC&timeframe=2m',
    '?timeframe=1m',
    '?symbol=BTC&limit=0',
    '?symbol=BTC&limit=1001',
    '?symbol=BTC&from=yesterday',
    '?symbol=BTC&x=1',
  ])('refuses %s with 422', async (query) => {
    expect((await (await apiFixture()).refused('candles', { query })).status).toBe(422);
  });
});

describe('GET ticks', () => {
  it('gives the conflated trades that have been packed', async () => {
    const fixture = await apiFixture();
    const secondMs = NOW - 60_000;
    const sample = { symbol: 'BTC', secondMs, price: 100.25, quantity: 0.3, trades: 4, source: 'binance', evidence: 'live' } as const;
    await fixture.market.packTicks(fixture.lease, NOW - 600_000, [sample]);
    const { body } = await fixture.ask('ticks', { query: '?symbol=BTC' });
    expect(body.ticks).toEqual([{ second: iso(secondMs), price: '100.25', quantity: '0.3', trades: 4, source: 'binance', evidence: 'live' }]);
    expect((await fixture.ask('ticks', { query: '?symbol=ETH' })).body.ticks).toEqual([]);
  });
});

describe('GET instruments', () => {
  it('lists what can be traded with the grids in force, and the tick where a price is known', async () => {
    const fixture = await apiFixture();
    await fixture.publish({ quotes: [quoteOf('RELIANCE', 1_240, NOW)] });
    const { body } = await fixture.ask('instruments', { query: '?market=NSE' });
    expect(body.instruments).toHaveLength(10);
    expect(body.instruments).toContainEqual(
      expect.objectContaining({ symbol: 'RELIANCE', isin: 'INE002A01018', currency: 'INR', tickSize: '0.1', lotStep: '1' }),
    );
    expect(body.instruments.find(({ symbol }) => symbol === 'TCS')?.tickSize).toBeNull();
  });

  it('goes by what the venue itself lists, and says so', async () => {
    const fixture = await apiFixture();
    await fixture.publish({ rules: [{ ...rulesOf('BTC', 'HALT'), asOfMs: NOW - 5_000 }] });
    const { body } = await fixture.ask('instruments', { query: '?market=CRYPTO' });
    const btc = body.instruments.find(({ symbol }) => symbol === 'BTC');
    const told = rulesOf('BTC');
    expect(btc).toMatchObject({ tickSize: text(told.tickSize), lotStep: text(told.lotStep), listing: { status: 'HALT', ageMs: 5_000 } });
    expect(body.instruments.find(({ symbol }) => symbol === 'ETH')).toMatchObject({ tickSize: null, listing: null });
  });
});

describe('GET chain', () => {
  const simulated = { change: () => ({ chains: createSimulatedDerivatives({ seed: '1' }) }), nowMs: NSE_OPEN_MS };

  it('gives futures and options of the simulated market under its label', async () => {
    const fixture = await apiFixture(simulated);
    const { body } = await fixture.ask('chain', { query: '?underlying=nifty' });
    expect(body).toMatchObject({ underlying: 'NIFTY', reason: null, chain: { evidence: 'simulated', currency: 'INR' } });
    expect(body.chain?.futures).toHaveLength(3);
    const [expiry = ''] = body.chain?.expiries ?? [];
    const one = await fixture.ask('chain', { query: `?underlying=NIFTY&expiry=${expiry}` });
    expect(one.body.chain?.options.length).toBeGreaterThan(10);
    expect(new Set(one.body.chain?.options.map((option) => option.expiry))).toEqual(new Set([expiry]));
  });

  it('is null with the reason while the exchange is closed, and where nobody gives derivatives', async () => {
    const closed = await apiFixture({ ...simulated, nowMs: NOW });
    expect((await closed.ask('chain', { query: '?underlying=TCS' })).body).toMatchObject({ chain: null, reason: 'Outside market hours' });
    const none = await apiFixture();
    expect((await none.ask('chain', { query: '?underlying=TCS' })).body).toMatchObject({
      chain: null,
      reason: 'Nobody gives futures and options in test yet',
    });
  });

  it('refuses an underlying without derivatives', async () => {
    expect((await (await apiFixture(simulated)).refused('chain', { query: '?underlying=BTC' })).body.code).toBe('unknown_underlying');
  });
});
