import { describe, expect, it } from 'vitest';
import { DAY_MS } from '../../../../shared/kernel/time.ts';
import { ivStanding, thirtyDayIv } from '../../../../shared/market/options/implied-level.ts';
import { realisedLevel } from '../../../../shared/market/options/realised-level.ts';
import { atTheMoneyIv, ivAtStrike, nearestDelta, type Smile, smilesOf } from '../../../../shared/market/options/smile.ts';
import { pricedChain } from '../../../support/option-chains.ts';

const atMs = Date.parse('2026-10-06T08:00Z');
const asked = { underlying: 'BTC', atMs, spot: 80_000, expiries: ['2026-10-30', '2026-11-27'], step: 2_000, strikesEachSide: 12, iv: () => 0.5 };
const skewed = { ...asked, iv: (moneyness: number) => 0.5 - 0.2 * moneyness + 0.4 * moneyness ** 2 };

describe('the smiles of a chain', () => {
  const smiles = smilesOf(pricedChain(skewed), 0);
  const [near] = smiles as [Smile, Smile];

  it('come by expiry, with a point a strike on the side out of the money', () => {
    expect(smiles.map(({ expiryMs }) => expiryMs)).toEqual(['2026-10-30T08:00Z', '2026-11-27T08:00Z'].map(Date.parse));
    expect(near.points).toHaveLength(50);
    expect(near.outside.map(({ strike }) => strike)).toEqual(Array.from({ length: 25 }, (_, at) => 56_000 + at * 2_000));
    expect(near.outside.every(({ strike, right }) => (right === 'put') === strike < 80_000)).toBe(true);
  });

  it('give the volatility of a quoted strike as it is, of one between by its neighbours, and none beyond the quoted ones', () => {
    const quoted = near.outside.find(({ strike }) => strike === 70_000)?.iv ?? 0;
    expect(ivAtStrike(near, 70_000)).toBe(quoted);
    const [lower, upper] = [ivAtStrike(near, 70_000), ivAtStrike(near, 72_000)];
    expect(ivAtStrike(near, 71_000)).toBeLessThan(lower);
    expect(ivAtStrike(near, 71_000)).toBeGreaterThan(upper);
    expect(ivAtStrike(near, 10_000)).toBe(near.outside[0]?.iv);
    expect(ivAtStrike(near, 500_000)).toBe(near.outside.at(-1)?.iv);
    expect(atTheMoneyIv(near)).toBeCloseTo(0.5, 6);
  });

  it('find a strike by its delta', () => {
    const put = nearestDelta(near, 'put', 0.25);
    expect(put?.delta).toBeCloseTo(-0.25, 1);
    expect(put?.strike).toBeLessThan(80_000);
    expect(nearestDelta(near, 'call', 0.25, ({ strike }) => strike > 200_000)).toBeNull();
  });

  it('take the volatility from the mark where none is told, and from the book where there is no mark', () => {
    const chain = pricedChain(skewed);
    const untold = smilesOf({ ...chain, options: chain.options.map((quote) => ({ ...quote, iv: null })) }, 0);
    const bookOnly = smilesOf({ ...chain, options: chain.options.map((quote) => ({ ...quote, iv: null, mark: null })) }, 0);
    expect(atTheMoneyIv(untold[0] as Smile)).toBeCloseTo(0.5, 6);
    expect(atTheMoneyIv(bookOnly[0] as Smile)).toBeCloseTo(0.5, 2);
  });

  it('leave out what has expired', () => {
    expect(smilesOf({ ...pricedChain(asked), atMs: Date.parse('2026-11-01T00:00Z') }, 0)).toHaveLength(1);
    expect(smilesOf({ ...pricedChain(asked), atMs: Date.parse('2026-12-01T00:00Z') }, 0)).toEqual([]);
  });
});

describe('the volatility of 30 days', () => {
  it('lies between the expiries around it, by total variance', () => {
    const chain = pricedChain({ ...asked, iv: (_, years) => (years < 0.1 ? 0.4 : 0.6) });
    // 24 and 52 days: w = (52 - 30) / 28, variance w .16 24 + (1 - w) .36 52 over 30 days.
    const w = 22 / 28;
    expect(thirtyDayIv(chain).value).toBeCloseTo(Math.sqrt((w * 0.16 * 24 + (1 - w) * 0.36 * 52) / 30), 9);
  });

  it('is that of the one near expiry where there is no other', () => {
    expect(thirtyDayIv(pricedChain({ ...asked, expiries: ['2026-10-30'] })).value).toBeCloseTo(0.5, 9);
  });

  it('is undefined where the only expiry is far from 30 days, or none is left', () => {
    expect(thirtyDayIv(pricedChain({ ...asked, expiries: ['2026-10-09'] }))).toEqual({
      value: null,
      reason: 'the only expiry near 30 days is 3.0 days away',
    });
    expect(thirtyDayIv({ ...pricedChain(asked), options: [] })).toEqual({ value: null, reason: 'no options with more than a day to go' });
  });
});

describe('where a volatility stands', () => {
  const history = Array.from({ length: 300 }, (_, day) => ({ dayMs: day * DAY_MS, iv: day < 48 ? 9 : 0.3 + 0.001 * (day - 48) }));

  it('is told by the range of the last 252 days, and by the share of them below', () => {
    const { rank, percentile, days } = ivStanding(history, 0.4);
    expect(days).toBe(252);
    expect(rank.value).toBeCloseTo(0.1 / 0.251, 9);
    expect(percentile.value).toBe(100 / 252);
  });

  it('is at an end of the range, and not beyond it, for a new extreme', () => {
    expect(ivStanding(history, 2)).toMatchObject({ rank: { value: 1 }, percentile: { value: 1 } });
    expect(ivStanding(history, 0.1)).toMatchObject({ rank: { value: 0 }, percentile: { value: 0 } });
  });

  it('is undefined with too few days, and says how few', () => {
    const reason = '20 days of implied volatility are known, of 252 that are needed';
    expect(ivStanding(history.slice(-20), 0.4)).toEqual({ rank: { value: null, reason }, percentile: { value: null, reason }, days: 20 });
    expect(ivStanding(history.slice(-20), 0.4, 252, 15).rank.value).not.toBeNull();
    expect(ivStanding([], 0.4, 252, 0).rank.value).toBeNull();
  });
});

describe('realised volatility', () => {
  const candle = (close: number) => ({ openMs: 0, open: close, high: close, low: close, close, volume: 1 });

  it('is the root mean square of daily returns, a year', () => {
    const closes = Array.from({ length: 31 }, (_, day) => 100 * Math.exp(day % 2 === 0 ? 0 : 0.02));
    expect(realisedLevel(closes.map(candle), 365).value).toBeCloseTo(0.02 * Math.sqrt(365), 9);
  });

  it('is undefined with too few days, and where nothing moved', () => {
    expect(realisedLevel([100, 101, 102].map(candle), 365)).toEqual({ value: null, reason: '2 daily returns are known, of 10 that are needed' });
    expect(
      realisedLevel(
        Array.from({ length: 12 }, () => candle(100)),
        365,
      ).reason,
    ).toBe('nothing has moved');
  });
});
