import { describe, expect, it } from 'vitest';
import type { EquityDayRow } from '../../../../shared/feeds/history/tables.ts';
import { createDayBook, type RecordedDays } from '../../../../shared/feeds/replay/day-book.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../../shared/kernel/time.ts';

const DAY = Date.parse('2024-04-01T00:00:00Z');
const BTC = { symbol: 'BTC', files: [] };
const ITC = { symbol: 'ITC', market: 'NSE' as const, files: [] };
const NOTHING: RecordedDays = { shares: [], fixings: [], coins: [] };

const bar = (symbol: string, endMs: number, close: number, origin: 'received' | 'missing' = 'received') => ({
  symbol,
  openMs: endMs - MINUTE_MS,
  close,
  origin,
});
const row = (symbol: string, date: string, close: number, series = 'EQ'): EquityDayRow => ({
  date,
  symbol,
  series,
  isin: null,
  open: close,
  high: close,
  low: close,
  close,
  last: null,
  previousClose: null,
  volume: 1,
  turnover: null,
  trades: null,
  delivered: null,
  source: 'nse-full',
});

describe('the days of recorded bars', () => {
  it('are told when they are over, and not a millisecond before, whatever has been heard by then', () => {
    const book = createDayBook([BTC], NOTHING);
    book.note([bar('BTC', DAY + DAY_MS, 70), bar('BTC', DAY + 2 * DAY_MS, 71)]);
    expect(book.closes(0, DAY + DAY_MS - 1)).toEqual(new Map());
    expect(book.closes(0, DAY + DAY_MS).get('BTC')).toEqual([{ date: '2024-04-01', close: 70 }]);
    expect(book.closes(0, DAY + 2 * DAY_MS - 1).get('BTC')).toEqual([{ date: '2024-04-01', close: 70 }]);
  });

  it('are the same up to an instant whatever comes after it', () => {
    const [known, more] = [createDayBook([BTC], NOTHING), createDayBook([BTC], NOTHING)];
    for (const book of [known, more]) book.note([bar('BTC', DAY + DAY_MS, 70)]);
    more.note([bar('BTC', DAY + 2 * DAY_MS, 1), bar('BTC', DAY + 3 * DAY_MS, 1_000)]);
    expect(more.closes(0, DAY + DAY_MS + HOUR_MS)).toEqual(known.closes(0, DAY + DAY_MS + HOUR_MS));
  });

  it('have no close where the last hour was not heard', () => {
    const book = createDayBook([BTC], NOTHING);
    book.note([bar('BTC', DAY + 12 * HOUR_MS, 70), bar('BTC', DAY + DAY_MS, 71, 'missing')]);
    expect(book.closes(0, DAY + 5 * DAY_MS)).toEqual(new Map());
  });

  it('of coins come from longer klines beside the minutes, too', () => {
    const candles = [{ openMs: DAY + 23 * HOUR_MS, open: 1, high: 1, low: 1, close: 69, volume: 1 }];
    const book = createDayBook([BTC], { ...NOTHING, coins: [{ symbol: 'BTC', spanMs: HOUR_MS, candles }] });
    expect(book.closes(0, DAY + DAY_MS).get('BTC')).toEqual([{ date: '2024-04-01', close: 69 }]);
  });

  it('of a share close at what the exchange told, once the session has set its last price', () => {
    const book = createDayBook([ITC], { ...NOTHING, shares: [row('ITC', '2024-04-01', 430.5), row('ITC', '2024-04-01', 400, 'BE')] });
    const closeMs = Date.parse('2024-04-01T10:00:00Z');
    book.note([bar('ITC', closeMs, 431)]);
    expect(book.closes(0, closeMs - 1)).toEqual(new Map());
    expect(book.closes(0, closeMs).get('ITC')).toEqual([{ date: '2024-04-01', close: 430.5 }]);
  });

  it('of the rupee are what it is worth in dollars, told from its fixing on and not before', () => {
    const atMs = DAY + 12.25 * HOUR_MS;
    const book = createDayBook([ITC], { ...NOTHING, fixings: [{ date: '2024-04-01', atMs, usdInr: 80 }] });
    expect(book.closes(0, atMs - 1)).toEqual(new Map());
    expect(book.closes(0, atMs).get('INR/USD')).toEqual([{ date: '2024-04-01', close: 0.0125 }]);
    expect(book.closes(atMs, atMs + DAY_MS)).toEqual(new Map());
  });

  it('before a demerger are brought to its scale from its ex-date on, and not before', () => {
    // ITC Hotels was spun off on 2025-01-06.
    const book = createDayBook([ITC], { ...NOTHING, shares: [row('ITC', '2025-01-03', 480)] });
    expect(book.closes(0, Date.parse('2025-01-05T12:00:00Z')).get('ITC')?.[0]?.close).toBe(480);
    const adjusted = book.closes(0, Date.parse('2025-01-06T04:00:00Z')).get('ITC')?.[0]?.close ?? 0;
    expect(adjusted).toBeGreaterThan(440);
    expect(adjusted).toBeLessThan(470);
  });
});
