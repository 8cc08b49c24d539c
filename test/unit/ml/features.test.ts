import { describe, expect, it } from 'vitest';
import { NSE_CALENDAR } from '../../../shared/config/nse-calendar.ts';
import { createChart } from '../../../shared/indicators/chart.ts';
import { MINUTE_MS } from '../../../shared/kernel/time.ts';
import type { Bar } from '../../../shared/market/price.ts';
import { FEATURE_NAMES, featuresOf } from '../../../shared/ml/features/feature-set.ts';
import { createHarvest } from '../../../shared/ml/harvest.ts';
import { modelSet } from '../../../shared/ml/model-set.ts';
import { confidenceOfOdds } from '../../../shared/strategies/components/break-even.ts';
import type { Prospect } from '../../../shared/strategies/odds.ts';
import { createScalping } from '../../../shared/strategies/scalping.ts';
import type { Opportunity } from '../../../shared/strategies/strategy.ts';
import { burstMarket } from '../../support/burst-market.ts';
import { artefactSaying } from '../../support/models.ts';
import { instrumentOf } from '../../support/strategy-runs.ts';

const UNTIL_MS = Date.parse('2026-11-18T16:00Z');
const scalping = createScalping();
const BTC = instrumentOf('BTC');

/** What scalping asks a model about at the end of the bars, and what it then proposes. */
function asked(bars: readonly Bar[], spreadShare: number | null = null, later: readonly Bar[] = []) {
  const chart = createChart(BTC);
  for (const bar of bars) chart.add(bar);
  let features: Float64Array | null = null;
  const said = scalping.evaluate({
    instrument: BTC,
    nowMs: (bars.at(-1)?.openMs ?? 0) + MINUTE_MS,
    chart,
    derivatives: null,
    calendar: NSE_CALENDAR,
    spreadShare,
    askModel: (prospect: Prospect) => {
      features = featuresOf(prospect);
      return { kind: 'absent', why: 'only looking' };
    },
  });
  for (const bar of later) chart.add(bar);
  if (features === null || said.kind !== 'opportunity') throw new Error('Scalping proposed nothing');
  return { features: features as Float64Array, said };
}

const bars = burstMarket(UNTIL_MS, true);
const figure = (features: Float64Array, name: string): number => features[FEATURE_NAMES.indexOf(name)] as number;

/** A minute a bar after the others, that goes its own way. */
const after: readonly Bar[] = Array.from({ length: 5 }, (_, i) => ({
  ...(bars.at(-1) as Bar),
  openMs: UNTIL_MS + i * MINUTE_MS,
  high: 200,
  close: 150,
}));

describe('features', () => {
  it('are as many as they have names, and each is a number or missing', () => {
    const { features } = asked(bars);
    expect(features).toHaveLength(FEATURE_NAMES.length);
    expect([...features].filter(Number.isFinite).length).toBeGreaterThan(25);
  });

  it('are of the past only: bars that come later change none of them', () => {
    const whole = createHarvest(scalping);
    for (const bar of [...bars, ...after]) whole.add({ ...bar, symbol: 'BTC' });
    expect(whole.rows()[0]?.features).toEqual(asked(bars).features);
  });

  it('have no unit: another price level and another size of a lot give the same', () => {
    const scaled = bars.map((bar) => ({
      ...bar,
      open: bar.open * 64,
      high: bar.high * 64,
      low: bar.low * 64,
      close: bar.close * 64,
      volume: bar.volume * 4,
    }));
    const [one, other] = [asked(bars).features, asked(scaled).features];
    for (const [place, value] of one.entries()) {
      if (Number.isNaN(value)) expect(other[place]).toBeNaN();
      else expect(other[place], FEATURE_NAMES[place]).toBeCloseTo(value, 9);
    }
  });

  it('are turned towards the trade: the market upside down looks nearly the same but for the side', () => {
    const down = bars.map((bar) => ({ ...bar, open: 1e4 / bar.open, close: 1e4 / bar.close, high: 1e4 / bar.low, low: 1e4 / bar.high }));
    const [long, short] = [asked(bars), asked(down)];
    expect([long.said.direction, short.said.direction]).toEqual(['long', 'short']);
    for (const name of ['return5', 'bodyAtr', 'averagesAtr', 'rsi', 'channel', 'slowTrend']) {
      const [one, other] = [figure(long.features, name), figure(short.features, name)];
      expect(Math.abs(one - other), name).toBeLessThan(0.05 * Math.max(1, Math.abs(one)));
    }
    expect([figure(long.features, 'isLong'), figure(short.features, 'isLong')]).toEqual([1, 0]);
  });

  it('say what is missing instead of standing in for it', () => {
    expect(figure(asked(bars).features, 'spreadAtr')).toBeNaN();
    expect(figure(asked(bars, 0.0002).features, 'spreadAtr')).toBeGreaterThan(0);
    expect(figure(asked(bars).features, 'trend')).toBeNaN();
    expect(figure(asked(bars).features, 'slowestTrend')).toBeNaN();
  });
});

describe('a strategy with a model', () => {
  const model = modelSet([{ source: 'test', value: artefactSaying(0.9) }]).of('scalping');
  const withModel = (): Opportunity => {
    const chart = createChart(BTC);
    for (const bar of bars) chart.add(bar);
    const said = scalping.evaluate({
      instrument: BTC,
      nowMs: UNTIL_MS,
      chart,
      derivatives: null,
      calendar: NSE_CALENDAR,
      ...(model === null ? {} : { askModel: model.ask }),
    });
    if (said.kind !== 'opportunity') throw new Error(said.why);
    return said;
  };

  it('weighs its odds as the design says, and tells them with the proposal', () => {
    const [without, said] = [asked(bars).said, withModel()];
    const ml = said.parts.find(({ name }) => name === 'ml');
    expect(ml?.weight).toBeCloseTo(0.35, 12);
    const { breakEven = 0, least = 0 } = said.odds ?? {};
    expect(ml?.score).toBeCloseTo(confidenceOfOdds(0.9, breakEven), 12);
    expect(said.confidence).toBeCloseTo(0.65 * without.confidence + 0.35 * (ml?.score ?? 0), 12);
    expect(confidenceOfOdds(least, breakEven)).toBeCloseTo(0.65, 12);
    expect(said.odds).toMatchObject({ members: [expect.closeTo(0.9, 12)], modelVersion: model?.version });
    expect(said.odds?.features).toHaveLength(FEATURE_NAMES.length);
    expect(without.odds).toBeUndefined();
    expect(without.parts.find(({ name }) => name === 'ml')).toMatchObject({ score: null, weight: 0, why: 'only looking' });
  });
});
