import { describe, expect, it } from 'vitest';
import { NSE_CALENDAR } from '../../../shared/config/nse-calendar.ts';
import { btstConfig } from '../../../shared/config/strategies.ts';
import { iso } from '../../../shared/kernel/time.ts';
import type { Bar } from '../../../shared/market/price.ts';
import { createBtst } from '../../../shared/strategies/btst.ts';
import { hourVolumeRatio } from '../../../shared/strategies/components/hour-volume.ts';
import { closeLocation, strongClose } from '../../../shared/strategies/patterns/strong-close.ts';
import type { Opportunity, Quiet } from '../../../shared/strategies/strategy.ts';
import { chartBefore, type DaySketch, dayOfMinutes } from '../../support/nse-days.ts';
import { candle, missing } from '../../support/series.ts';
import { instrumentOf } from '../../support/strategy-runs.ts';

const btst = createBtst();
const INFY = instrumentOf('INFY', 'NSE');
const at = (date: string, clock: string): number => Date.parse(`${date}T${clock}+05:30`);

/** What it says on a day of that shape when the clock of India shows the time. */
function said(date: string, clock: string, sketch: DaySketch = {}, change: (bar: Bar) => Bar = (bar) => bar): Opportunity | Quiet {
  const nowMs = at(date, clock);
  const chart = chartBefore(date);
  for (const bar of dayOfMinutes(date, sketch)) if (bar.openMs + 60_000 <= nowMs) chart.add(change(bar));
  return btst.evaluate({ instrument: INFY, nowMs, chart, calendar: NSE_CALENDAR, derivatives: null }) as Opportunity | Quiet;
}

const THURSDAY = '2026-10-29';

describe('BTST', () => {
  it('buys a strong close in the closing auction and sells a quarter of an hour after the next open', () => {
    const opportunity = said(THURSDAY, '15:20:03') as Opportunity;
    expect(opportunity).toMatchObject({ kind: 'opportunity', direction: 'long', tradedIn: 'closing-auction', trailingShare: null, riskFactor: 1.3 });
    expect(iso(opportunity.exitByMs ?? 0)).toBe('2026-10-30T04:00:00.000Z');
    expect(opportunity.stop / opportunity.entry).toBeCloseTo(0.98, 9);
    expect(opportunity.target / opportunity.entry).toBeCloseTo(1.05, 9);
    expect(opportunity.confidence).toBeGreaterThan(0.6);
    expect(opportunity.why).toContain('to be sold on 2026-10-30');
  });

  it('shows fundamentals, model and sentiment as absent, their weights shared out between technical and volume', () => {
    const { parts } = said(THURSDAY, '15:20:03') as Opportunity;
    expect(parts.map(({ name, score }) => [name, score === null])).toEqual([
      ['technical', false],
      ['fundamental', true],
      ['ml', true],
      ['volume', false],
      ['sentiment', true],
    ]);
    expect(parts[0]?.weight).toBeCloseTo(0.35 / 0.45, 12);
    expect(parts[3]?.weight).toBeCloseTo(0.1 / 0.45, 12);
  });

  it('buys in continuous trading when an hour closes in the last one', () => {
    expect(said(THURSDAY, '14:15:03', { lastHourVolume: 40 })).toMatchObject({ reason: 'no_setup' });
    const busy = said(THURSDAY, '14:15:03', {}, (bar) => (bar.openMs >= at(THURSDAY, '13:15') ? { ...bar, volume: 40 } : bar));
    expect(busy).toMatchObject({ kind: 'opportunity', tradedIn: 'continuous' });
    // Before there was an auction the hour that closes at 15:15 was bought in continuous trading.
    expect(said('2026-07-16', '15:15:03')).toMatchObject({ kind: 'opportunity', tradedIn: 'continuous' });
  });

  it.each([
    ['14:14:03', 'outside_window'],
    ['14:16:03', 'between_bars'],
    ['15:15:03', 'outside_window'],
    ['15:21:03', 'between_bars'],
    ['15:25:03', 'outside_window'],
    ['15:45:00', 'outside_window'],
  ])('is quiet at %s: %s', (clock, reason) => {
    expect(said(THURSDAY, clock)).toMatchObject({ kind: 'quiet', reason });
  });

  it.each([
    ['a Friday is sold on Monday', '2026-10-30', '2026-11-02'],
    ['before a holiday is sold after it', '2026-10-01', '2026-10-05'],
    ['before a special Sunday session is sold on that Sunday', '2026-01-30', '2026-02-01'],
  ])('bought on %s', (_what, date, soldOn) => {
    const clock = date < '2026-08-03' ? '15:15:03' : '15:20:03';
    const { exitByMs } = said(date, clock) as Opportunity;
    expect(iso(exitByMs ?? 0)).toBe(iso(at(soldOn, '09:30')));
  });

  it("buys nothing that it cannot plan to sell: before a session of unknown hours, at the calendar's end and beyond it", () => {
    expect(said('2026-11-06', '15:20:03')).toMatchObject({
      reason: 'calendar_not_covered',
      why: expect.stringContaining('2026-11-08 is hours-unknown'),
    });
    expect(said('2026-12-31', '15:20:03')).toMatchObject({ reason: 'calendar_not_covered', why: expect.stringContaining('2027-01-01') });
    const nowMs = at('2027-01-04', '15:20:03');
    expect(btst.evaluate({ instrument: INFY, nowMs, chart: chartBefore(THURSDAY), calendar: NSE_CALENDAR, derivatives: null })).toMatchObject({
      reason: 'calendar_not_covered',
    });
  });

  it('is quiet on holidays and at weekends', () => {
    for (const date of ['2026-10-02', '2026-10-31']) {
      const nowMs = at(date, '15:20:03');
      expect(btst.evaluate({ instrument: INFY, nowMs, chart: chartBefore(date), calendar: NSE_CALENDAR, derivatives: null })).toMatchObject({
        reason: 'market_closed',
      });
    }
  });

  it.each<[string, DaySketch]>([
    ['too little gain', { gain: 0.001 }],
    ['a loss', { gain: -0.03 }],
    ['a close that gave back', { giveBack: 0.5 }],
    ['the usual volume', { lastHourVolume: 1000 / 60 }],
  ])('sees no setup with %s', (_what, sketch) => {
    expect(said(THURSDAY, '15:20:03', sketch)).toMatchObject({ kind: 'quiet', reason: 'no_setup' });
  });

  it('does not trust a last hour with a minute missing, nor one whose end is not known', () => {
    const holed = said(THURSDAY, '15:20:03', {}, (bar) => (bar.openMs === at(THURSDAY, '15:00') ? missing(bar) : bar));
    expect(holed).toMatchObject({ reason: 'gap_in_bars' });
    const chart = chartBefore(THURSDAY);
    for (const bar of dayOfMinutes(THURSDAY)) if (bar.openMs < at(THURSDAY, '14:50')) chart.add(bar);
    const nowMs = at(THURSDAY, '15:20:03');
    expect(btst.evaluate({ instrument: INFY, nowMs, chart, calendar: NSE_CALENDAR, derivatives: null })).toMatchObject({ reason: 'stale_bars' });
  });

  it('trades shares of NSE only', () => {
    const btc = instrumentOf('BTC');
    const chart = chartBefore(THURSDAY);
    const view = {
      instrument: btc,
      nowMs: at(THURSDAY, '15:20:03'),
      chart: { ...chart, market: 'CRYPTO' as const },
      calendar: NSE_CALENDAR,
      derivatives: null,
    };
    expect(btst.evaluate(view)).toMatchObject({ reason: 'other_market' });
  });

  it('has the settings of the plan', () => {
    expect(btstConfig.parse({})).toMatchObject({
      timeframes: ['1h', '1d'],
      weights: { technical: 0.35, fundamental: 0.25, ml: 0.25, volume: 0.1, sentiment: 0.05 },
      stopShare: 0.02,
      targetShare: 0.05,
      overnightFactor: 1.3,
      leastConfidence: 0.6,
    });
  });
});

describe('a strong close', () => {
  it.each([
    ['at the high with a whole range gained', { high: 110, low: 100, close: 110, previousClose: 100 }, 10, 1],
    ['at the high with half a range gained', { high: 105, low: 100, close: 105, previousClose: 100 }, 10, 0.75],
    ['at four fifths of the range', { high: 110, low: 100, close: 108, previousClose: 98 }, 10, 0.75],
    ['below the close before', { high: 110, low: 100, close: 110, previousClose: 111 }, 10, 0],
    ['in a market that does not move', { high: 110, low: 100, close: 110, previousClose: 100 }, 0, 0],
  ])('%s', (_what, day, atr, score) => {
    expect(strongClose(day, atr)).toBeCloseTo(score, 9);
  });

  it('of a day that did not move is at the low', () => {
    expect(closeLocation({ high: 100, low: 100, close: 100, previousClose: 90 })).toBe(0);
  });
});

describe('the volume of an hour', () => {
  const day = (index: number, volumes: readonly number[]) =>
    volumes.map((volume, hour) => candle(1, 1, 1, 1, volume, at(`2026-10-${10 + index}`, '09:15') + hour * 3_600_000));

  it('is compared with the same hour of the earlier days', () => {
    const candles = [0, 1, 2, 3, 4].flatMap((index) => day(index, [900, 100])).concat(day(5, [900, 250]));
    expect(hourVolumeRatio(candles)).toBe(2.5);
    expect(hourVolumeRatio(candles.slice(0, -1))).toBe(1);
  });

  it('is unknown with fewer than five days', () => {
    expect(hourVolumeRatio([1, 2, 3, 4].flatMap((index) => day(index, [900, 100])).concat(day(5, [900, 250])))).toBeNull();
    expect(hourVolumeRatio([])).toBeNull();
  });
});
