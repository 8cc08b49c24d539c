import { describe, expect, it } from 'vitest';
import { endOfDay } from '../../../../shared/engine/orders/expiry.ts';
import { iso } from '../../../../shared/kernel/time.ts';

type Asked = Parameters<typeof endOfDay>[1];
const SHARES: Asked = { tradedIn: 'continuous', product: 'delivery' };
const OF_THE_DAY: Asked = { tradedIn: 'continuous', product: 'intraday' };
const AUCTION: Asked = { tradedIn: 'closing-auction', product: 'delivery' };

const ends = (market: 'NSE' | 'CRYPTO', asked: Asked, now: string): string | null => {
  const endMs = endOfDay({ symbol: market === 'NSE' ? 'TCS' : 'BTC', market }, asked, Date.parse(now));
  return endMs === null ? null : iso(endMs);
};

describe('an order that is good for the day', () => {
  it.each([
    ['ends with the continuous trading of shares', SHARES, '2026-11-18T07:00:00Z', '2026-11-18T09:45:00.000Z'],
    ['is for the next session when today’s is over', SHARES, '2026-11-18T09:45:00Z', '2026-11-19T09:45:00.000Z'],
    ['is for the next session over a weekend and a holiday', SHARES, '2026-11-21T07:00:00Z', '2026-11-23T09:45:00.000Z'],
    ['passes over a holiday', SHARES, '2026-11-23T15:00:00Z', '2026-11-25T09:45:00.000Z'],
    ['ended with the close at half past three before there was a closing auction', SHARES, '2026-07-01T07:00:00Z', '2026-07-01T10:00:00.000Z'],
    ['of shares for the day ends when their positions are closed', OF_THE_DAY, '2026-11-18T07:00:00Z', '2026-11-18T09:40:00.000Z'],
    ['of the closing auction ends with its price', AUCTION, '2026-11-18T07:00:00Z', '2026-11-18T10:05:00.000Z'],
  ])('%s', (_, asked, now, end) => {
    expect(ends('NSE', asked, now)).toBe(end);
  });

  it('ends at midnight UTC for coin, which has no close', () => {
    expect(ends('CRYPTO', { tradedIn: 'continuous', product: 'spot' }, '2026-11-18T23:59:59.999Z')).toBe('2026-11-19T00:00:00.000Z');
    expect(ends('CRYPTO', { tradedIn: 'continuous', product: 'spot' }, '2026-11-19T00:00:00Z')).toBe('2026-11-20T00:00:00.000Z');
  });

  it('has no end where the calendar knows no session', () => {
    expect(ends('NSE', SHARES, '2027-06-01T07:00:00Z')).toBeNull();
  });
});
