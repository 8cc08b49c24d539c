import { describe, expect, it } from 'vitest';
import { viewOf } from '../../../shared/engine/market-view.ts';
import { type DayClose, previousCloseAt, withClose } from '../../../shared/engine/previous-close.ts';
import { storedCloses } from '../../../shared/engine/stored-closes.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../shared/kernel/time.ts';
import { bareQuote } from '../../support/engine-fixtures.ts';
import { createRows } from '../../support/engine-world.ts';
import { trueBar, trueQuarters } from '../../support/open-market.ts';

/** 14:30 in India of a day of October 2026: the 2nd and the 20th are holidays, the 3rd and 4th a weekend. */
const at = (day: number): number => Date.UTC(2026, 9, day, 9);
const close = (price: number, atMs: number, evidence: DayClose['evidence'] = 'live'): DayClose => ({ price, atMs, evidence });

describe('the close before a day', () => {
  it('is the newest one of an earlier day in India', () => {
    const closes = [close(3, at(7)), close(1, at(5)), close(2, at(6))];
    expect(previousCloseAt('TCS', closes, at(7))).toBe(2);
    expect(previousCloseAt('TCS', closes, at(8))).toBe(3);
    // 18:29 and 18:30 UTC are two days in India.
    expect(previousCloseAt('TCS', closes, Date.UTC(2026, 9, 7, 18, 29))).toBe(2);
    expect(previousCloseAt('TCS', closes, Date.UTC(2026, 9, 7, 18, 30))).toBe(3);
    expect(previousCloseAt('TCS', [], at(7))).toBeNull();
  });

  it('outlives a weekend and a holiday, and no more than five sessions', () => {
    const thursday = [close(1, at(1))];
    // Friday the 2nd is a holiday: the sessions after it are those of the 5th to the 9th.
    expect(previousCloseAt('TCS', thursday, at(5))).toBe(1);
    expect(previousCloseAt('TCS', thursday, at(9))).toBe(1);
    expect(previousCloseAt('TCS', thursday, at(11))).toBe(1);
    expect(previousCloseAt('TCS', thursday, at(12))).toBeNull();
    expect(previousCloseAt('TCS', thursday, at(1) + 400 * DAY_MS)).toBeNull();
  });

  it('means nothing after a corporate action in between, but where companies do not split', () => {
    // HDFCBANK, 1:1 bonus, ex-date 2025-08-26.
    const [before, exMs] = [Date.UTC(2025, 7, 25, 9), Date.UTC(2025, 7, 26, 4)];
    expect(previousCloseAt('HDFCBANK', [close(1_960, before)], exMs)).toBeNull();
    expect(previousCloseAt('HDFCBANK', [close(1_960, before, 'simulated')], exMs)).toBe(1_960);
    expect(previousCloseAt('TCS', [close(3_000, before)], exMs)).toBe(3_000);
  });

  it('is kept of the two newest days, the newest of each', () => {
    const all = [close(1, at(5)), close(2, at(6)), close(4, at(7)), close(3, at(7) - HOUR_MS), close(5, at(6) + MINUTE_MS)];
    expect(all.reduce(withClose, [] as readonly DayClose[])).toEqual([close(5, at(6) + MINUTE_MS), close(4, at(7))]);
  });
});

describe('the close before a day, in a snapshot', () => {
  const snapshot = (previousClose?: number | null) => ({
    scope: 'test',
    atMs: at(6),
    quotes: [{ ...bareQuote('TCS', 3_000, at(6)), ...(previousClose === undefined ? {} : { previousClose }) }],
    rates: [],
    feeds: [],
    cursor: null,
  });

  it('is what was published with the quote, none in one of an older program, and the last price once the day is over', () => {
    expect(viewOf(snapshot(2_990), at(6)).previousClose('TCS')).toBe(2_990);
    for (const none of [undefined, null]) expect(viewOf(snapshot(none), at(6)).previousClose('TCS')).toBeNull();
    expect(viewOf(snapshot(2_990), at(7)).previousClose('TCS')).toBe(3_000);
    expect(viewOf(snapshot(2_990), at(6)).previousClose('INFY')).toBeNull();
    expect(viewOf(snapshot(2_990), at(6)).book('TCS')).toBeNull();
  });
});

describe('stored history', () => {
  it('tells the close of the last session, packed or in minutes, and that of a session of today that is over', async () => {
    const rows = createRows();
    const lease = await rows.market.lease({ scope: 'test', holder: 'one', epoch: null, nowMs: at(6), ttlMs: HOUR_MS });
    const [monday, tuesday] = [Date.UTC(2026, 9, 5), Date.UTC(2026, 9, 6)];
    const candles = trueQuarters('NSE', 'TCS', monday, monday + DAY_MS);
    await rows.market.packDay(lease, monday, new Map([['TCS', candles]]));
    // INFY is known in minutes only; the last one was not heard.
    const minutes = [9.25 * HOUR_MS, 9.5 * HOUR_MS].map((ms) => trueBar('INFY', monday + ms));
    const unheard = { ...trueBar('INFY', monday + 9.6 * HOUR_MS), origin: 'missing' as const };
    await rows.market.packHour(lease, monday + 9 * HOUR_MS, new Map([['INFY', [...minutes, unheard]]]));
    await rows.market.packHour(lease, tuesday + 9 * HOUR_MS, new Map([['TCS', [trueBar('TCS', tuesday + 9.5 * HOUR_MS)]]]));

    const closesAt = async (nowMs: number) =>
      (await storedCloses(rows.market, 'test', nowMs, 'delayed')).map(([symbol, { price, evidence }]) => [symbol, price, evidence]);
    const before = [
      ['INFY', minutes[1]?.close, 'simulated'],
      ['TCS', candles.at(-1)?.close, 'delayed'],
    ];
    expect(await closesAt(tuesday + 5 * HOUR_MS)).toEqual(before);
    const own = ['TCS', trueBar('TCS', tuesday + 9.5 * HOUR_MS).close, 'simulated'];
    expect(await closesAt(tuesday + 12 * HOUR_MS)).toEqual([...before, own]);
    expect(await closesAt(tuesday + 29 * HOUR_MS)).toEqual([own]);
  });
});
