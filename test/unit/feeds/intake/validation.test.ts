import { describe, expect, it } from 'vitest';
import { createGate, type Gate } from '../../../../shared/feeds/intake/validation.ts';
import type { OrderBook } from '../../../../shared/market/order-book.ts';
import type { BookTop, Tick } from '../../../../shared/market/price.ts';

const T0 = 1_723_161_300_000;
const tick = (fields: Partial<Tick> = {}): Tick => ({
  symbol: 'BTC',
  price: 60_000,
  quantity: 0.1,
  motion: 'print',
  exchangeMs: T0,
  receivedMs: fields.exchangeMs ?? T0,
  source: 'binance',
  evidence: 'live',
  ...fields,
});
const book = (fields: Partial<BookTop> = {}): BookTop => ({
  symbol: 'BTC',
  bid: 59_999,
  ask: 60_001,
  bidSize: 1,
  askSize: 1,
  exchangeMs: T0,
  receivedMs: T0,
  source: 'binance',
  evidence: 'live',
  ...fields,
});
const reason = (gate: Gate, price: Tick | BookTop): string => {
  const answer = gate.admit(price);
  return answer.ok ? 'admitted' : answer.reason;
};

describe('the gate', () => {
  it.each([
    ['a price of 0', tick({ price: 0 }), 'bad_price'],
    ['a negative price', tick({ price: -1 }), 'bad_price'],
    ['a price of NaN', tick({ price: Number.NaN }), 'bad_price'],
    ['an infinite price', tick({ price: Number.POSITIVE_INFINITY }), 'bad_price'],
    ['a negative quantity', tick({ quantity: -0.1 }), 'bad_quantity'],
    ['a quantity of NaN', tick({ quantity: Number.NaN }), 'bad_quantity'],
    ['a stamp of NaN', tick({ exchangeMs: Number.NaN }), 'bad_stamp'],
    ['a stamp 6 s in the future', tick({ exchangeMs: T0 + 6_000, receivedMs: T0 }), 'stamp_in_future'],
    ['a stamp 61 s old', tick({ receivedMs: T0 + 61_000 }), 'stamp_too_old'],
    ['a crossed book', book({ bid: 60_002 }), 'crossed_book'],
    ['a locked book', book({ bid: 60_001 }), 'crossed_book'],
    ['a book with a side of 0', book({ bid: 0 }), 'bad_price'],
    ['a book with a negative size', book({ askSize: -1 }), 'bad_quantity'],
  ])('refuses %s and counts it', (_, price, expected) => {
    const gate = createGate();
    expect(reason(gate, price)).toBe(expected);
    expect(gate.counters()).toEqual({ binance: { [expected]: 1 } });
  });

  it('admits what a recorder wrote whose clock is 1.27 s behind the exchange', () => {
    expect(reason(createGate(), tick({ exchangeMs: T0 + 1_270, receivedMs: T0 }))).toBe('admitted');
  });

  it('admits a book whose sizes are not told', () => {
    expect(reason(createGate(), book({ bidSize: null, askSize: null }))).toBe('admitted');
  });

  it.each([1_000, 1.6, 0.5, 0.001])('refuses a price %s times the last', (factor) => {
    const gate = createGate();
    gate.admit(tick());
    expect(reason(gate, tick({ price: 60_000 * factor, exchangeMs: T0 + 1_000 }))).toBe('jump');
    expect(reason(gate, tick({ exchangeMs: T0 + 2_000 }))).toBe('admitted');
  });

  it('refuses a book far from the trades', () => {
    const gate = createGate();
    gate.admit(tick());
    expect(reason(gate, book({ bid: 1, ask: 60_001 }))).toBe('jump');
    expect(reason(gate, book({ bid: 59_999, ask: 600_000 }))).toBe('jump');
    expect(reason(gate, book())).toBe('admitted');
  });

  it('believes a new level after twenty ticks in a row agree on it', () => {
    const gate = createGate();
    gate.admit(tick());
    const answers = Array.from({ length: 22 }, (_, i) => reason(gate, tick({ price: 30_000 + i, exchangeMs: T0 + i })));
    expect(answers.slice(0, 20)).toEqual(Array(20).fill('jump'));
    expect(answers.slice(20)).toEqual(['admitted', 'admitted']);
  });

  it('begins to count the agreeing ticks anew when one disagrees or the old level trades', () => {
    const gate = createGate();
    gate.admit(tick());
    for (let i = 0; i < 19; i++) gate.admit(tick({ price: 30_000, exchangeMs: T0 + i }));
    expect(reason(gate, tick({ exchangeMs: T0 + 20 }))).toBe('admitted');
    for (let i = 0; i < 19; i++) gate.admit(tick({ price: 30_000, exchangeMs: T0 + 21 + i }));
    expect(reason(gate, tick({ price: 20_000, exchangeMs: T0 + 40 }))).toBe('jump');
    expect(reason(gate, tick({ price: 30_000, exchangeMs: T0 + 41 }))).toBe('jump');
    expect(reason(gate, tick({ price: 30_000, exchangeMs: T0 + 42 }))).toBe('jump');
  });

  it('allows a larger move after a minute of silence, and any after a day', () => {
    const afterSilence = (silenceMs: number, price: number): string => {
      const gate = createGate();
      gate.admit(tick());
      return reason(gate, tick({ price, exchangeMs: T0 + silenceMs }));
    };
    expect(afterSilence(61_000, 30_000)).toBe('admitted');
    expect(afterSilence(61_000, 60_000_000)).toBe('jump');
    expect(afterSilence(86_400_001, 60_000_000)).toBe('admitted');
  });

  it('judges the first tick by the last price of the history', () => {
    const gate = createGate();
    gate.anchor('binance', 'BTC', 60_000, T0 - 30_000);
    expect(reason(gate, tick({ price: 60_000_000 }))).toBe('jump');
  });

  it('judges each symbol and each source by itself', () => {
    const gate = createGate();
    gate.admit(tick());
    expect(reason(gate, tick({ symbol: 'DOGE', price: 0.1 }))).toBe('admitted');
    expect(reason(gate, tick({ source: 'kraken', price: 1 }))).toBe('admitted');
    expect(gate.counters()).toEqual({ binance: { admitted: 2 }, kraken: { admitted: 1 } });
  });

  it('refuses a trade that it has seen, and admits one that comes late for the first time', () => {
    const gate = createGate();
    const numbered = (sequence: number, exchangeMs: number): string => reason(gate, tick({ sequence, exchangeMs }));
    expect([numbered(10, T0), numbered(11, T0 + 1), numbered(14, T0 + 4)]).toEqual(['admitted', 'admitted', 'admitted']);
    expect([numbered(11, T0 + 1), numbered(14, T0 + 4), numbered(9, T0 - 1)]).toEqual(['duplicate', 'duplicate', 'duplicate']);
    expect([numbered(12, T0 + 2), numbered(12, T0 + 2), numbered(13, T0 + 3), numbered(13, T0 + 3)]).toEqual([
      'admitted',
      'duplicate',
      'admitted',
      'duplicate',
    ]);
    expect(gate.counters().binance).toEqual({ admitted: 5, duplicate: 5, out_of_order: 2 });
  });

  it('goes on when the venue begins to number its trades anew', () => {
    const gate = createGate();
    gate.admit(tick({ sequence: 1_000_000 }));
    expect(reason(gate, tick({ sequence: 5, exchangeMs: T0 + 1 }))).toBe('admitted');
    expect(reason(gate, tick({ sequence: 5, exchangeMs: T0 + 1 }))).toBe('duplicate');
    expect(reason(gate, tick({ sequence: 6, exchangeMs: T0 + 2 }))).toBe('admitted');
  });

  it('does not let an older book replace a newer one, but is not locked by numbers that restart', () => {
    const gate = createGate();
    gate.admit(book({ sequence: 1_000 }));
    expect(reason(gate, book({ sequence: 1_000 }))).toBe('duplicate');
    for (let i = 0; i < 100; i++) expect(reason(gate, book({ sequence: i }))).toBe('older_book');
    expect(reason(gate, book({ sequence: 100 }))).toBe('admitted');
    expect(reason(gate, book({ sequence: 101 }))).toBe('admitted');
  });

  it('tells of a late trade that it belongs into its bar, but is not the present price', () => {
    const gate = createGate();
    const told = (exchangeMs: number, receivedMs: number, sequence: number) => gate.admit(tick({ exchangeMs, receivedMs, sequence }));
    expect(told(T0, T0 + 100, 1)).toEqual({ ok: true, isLate: false });
    expect(told(T0 + 20_000, T0 + 20_100, 5)).toEqual({ ok: true, isLate: false });
    expect(told(T0 + 19_999, T0 + 20_110, 4)).toEqual({ ok: true, isLate: true });
    expect(told(T0 + 20_000, T0 + 20_120, 6)).toEqual({ ok: true, isLate: false });
    expect(told(T0 + 30_000, T0 + 40_000, 7)).toEqual({ ok: true, isLate: false });
    expect(told(T0 + 30_001, T0 + 40_002, 8)).toEqual({ ok: true, isLate: true });
    expect(gate.counters()).toEqual({ binance: { admitted: 6, out_of_order: 1, came_late: 1 } });
  });

  it('does not call the prices of a delayed source late for their age', () => {
    const gate = createGate(undefined, { mostAgeMs: 20 * 60_000 });
    expect(gate.admit(tick({ receivedMs: T0 + 15 * 60_000 }))).toEqual({ ok: true, isLate: false });
    expect(gate.admit(tick({ exchangeMs: T0 - 1, receivedMs: T0 + 15 * 60_000 }))).toEqual({ ok: true, isLate: true });
  });

  it.each([
    ['of the year 2100', Date.UTC(2100, 0, 1), 'stamp_in_future'],
    ['of the year 2020', Date.UTC(2020, 0, 1), 'stamp_too_old'],
    ['of a minute that is not over', T0, 'stamp_in_future'],
    ['of a minute that has just ended', T0 - 60_000, 'admitted'],
    ['of a minute that ended an hour ago', T0 - 61 * 60_000, 'admitted'],
    ['of a minute that ended longer ago than an hour', T0 - 62 * 60_000, 'stamp_too_old'],
  ])('judges a bar by its minute: one %s', (_, openMs, expected) => {
    const gate = createGate();
    const bar = { symbol: 'BTC', openMs, open: 1, high: 1, low: 1, close: 1, volume: 1, source: 'binance', receivedMs: T0 };
    const answer = gate.admitBar(bar);
    expect(answer.ok ? 'admitted' : answer.reason).toBe(expected);
    expect(gate.counters()).toEqual({ binance: { [expected]: 1 } });
  });

  it('admits the bar of a minute whose end a recorder saw 1.27 s early by its clock, and none without an instant', () => {
    const bar = { symbol: 'BTC', openMs: T0 - 60_000, open: 1, high: 1, low: 1, close: 1, volume: 1, source: 'binance' };
    expect(createGate().admitBar({ ...bar, receivedMs: T0 - 1_270 })).toMatchObject({ ok: true });
    expect(createGate().admitBar({ ...bar, receivedMs: Number.NaN })).toEqual({ ok: false, reason: 'bad_stamp' });
  });

  it('admits the bars of a whole session from a delayed source', () => {
    const gate = createGate(undefined, { mostAgeMs: 20 * 60_000 });
    const bar = { symbol: 'TCS', open: 1, high: 1, low: 1, close: 1, volume: 1, source: 'yahoo', receivedMs: T0 };
    expect(gate.admitBar({ ...bar, openMs: T0 - 3 * 86_400_000 })).toMatchObject({ ok: true });
    expect(gate.admitBar({ ...bar, openMs: T0 - 8 * 86_400_000 })).toEqual({ ok: false, reason: 'stamp_too_old' });
  });

  it('refuses a closed bar far from the trades, and one that cannot be', () => {
    const gate = createGate();
    gate.admit(tick({ exchangeMs: T0 + 59_000 }));
    const bar = {
      symbol: 'BTC',
      openMs: T0,
      open: 60_000,
      high: 60_100,
      low: 59_900,
      close: 60_050,
      volume: 3,
      source: 'binance',
      receivedMs: T0 + 60_050,
    };
    expect(gate.admitBar(bar)).toMatchObject({ ok: true });
    expect(gate.admitBar({ ...bar, high: 60_000_000 })).toEqual({ ok: false, reason: 'jump' });
    expect(gate.admitBar({ ...bar, low: 60_200 })).toEqual({ ok: false, reason: 'bad_range' });
    expect(gate.admitBar({ ...bar, volume: Number.NaN })).toEqual({ ok: false, reason: 'bad_quantity' });
  });

  it('counts refused frames beside refused prices', () => {
    const gate = createGate();
    gate.countRefusedFrame('binance', 'not_json');
    gate.admit(tick({ price: 0 }));
    expect(gate.counters()).toEqual({ binance: { not_json: 1, bad_price: 1 } });
  });

  it('gives the same answers after its state went through JSON', () => {
    const prices = Array.from({ length: 400 }, (_, i) => [
      tick({ sequence: 100 + i - (i % 7), price: i % 50 > 20 && i > 100 ? 30_000 : 60_000, exchangeMs: T0 + i * 10 }),
      book({ sequence: 900 + i - (i % 11 === 10 ? 3 : 0) - (i % 13 === 12 ? 1 : 0), exchangeMs: T0 + i * 10, receivedMs: T0 + i * 10 }),
    ]).flat();
    const unbroken = createGate();
    let broken = createGate();
    for (const price of prices) {
      broken = createGate(JSON.parse(JSON.stringify(broken.state())));
      expect(broken.admit(price)).toEqual(unbroken.admit(price));
    }
    expect(broken.state()).toEqual(unbroken.state());
    expect(Object.keys(unbroken.counters().binance ?? {}).sort()).toEqual(['admitted', 'duplicate', 'jump', 'older_book']);
  });
});

describe('a book with its depth at the gate', () => {
  const depth = (fields: Partial<OrderBook> = {}): OrderBook => ({
    symbol: 'BTC',
    bids: [
      { price: 59_999, quantity: 1 },
      { price: 59_998, quantity: 2 },
    ],
    asks: [{ price: 60_001, quantity: 1 }],
    exchangeMs: T0,
    receivedMs: T0,
    source: 'binance',
    evidence: 'live',
    ...fields,
  });
  const judged = (gate: Gate, of: OrderBook): string => {
    const answer = gate.admitBook(of);
    return answer.ok ? 'admitted' : answer.reason;
  };

  it.each([
    ['bids that rise', depth({ bids: [...depth().bids].reverse() }), 'unsorted_book'],
    ['a bid at the ask', depth({ bids: [{ price: 60_001, quantity: 1 }] }), 'crossed_book'],
    ['a level of NaN', depth({ asks: [{ price: 60_001, quantity: Number.NaN }] }), 'bad_quantity'],
    ['no level', depth({ bids: [], asks: [] }), 'empty_book'],
    ['a stamp 61 s old', depth({ receivedMs: T0 + 61_000 }), 'stamp_too_old'],
  ])('is refused with %s, and counted', (_, of, expected) => {
    const gate = createGate();
    expect(judged(gate, of)).toBe(expected);
    expect(gate.counters()).toEqual({ binance: { [expected]: 1 } });
  });

  it('is refused when it is older than the one before; the same one again still stands', () => {
    const gate = createGate();
    expect([5, 5, 4, 6].map((sequence) => judged(gate, depth({ sequence })))).toEqual(['admitted', 'admitted', 'older_book', 'admitted']);
  });

  it('is judged by prices known before, and its numbers are none of those of tops and trades', () => {
    const gate = createGate();
    expect(reason(gate, book({ sequence: 9 }))).toBe('admitted');
    expect(judged(gate, depth({ sequence: 3 }))).toBe('admitted');
    const far = depth({ bids: [{ price: 5_999, quantity: 1 }], asks: [{ price: 6_000, quantity: 1 }], sequence: 4 });
    expect(judged(gate, far)).toBe('jump');
  });

  it('is judged alike after a restart', () => {
    const gate = createGate();
    gate.admitBook(depth({ sequence: 5 }));
    expect(judged(createGate(JSON.parse(JSON.stringify(gate.state()))), depth({ sequence: 4 }))).toBe('older_book');
  });
});
