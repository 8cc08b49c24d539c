import { describe, expect, it } from 'vitest';
import type { DayReport } from '../../../shared/contracts/journal.ts';
import { decimal, ZERO } from '../../../shared/kernel/decimal.ts';
import { curveFigures, dailyReturns } from '../../../shared/performance/curve-figures.ts';

const CURVE = { peak: decimal('110'), maxDrawdown: 0.25, last: decimal('100'), lastMarkMs: 0, marks: 8, marksExposed: 2 };

const report = (startEquity: string, endEquity: string): DayReport => ({
  date: '2026-11-18',
  openedMs: 0,
  closedMs: 1,
  startEquity: decimal(startEquity),
  openEquity: null,
  endEquity: decimal(endEquity),
  realised: ZERO,
  charges: ZERO,
  trades: 0,
  wins: 0,
  openPositions: 0,
});

describe('curve figures', () => {
  it('take the drawdown and the exposure time from the equity marks', () => {
    expect(curveFigures([], CURVE)).toMatchObject({ maxDrawdown: 0.25, exposureTime: 0.25, dailyReturns: 0, sharpe: null, maxDailyDrawdown: null });
  });

  it('have no drawdown and no exposure time before the first mark', () => {
    const made = curveFigures([], { ...CURVE, marks: 0, marksExposed: 0 });
    expect(made).toMatchObject({ maxDrawdown: null, exposureTime: null, reasons: { maxDrawdown: 'equity has not been marked yet' } });
  });

  it('take a day’s return from its own books', () => {
    expect(dailyReturns([report('100', '110'), report('110', '99')])).toEqual([expect.closeTo(0.1, 12), expect.closeTo(-0.1, 12)]);
    expect(curveFigures([report('100', '110'), report('110', '99')], CURVE).maxDailyDrawdown).toBeCloseTo(0.1, 12);
  });

  it('say why when the days cannot be told apart', () => {
    const flat = curveFigures(
      Array.from({ length: 30 }, () => report('100', '100')),
      CURVE,
    );
    expect(flat.reasons).toEqual({ sharpe: 'the returns do not vary', sortino: 'no return was below the required one' });
  });

  it('are undefined once a day began with nothing', () => {
    const ruined = curveFigures([report('100', '0'), report('0', '0')], CURVE);
    expect(ruined).toMatchObject({ sharpe: null, reasons: { sharpe: 'a day began without equity', maxDailyDrawdown: 'a day began without equity' } });
    expect(ruined.dailyReturns).toBe(0);
  });
});
