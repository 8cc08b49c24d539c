import { describe, expect, it } from 'vitest';
import { BOOK_MAX_AGE_MS } from '../../../shared/config/execution.ts';
import { createDesk, type Desk } from '../../../shared/engine/desk.ts';
import { decimal } from '../../../shared/kernel/decimal.ts';
import { MINUTE_MS } from '../../../shared/kernel/time.ts';
import type { OrderBook } from '../../../shared/market/order-book.ts';
import type { Bar, BookTop, ReferencePrice, Tick } from '../../../shared/market/price.ts';
import { tickOf } from '../../support/engine-fixtures.ts';
import { rateOf, START_MS } from '../../support/ledger-fixtures.ts';
import { barsOf, missing, walk } from '../../support/series.ts';

const top = (bid: number, ask: number, atMs: number): BookTop => ({
  symbol: 'BTC',
  bid,
  ask,
  bidSize: 1,
  askSize: 2,
  exchangeMs: atMs,
  receivedMs: atMs,
  source: 'test',
  evidence: 'simulated',
});

describe('a quote on the desk', () => {
  it('is the last print with the book as it was told last', () => {
    const desk = createDesk();
    desk.top(top(99, 101, 1_000));
    expect(desk.view(1_000).quote('BTC')).toMatchObject({ last: 100, bid: 99, ask: 101, receivedMs: 1_000 });
    desk.tick(tickOf('BTC', 100.5, 2_000));
    expect(desk.view(2_000).quote('BTC')).toMatchObject({ last: 100.5, bid: 99, ask: 101, bidSize: 1, askSize: 2, receivedMs: 2_000 });
    expect(desk.view(2_000).quote('ETH')).toBeNull();
  });

  it('loses a book that nobody has told for long, and keeps the print', () => {
    const desk = createDesk();
    desk.top(top(99, 101, 0));
    desk.tick(tickOf('BTC', 100.5, BOOK_MAX_AGE_MS));
    expect(desk.view(BOOK_MAX_AGE_MS).quote('BTC')).toMatchObject({ bid: 99 });
    expect(desk.view(BOOK_MAX_AGE_MS + 1).quote('BTC')).toMatchObject({ last: 100.5, bid: null, ask: null, bidSize: null, askSize: null });
  });

  it('is put back as a snapshot has it', () => {
    const desk = createDesk();
    desk.top(top(99, 101, 1_000));
    desk.tick(tickOf('ETH', 5, 1_500));
    const again = createDesk();
    again.restore(desk.quotes(2_000));
    expect(again.quotes(2_000)).toEqual(desk.quotes(2_000));
    expect(again.quotes(2_000).map(({ symbol }) => symbol)).toEqual(['BTC', 'ETH']);
  });
});

describe('what other venues say, on the desk', () => {
  const reference = (mid: number, atMs: number, more: Partial<ReferencePrice> = {}): ReferencePrice => ({
    symbol: 'BTC',
    bid: mid - 0.01,
    ask: mid + 0.01,
    currency: 'USD',
    source: 'coinbase',
    exchangeMs: atMs,
    receivedMs: atMs,
    ...more,
  });
  const live = (bid: number, ask: number, atMs: number): BookTop => ({ ...top(bid, ask, atMs), evidence: 'live' });
  const checkOn = (desk: Desk, nowMs: number, symbol = 'BTC') => desk.view(nowMs).quote(symbol)?.check;

  it('is nothing for a price that no other venue has: simulated, replayed, of shares', () => {
    const desk = createDesk();
    desk.tick(tickOf('BTC', 100, 0));
    desk.tick(tickOf('ETH', 100, 0, { evidence: 'replay' }));
    desk.tick(tickOf('RELIANCE', 1_240, 0, { evidence: 'live' }));
    expect(desk.quotes(0).map(({ symbol, check }) => [symbol, check])).toEqual([
      ['BTC', null],
      ['ETH', null],
      ['RELIANCE', null],
    ]);
  });

  it('is said to be missing of a live price of crypto, until somebody tells one', () => {
    const desk = createDesk();
    desk.top(live(99.9, 100.1, 0));
    expect(checkOn(desk, 0)).toMatchObject({ state: 'single-source' });
    desk.reference(reference(100, 500));
    expect(checkOn(desk, 500)).toEqual({ state: 'agreed', spreadBps: 0, against: ['coinbase'], sinceMs: 500, isWarning: false });
  });

  it('is compared with the middle of the book while that is fresh, else with the last price', () => {
    const desk = createDesk();
    desk.top(live(99.9, 100.1, 0));
    desk.tick(tickOf('BTC', 100.1, BOOK_MAX_AGE_MS, { evidence: 'live' }));
    desk.reference(reference(100, BOOK_MAX_AGE_MS));
    expect(checkOn(desk, BOOK_MAX_AGE_MS)).toMatchObject({ spreadBps: 0 });
    desk.tick(tickOf('BTC', 100.1, BOOK_MAX_AGE_MS + 1, { evidence: 'live' }));
    expect(checkOn(desk, BOOK_MAX_AGE_MS + 1)).toMatchObject({ spreadBps: 10 });
  });

  it('is compared in dollars: a price in Tether by the rate of Tether', () => {
    const desk = createDesk();
    desk.rates([rateOf('INR', '0.0125'), rateOf('USDT', '0.99')]);
    desk.top(live(99.9, 100.1, 0));
    desk.reference(reference(99, 0));
    expect(checkOn(desk, 0)).toMatchObject({ state: 'agreed', spreadBps: 0 });
    desk.reference(reference(100, 0, { source: 'other', currency: 'USDT' }));
    expect(checkOn(desk, 0)).toMatchObject({ spreadBps: 0, against: ['coinbase', 'other'] });
  });

  it('moves no price and no age of ours', () => {
    const desk = createDesk();
    desk.reference(reference(100, 0));
    expect(desk.quotes(0)).toEqual([]);
    desk.top(live(99.9, 100.1, 1_000));
    desk.reference(reference(500, 2_000));
    expect(desk.view(2_000).quote('BTC')).toMatchObject({ last: 100, bid: 99.9, ask: 100.1, receivedMs: 1_000, source: 'test' });
  });

  it('is remembered through a restart when it contradicted', () => {
    const desk = createDesk();
    desk.top(live(101.9, 102.1, 0));
    desk.reference(reference(100, 0));
    const stored = desk.quotes(3_000);
    expect(stored).toMatchObject([{ check: { state: 'diverged', spreadBps: 200 } }]);
    const again = createDesk();
    again.restore(stored);
    expect(checkOn(again, 60_000)).toMatchObject({ state: 'stale' });
    again.top(live(100.6, 100.8, 60_000));
    expect(checkOn(again, 60_000)).toMatchObject({ state: 'single-source' });
    again.reference(reference(100, 60_100));
    expect(checkOn(again, 60_100)).toMatchObject({ state: 'diverged', spreadBps: 70 });
  });
});

describe('a rate on the desk', () => {
  it('is the one that the source knows, and the base currency is one of itself', () => {
    const desk = createDesk();
    desk.rates([rateOf('INR', '0.0125')]);
    expect(desk.view(5).rate('INR')?.value).toBe(decimal('0.0125'));
    expect(desk.view(5).rate('USD')).toMatchObject({ value: decimal('1'), asOfMs: 5 });
    expect(desk.view(5).rate('USDT')).toBeNull();
  });
});

describe('the tape', () => {
  const bars = barsOf(walk('tape', 40, { fromMs: START_MS }));
  const afterMs = START_MS + 40 * MINUTE_MS;

  it('is unknown until ten whole minutes are', () => {
    const desk = createDesk();
    for (const bar of bars.slice(0, 9)) desk.bar(bar);
    desk.bar(missing(bars[9] as never));
    expect(desk.view(afterMs).tape('BTC')).toEqual({ volatility: null, minuteVolume: null });
    desk.bar(bars[10] as never);
    expect(desk.view(afterMs).tape('BTC').minuteVolume).toBeGreaterThan(0);
  });

  it('is the volatility and mean volume of the last half hour', () => {
    const desk = createDesk();
    for (const bar of bars) desk.bar(bar);
    const last = bars.slice(10);
    const returns = last.slice(1).map((bar, index) => Math.log(bar.close / (last[index]?.close ?? 1)));
    const mean = returns.reduce((total, each) => total + each, 0) / returns.length;
    const deviation = Math.sqrt(returns.reduce((total, each) => total + (each - mean) ** 2, 0) / (returns.length - 1));
    const tape = desk.view(afterMs).tape('BTC');
    expect(tape.volatility).toBeCloseTo(deviation, 12);
    expect(tape.minuteVolume).toBeCloseTo(last.reduce((total, bar) => total + bar.volume, 0) / 30, 9);
  });

  it('forgets what is older than an hour, and takes no minute twice', () => {
    const desk = createDesk();
    for (const bar of [...bars.slice(0, 20), ...bars.slice(0, 20)]) desk.bar(bar);
    expect(desk.view(START_MS + 60 * MINUTE_MS).tape('BTC').minuteVolume).toBeCloseTo(
      bars.slice(0, 20).reduce((total, bar) => total + bar.volume, 0) / 20,
      9,
    );
    expect(desk.view(START_MS + 75 * MINUTE_MS).tape('BTC')).toEqual({ volatility: null, minuteVolume: null });
  });

  it('learns a minute that was missing when it is known, however late, and lets no fetched bar replace a received one', () => {
    const desk = createDesk();
    const learned = createDesk();
    for (const [index, bar] of bars.entries()) {
      learned.bar(bar);
      if (index === 15) desk.bar(missing(bar));
      else if (index !== 20) desk.bar(bar);
    }
    expect(desk.view(afterMs).tape('BTC')).not.toEqual(learned.view(afterMs).tape('BTC'));
    for (const index of [20, 15]) desk.bar({ ...(bars[index] as Bar), origin: 'backfilled' });
    desk.bar({ ...(bars[25] as Bar), volume: 1e9, origin: 'backfilled' });
    expect(desk.view(afterMs).tape('BTC')).toEqual(learned.view(afterMs).tape('BTC'));
  });
});

describe('a book with its depth, on the desk', () => {
  const book = (bid: number, atMs: number, more: Partial<OrderBook> = {}): OrderBook => ({
    symbol: 'BTC',
    bids: [
      { price: bid, quantity: 3 },
      { price: bid - 1, quantity: 4 },
    ],
    asks: [{ price: bid + 2, quantity: 5 }],
    exchangeMs: atMs,
    receivedMs: atMs,
    source: 'test',
    evidence: 'simulated',
    ...more,
  });

  it('is the newest that was told, and none where only tops are told', () => {
    const desk = createDesk();
    desk.top(top(99, 101, 1_000));
    expect(desk.view(1_000).book('BTC')).toBeNull();
    desk.depth(book(98, 1_100));
    desk.depth(book(97, 1_200));
    expect(desk.view(1_200).book('BTC')).toEqual(book(97, 1_200));
    expect(desk.view(1_200).book('ETH')).toBeNull();
  });

  it('is gone when nobody has told it for long, whatever else was told since', () => {
    const desk = createDesk();
    desk.depth(book(99, 0));
    desk.top(top(99, 101, BOOK_MAX_AGE_MS));
    desk.tick(tickOf('BTC', 100, BOOK_MAX_AGE_MS));
    expect(desk.view(BOOK_MAX_AGE_MS).book('BTC')).not.toBeNull();
    expect(desk.view(BOOK_MAX_AGE_MS + 1).book('BTC')).toBeNull();
    expect(desk.view(BOOK_MAX_AGE_MS + 1).quote('BTC')).toMatchObject({ bid: 99 });
  });

  it('tells its top as a top does, with the sizes', () => {
    const [byDepth, byTop] = [createDesk(), createDesk()];
    for (const desk of [byDepth, byTop]) desk.tick(tickOf('BTC', 100, 0));
    byDepth.depth(book(99, 500));
    byTop.top({ ...top(99, 101, 500), bidSize: 3, askSize: 5 });
    expect(byDepth.quotes(500)).toEqual(byTop.quotes(500));
    expect(byDepth.bookStamps()).toEqual({ BTC: 500 });
  });

  it('does not take back a top of a later number, unless that is long ago', () => {
    const desk = createDesk();
    desk.top({ ...top(105, 106, 1_000), sequence: 20 });
    desk.tick(tickOf('BTC', 105.5, 1_050));
    desk.depth(book(99, 1_100, { sequence: 19 }));
    expect(desk.view(1_100).quote('BTC')).toMatchObject({ bid: 105, ask: 106 });
    expect(desk.view(1_100).book('BTC')).toMatchObject({ sequence: 19 });
    desk.depth(book(104, 1_200, { sequence: 20 }));
    expect(desk.view(1_200).quote('BTC')).toMatchObject({ bid: 104, ask: 106, bidSize: 3 });
    const laterMs = 1_201 + BOOK_MAX_AGE_MS;
    desk.depth(book(90, laterMs, { sequence: 1 }));
    expect(desk.view(laterMs).quote('BTC')).toMatchObject({ bid: 90 });
  });

  it('with one side is a book, and no top', () => {
    const desk = createDesk();
    desk.depth(book(99, 100, { asks: [] }));
    expect(desk.view(100).quote('BTC')).toBeNull();
    expect(desk.view(100).book('BTC')).toMatchObject({ asks: [] });
  });

  it('is not kept over a restart', () => {
    const [desk, again] = [createDesk(), createDesk()];
    desk.depth(book(99, 100));
    again.restore(JSON.parse(JSON.stringify(desk.quotes(100))), desk.bookStamps());
    expect(again.view(100).book('BTC')).toBeNull();
    expect(again.view(100).quote('BTC')).toMatchObject({ bid: 99, bidSize: 3 });
  });
});

describe('what the session before ended at, on the desk', () => {
  /** 10:00 in India of a day of October 2026; the 2nd is a holiday. */
  const at = (day: number): number => Date.UTC(2026, 9, day, 4, 30);
  const tcs = (price: number, atMs: number): Tick => tickOf('TCS', price, atMs);

  it('is the last price of the day before, from the first price of the new one on and before it too', () => {
    const desk = createDesk();
    desk.tick(tcs(3_000, at(6)));
    expect(desk.view(at(6)).previousClose('TCS')).toBeNull();
    desk.tick(tcs(3_010, at(6) + MINUTE_MS));
    expect(desk.view(at(7) - 60 * MINUTE_MS).previousClose('TCS')).toBe(3_010);
    desk.top({ ...top(3_099, 3_101, at(7)), symbol: 'TCS' });
    desk.tick(tcs(3_100, at(7) + MINUTE_MS));
    expect(desk.view(at(7) + MINUTE_MS).previousClose('TCS')).toBe(3_010);
    desk.tick(tcs(3_200, at(8)));
    expect(desk.view(at(8)).previousClose('TCS')).toBe(3_100);
  });

  it('is none of a symbol without sessions', () => {
    const desk = createDesk();
    desk.tick(tickOf('BTC', 100, at(6)));
    desk.tick(tickOf('BTC', 101, at(7)));
    expect(desk.view(at(7)).previousClose('BTC')).toBeNull();
    expect(desk.closes()).toEqual({});
    expect(desk.quotes(at(7))[0]).not.toHaveProperty('previousClose');
  });

  it('stands beside the quote that is published, and is back after a restart', () => {
    const [desk, again] = [createDesk(), createDesk()];
    desk.tick(tcs(3_000, at(6)));
    desk.tick(tcs(3_100, at(7)));
    const stored = JSON.parse(JSON.stringify({ quotes: desk.quotes(at(7)), closes: desk.closes() }));
    expect(stored.quotes).toMatchObject([{ symbol: 'TCS', last: 3_100, previousClose: 3_000 }]);
    again.restore(stored.quotes);
    for (const close of stored.closes.TCS) again.closed('TCS', close);
    expect(again.quotes(at(7))).toEqual(desk.quotes(at(7)));
    again.tick(tcs(3_150, at(8)));
    expect(again.view(at(8)).previousClose('TCS')).toBe(3_100);
  });

  it('goes by what history tells where the desk has slept through a session', () => {
    const desk = createDesk();
    desk.tick(tcs(3_000, at(5)));
    desk.closed('TCS', { price: 3_050, atMs: at(6), evidence: 'simulated' });
    desk.tick(tcs(3_100, at(7)));
    expect(desk.view(at(7)).previousClose('TCS')).toBe(3_050);
  });
});
