import { describe, expect, it } from 'vitest';
import { type BarBuilder, createBarBuilder } from '../../../../shared/feeds/bars/bar-builder.ts';
import type { Bar, Tick } from '../../../../shared/market/price.ts';

const M0 = 1_723_161_300_000;
const MINUTE = 60_000;
const tick = (atMs: number, price: number, quantity = 1, fields: Partial<Tick> = {}): Tick => ({
  symbol: 'BTC',
  price,
  quantity,
  motion: 'print',
  exchangeMs: atMs,
  receivedMs: atMs,
  source: 'binance',
  evidence: 'live',
  ...fields,
});
const builder = (): BarBuilder => {
  const bars = createBarBuilder({ symbols: ['BTC', 'ETH'], evidence: 'live' });
  bars.feedUp(M0 - MINUTE);
  return bars;
};
const venueBar = (openMs: number, price: number, symbol = 'BTC') => ({
  symbol,
  openMs,
  open: price,
  high: price,
  low: price,
  close: price,
  volume: 9,
  source: 'binance',
  receivedMs: openMs + MINUTE,
});

describe('the bar builder', () => {
  it('gives a minute when it has ended, once', () => {
    const bars = builder();
    for (const [atMs, price, quantity] of [
      [M0, 100, 1],
      [M0 + 10, 103, 2],
      [M0 + 20, 98, 0.5],
      [M0 + 59_999, 101, 1],
      [M0 + MINUTE, 200, 7],
    ] as const) {
      bars.addTick(tick(atMs, price, quantity));
    }
    expect(bars.closeUpTo(M0 + MINUTE - 1)).toEqual([]);
    expect(bars.closeUpTo(M0 + MINUTE)).toEqual([
      { symbol: 'BTC', openMs: M0, open: 100, high: 103, low: 98, close: 101, volume: 4.5, origin: 'received', evidence: 'live' },
    ]);
    expect(bars.closeUpTo(M0 + MINUTE)).toEqual([]);
  });

  it('sums quantities exactly, however many there are and however large', () => {
    const bars = builder();
    for (let i = 0; i < 1_000; i++) bars.addTick(tick(M0 + i, 0.07, 0.1));
    bars.addTick(tick(M0 + 2_000, 0.07, Number('90071992.54740993')));
    expect(bars.closeUpTo(M0 + MINUTE)[0]?.volume).toBe(Number('90072092.54740993'));
  });

  it('does not depend on the order in which the trades of a minute arrive', () => {
    const trades = Array.from({ length: 12 }, (_, i) => tick(M0 + Math.floor(i / 3), 100 + ((i * 7) % 5), 0.1 + i / 1_000, { sequence: 50 + i }));
    const inOrder = builder();
    for (const trade of trades) inOrder.addTick(trade);
    const expected = inOrder.closeUpTo(M0 + MINUTE);
    for (let turn = 1; turn < trades.length; turn++) {
      const turned = builder();
      for (const trade of [...trades.slice(turn), ...trades.slice(0, turn).reverse()]) turned.addTick(trade);
      expect(turned.closeUpTo(M0 + MINUTE)).toEqual(expected);
    }
  });

  it('fills a minute without a trade with a flat bar at the previous close', () => {
    const bars = builder();
    bars.addTick(tick(M0, 100));
    bars.addTick(tick(M0 + 3 * MINUTE, 105));
    const flat = { symbol: 'BTC', open: 100, high: 100, low: 100, close: 100, volume: 0, origin: 'received', evidence: 'live' };
    expect(bars.closeUpTo(M0 + 3 * MINUTE).slice(1)).toEqual([
      { ...flat, openMs: M0 + MINUTE },
      { ...flat, openMs: M0 + 2 * MINUTE },
    ]);
  });

  it('marks the minutes of an outage as missing, those it only touched too', () => {
    const bars = builder();
    for (let minute = 0; minute < 6; minute++) bars.addTick(tick(M0 + minute * MINUTE, 100 + minute));
    bars.feedDown(M0 + 1.5 * MINUTE);
    bars.feedUp(M0 + 3.5 * MINUTE);
    expect(bars.closeUpTo(M0 + 6 * MINUTE).map(({ origin, close }) => `${origin} ${close}`)).toEqual([
      'received 100',
      'missing 101',
      'missing 102',
      'missing 103',
      'received 104',
      'received 105',
    ]);
  });

  it('marks the minute in which the feed came up as missing, and minutes of a feed that is still down', () => {
    const bars = createBarBuilder({ symbols: ['BTC'], evidence: 'live' });
    bars.feedUp(M0 + 1_000);
    bars.addTick(tick(M0 + 2_000, 100));
    bars.feedDown(M0 + 2 * MINUTE);
    expect(bars.closeUpTo(M0 + 3 * MINUTE).map(({ origin }) => origin)).toEqual(['missing', 'received', 'missing']);
  });

  it("takes the venue's own closed bar instead of its aggregate, even of a minute in which the feed was down", () => {
    const bars = builder();
    bars.addTick(tick(M0, 100));
    bars.addClosedBar(venueBar(M0, 102));
    bars.feedDown(M0 + MINUTE);
    bars.feedUp(M0 + MINUTE + 30_000);
    bars.addClosedBar(venueBar(M0 + MINUTE, 104));
    expect(bars.closeUpTo(M0 + 2 * MINUTE).map(({ close, volume, origin }) => [close, volume, origin])).toEqual([
      [102, 9, 'received'],
      [104, 9, 'received'],
    ]);
  });

  it('gives the bars of several symbols by minute, in the order of the symbols', () => {
    const bars = builder();
    for (const atMs of [M0, M0 + MINUTE]) for (const symbol of ['ETH', 'BTC']) bars.addTick(tick(atMs, 100, 1, { symbol }));
    expect(bars.closeUpTo(M0 + 2 * MINUTE).map(({ symbol, openMs }) => `${symbol} ${(openMs - M0) / MINUTE}`)).toEqual([
      'BTC 0',
      'ETH 0',
      'BTC 1',
      'ETH 1',
    ]);
  });

  it('refuses what comes after its minute was given, and symbols it does not build, and counts them', () => {
    const bars = builder();
    bars.addTick(tick(M0, 100));
    bars.closeUpTo(M0 + MINUTE);
    expect(bars.addTick(tick(M0 + 5, 100))).toBe('late');
    expect(bars.addClosedBar(venueBar(M0, 100))).toBe('late');
    expect(bars.addTick(tick(M0, 1, 1, { symbol: 'LTC' }))).toBe('unknown_symbol');
    expect(bars.lateCount()).toBe(3);
  });

  it('goes on from the history: a symbol that does not trade stays at its last close', () => {
    const bars = builder();
    bars.seed('ETH', { openMs: M0 - MINUTE, open: 9, high: 9, low: 9, close: 10, volume: 1 });
    expect(bars.closeUpTo(M0 + MINUTE)).toEqual([
      { symbol: 'ETH', openMs: M0, open: 10, high: 10, low: 10, close: 10, volume: 0, origin: 'received', evidence: 'live' },
    ]);
  });

  it('goes on after a backfill that reaches further than its own bars', () => {
    const bars = builder();
    bars.addTick(tick(M0, 100));
    bars.addTick(tick(M0 + 2 * MINUTE, 120));
    bars.seed('BTC', { openMs: M0 + MINUTE, open: 1, high: 1, low: 1, close: 110, volume: 1 });
    expect(bars.closeUpTo(M0 + 3 * MINUTE).map(({ openMs, close }) => [openMs, close])).toEqual([[M0 + 2 * MINUTE, 120]]);
  });

  it('does not fill a gap of more than a day minute by minute', () => {
    const bars = builder();
    bars.addTick(tick(M0, 100));
    bars.addTick(tick(M0 + 3_000 * MINUTE, 110));
    expect(bars.closeUpTo(M0 + 3_001 * MINUTE).map(({ openMs, close }) => [(openMs - M0) / MINUTE, close])).toEqual([
      [0, 100],
      [3_000, 110],
    ]);
  });

  it('lets prices without a size shape the bars only of symbols that never had one', () => {
    const bars = builder();
    bars.addTick(tick(M0, 100, 0));
    bars.addTick(tick(M0 + 1, 101, 0));
    expect(bars.closeUpTo(M0 + MINUTE)).toMatchObject([{ open: 100, close: 101, volume: 0 }]);
    bars.addTick(tick(M0 + MINUTE, 102, 1));
    bars.addTick(tick(M0 + MINUTE + 1, 999, 0));
    expect(bars.closeUpTo(M0 + 2 * MINUTE)).toMatchObject([{ open: 102, close: 102, high: 102 }]);
  });

  it('gives the same bars after its state went through JSON at every step', () => {
    const play = (between: (bars: BarBuilder) => BarBuilder): readonly Bar[] => {
      let bars = builder();
      const given: Bar[] = [];
      for (let i = 0; i < 300; i++) {
        const atMs = M0 + i * 7_000;
        bars = between(bars);
        bars.addTick(tick(atMs, 100 + (i % 13), 0.1 + (i % 7) / 1_000, { symbol: i % 3 === 0 ? 'ETH' : 'BTC', sequence: i }));
        if (i === 90) bars.feedDown(atMs);
        if (i === 120) bars.feedUp(atMs);
        if (i % 50 === 49) bars.addClosedBar(venueBar(atMs - (atMs % MINUTE), 105));
        given.push(...bars.closeUpTo(atMs - 2_000));
      }
      return given;
    };
    const unbroken = play((bars) => bars);
    const broken = play((bars) => createBarBuilder({ symbols: ['BTC', 'ETH'], evidence: 'live' }, JSON.parse(JSON.stringify(bars.state()))));
    expect(broken).toEqual(unbroken);
    expect(unbroken.length).toBeGreaterThan(60);
    expect(new Set(unbroken.map(({ origin }) => origin))).toEqual(new Set(['received', 'missing']));
  });

  it('does not know the close after an outage until a price comes: minutes without a trade are missing, not flat', () => {
    const bars = builder();
    bars.addTick(tick(M0, 100));
    bars.feedDown(M0 + 10_000);
    bars.feedUp(M0 + MINUTE + 10_000);
    bars.addTick(tick(M0 + 4 * MINUTE, 120));
    expect(bars.closeUpTo(M0 + 6 * MINUTE).map(({ close, origin }) => [close, origin])).toEqual([
      [100, 'missing'],
      [100, 'missing'],
      [100, 'missing'],
      [100, 'missing'],
      [120, 'received'],
      [120, 'received'],
    ]);
  });

  it('knows the close again when the last minute of an outage was fetched', () => {
    const bars = builder();
    bars.addTick(tick(M0, 100));
    bars.feedDown(M0 + 10_000);
    bars.feedUp(M0 + 30_000);
    expect(bars.closeUpTo(M0 + MINUTE)).toMatchObject([{ close: 100, origin: 'missing' }]);
    bars.seed('BTC', { openMs: M0, open: 100, high: 112, low: 99, close: 110, volume: 3 });
    expect(bars.closeUpTo(M0 + 2 * MINUTE)).toMatchObject([{ openMs: M0 + MINUTE, close: 110, volume: 0, origin: 'received' }]);
  });

  it('takes a minute that was not heard to its end for missing, unless the venue closed it', () => {
    const bars = builder();
    bars.addTick(tick(M0, 100));
    bars.addTick(tick(M0 + 1, 2_000, 1, { symbol: 'ETH' }));
    bars.addClosedBar(venueBar(M0, 2_001, 'ETH'));
    expect(bars.closeUpTo(M0 + MINUTE, M0 + 59_999).map(({ symbol, origin }) => [symbol, origin])).toEqual([
      ['BTC', 'missing'],
      ['ETH', 'received'],
    ]);
    bars.addTick(tick(M0 + MINUTE, 101));
    expect(bars.closeUpTo(M0 + 2 * MINUTE, M0 + 2 * MINUTE)[0]).toMatchObject({ symbol: 'BTC', close: 101, origin: 'received' });
  });
});
