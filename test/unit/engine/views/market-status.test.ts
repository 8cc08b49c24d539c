import { describe, expect, it } from 'vitest';
import { marketStatusAnswer } from '../../../../shared/contracts/v8/market-status.ts';
import { marketStatus } from '../../../../shared/engine/views/market-status.ts';
import { createVirtualClock } from '../../../../shared/kernel/clock-virtual.ts';
import { contextOver, createRows } from '../../../support/engine-world.ts';

const at = (instant: string) => {
  const clock = createVirtualClock({ startMs: Date.parse('2026-08-18T05:00:00Z'), speed: 1 });
  const world = { scope: 'test', evidence: 'live', markets: ['NSE', 'CRYPTO'] } as const;
  const answer = marketStatus(contextOver(createRows(), clock, { world }), Date.parse(`${instant}:00+05:30`));
  expect(marketStatusAnswer.parse(answer)).toEqual(answer);
  return answer;
};
const utc = (instant: string): string => new Date(`${instant}:00+05:30`).toISOString();

describe('market-status', () => {
  it('tells shares in the auction, other shares and derivatives apart in the last half hour', () => {
    const { nse, details } = at('2026-08-18T15:32');
    expect(nse).toBe(false);
    expect(details.nse).toMatchObject({ isOpen: false, phase: 'closing-auction-matching', nextOpen: utc('2026-08-19T09:15') });
    expect(details.nseRegular).toMatchObject({ isOpen: false, phase: 'closed', nextClose: utc('2026-08-19T15:30') });
    expect(details.nseDerivatives).toMatchObject({ isOpen: true, canEnter: true, phase: 'continuous', nextClose: utc('2026-08-18T15:40') });
    expect(details.crypto).toMatchObject({ isOpen: true, nextOpen: null, nextClose: null });
    expect(at('2026-08-18T15:17').details).toMatchObject({
      nse: { isOpen: true, canEnter: false, phase: 'reference-price' },
      nseRegular: { canEnter: true, phase: 'continuous' },
    });
  });

  it('says why a market is closed, and when it opens again', () => {
    const closed = {
      isOpen: false,
      reason: 'Holiday: Municipal Corporation Election - Maharashtra',
      isCovered: true,
      nextOpen: utc('2026-01-16T09:15'),
    };
    const { details, primary } = at('2026-01-15T11:00');
    expect([details.nse, details.nseRegular, details.nseDerivatives]).toMatchObject([closed, closed, closed]);
    expect(details.day).toMatchObject({ kind: 'holiday', name: 'Municipal Corporation Election - Maharashtra' });
    expect(primary).toBe('CRYPTO');
    expect(at('2026-08-15T11:00').details.nse.reason).toBe('Weekend');
    expect(at('2026-02-01T11:00')).toMatchObject({ nse: true, details: { day: { kind: 'session', name: 'Union Budget (Sunday)' } } });
  });

  it('says that a date is not covered, for every group of NSE, and that crypto is open', () => {
    const { nse, crypto, details } = at('2027-01-04T11:00');
    expect([nse, crypto]).toEqual([false, true]);
    for (const group of [details.nse, details.nseRegular, details.nseDerivatives]) {
      expect(group).toMatchObject({ isOpen: false, canEnter: false, isCovered: false, nextOpen: null, nextClose: null });
      expect(group.reason).toBe('Not covered: the NSE calendar knows 2019-10-01 to 2026-12-31');
    }
    expect(details).toMatchObject({ day: { kind: 'not-covered' }, scanned: ['CRYPTO'], calendar: { from: '2019-10-01', to: '2026-12-31' } });
    expect(at('2026-11-08T18:30').details.nse).toMatchObject({ isOpen: false, isCovered: false });
  });
});
