import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { optionsConfig } from '../../shared/config/strategies.ts';
import { createChart } from '../../shared/indicators/chart.ts';
import { MINUTE_MS } from '../../shared/kernel/time.ts';
import type { DerivativeChain } from '../../shared/market/derivative.ts';
import { type Smile, smilesOf } from '../../shared/market/options/smile.ts';
import type { Bar } from '../../shared/market/price.ts';
import { decayReading, momentumReading, volatilityReading } from '../../shared/strategies/options/readings.ts';
import { volatilityRegime } from '../../shared/strategies/options/volatility-regime.ts';
import { createOptions } from '../../shared/strategies/options.ts';
import type { StrategyView, StructureOpportunity } from '../../shared/strategies/strategy.ts';
import { derivativesAt, optionView, waves } from '../support/option-views.ts';
import { barsOf, walk } from '../support/series.ts';

const options = createOptions();
const BARS = waves(20, { dailyDrift: 0.004, swing: 0.004 });
const view = optionView(BARS, () => 0.9);
const spot = (BARS.at(-1) as Bar).close;
const at = (bars: readonly Bar[], ivs: (moneyness: number) => number, of = (bars.at(-1) as Bar).close): StrategyView => ({
  ...optionView(bars, ivs),
  derivatives: derivativesAt(of, view.nowMs, ivs),
});
const times = (bars: readonly Bar[], by: number): readonly Bar[] =>
  bars.map((bar) => ({ ...bar, open: bar.open * by, high: bar.high * by, low: bar.low * by, close: bar.close * by }));

const share = fc.double({ min: 0, max: 1, noNaN: true });

describe('the options strategy', () => {
  it('proposes the same in any unit of price', () => {
    const one = options.evaluate(view) as StructureOpportunity;
    const ten = options.evaluate(at(times(BARS, 10), () => 0.9)) as StructureOpportunity;
    expect(ten.structure).toBe(one.structure);
    expect(ten.confidence).toBeCloseTo(one.confidence, 9);
    expect((ten.maxLoss ?? 0) / 10).toBeCloseTo(one.maxLoss ?? 0, 4);
    expect((ten.exits.stopLoss ?? 0) / 10).toBeCloseTo(one.exits.stopLoss ?? 0, 6);
    // In coin a premium has no unit of money.
    for (const [at, { price }] of ten.legs.entries()) expect(price).toBeCloseTo(one.legs[at]?.price ?? 0, 9);
  });

  it('takes the other side in a mirrored market, with about the same confidence', () => {
    const mirrored = BARS.map((bar) => ({ ...bar, open: 1e9 / bar.open, close: 1e9 / bar.close, high: 1e9 / bar.low, low: 1e9 / bar.high }));
    const [up, down] = [options.evaluate(view), options.evaluate(at(mirrored, () => 0.9))] as [StructureOpportunity, StructureOpportunity];
    expect([up.structure, down.structure]).toEqual(['vertical-spread', 'vertical-spread']);
    const rights = (of: StructureOpportunity) => of.legs.map(({ side, instrument }) => `${side} ${instrument.symbol.at(-1)}`);
    expect([rights(up), rights(down)]).toEqual([
      ['sell P', 'buy P'],
      ['sell C', 'buy C'],
    ]);
    expect(Math.abs(up.confidence - down.confidence)).toBeLessThan(0.1);
  });

  it('does not see what comes after its instant', () => {
    const before = options.evaluate(view);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 30 }), fc.integer(), (minutes, seed) => {
        const chart = createChart(view.instrument);
        for (const bar of BARS) chart.add(bar);
        const asked = { ...view, chart };
        expect(options.evaluate(asked)).toEqual(before);
        for (const bar of barsOf(walk(seed, minutes, { fromMs: view.nowMs, price: spot }), 'BTC')) chart.add(bar);
        // A chart that knows later minutes is refused for an earlier instant, never read.
        expect(options.evaluate({ ...asked, nowMs: view.nowMs + (minutes - 1) * MINUTE_MS })).toMatchObject({ kind: 'quiet' });
      }),
      { numRuns: 2 },
    );
  });

  it('never proposes what has no bound to its loss, nor what is not worth its costs', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.05, max: 2, noNaN: true }),
        fc.double({ min: -1, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 0.1, noNaN: true }),
        (level, skew, halfSpreadShare) => {
          const iv = (moneyness: number): number => Math.max(0.03, level * (1 + skew * moneyness));
          const said = options.evaluate({ ...view, derivatives: derivativesAt(spot, view.nowMs, iv, { halfSpreadShare }) });
          if (said.kind === 'quiet') return;
          const structure = said as StructureOpportunity;
          expect(structure.maxLoss).toBeGreaterThan(0);
          expect(structure.riskPerUnit).toBe(structure.maxLoss);
          if (structure.maxProfit !== null) expect(structure.maxProfit).toBeGreaterThan(0);
          expect(structure.confidence).toBeGreaterThanOrEqual(0);
          expect(structure.confidence).toBeLessThanOrEqual(1);
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('the parts of its confidence', () => {
  const sells = { sells: true, trend: null };
  const buys = { sells: false, trend: null };

  it('speak for selling as much as they speak against buying', () => {
    fc.assert(
      fc.property(share, fc.double({ min: -500, max: 500, noNaN: true }), (score, theta) => {
        const sum = (of: (leaning: typeof sells) => { readonly score: number | null }): number => (of(sells).score ?? 0) + (of(buys).score ?? 0);
        expect(sum((leaning) => volatilityReading({ score, why: '' }, leaning))).toBeCloseTo(1, 12);
        expect(sum((leaning) => momentumReading(view.chart.timeframe('15m'), leaning))).toBeCloseTo(1, 12);
        // What a seller earns by time a buyer of the same premium pays.
        const seller = decayReading({ theta, credit: 5_000 }, sells).score ?? 0;
        expect(seller + (decayReading({ theta: -theta, credit: -5_000 }, buys).score ?? 0)).toBeCloseTo(1, 12);
      }),
    );
  });

  it('rise with how dear volatility is, and never fall', () => {
    const config = optionsConfig.parse({});
    const dearness = (iv: number): number => {
      const derivatives = derivativesAt(spot, view.nowMs, () => iv);
      const smiles = smilesOf(derivatives.chains[0] as DerivativeChain, 0);
      const history = Array.from({ length: 100 }, (_, day) => ({ dayMs: day, iv: 0.2 + 0.01 * day }));
      return volatilityRegime(config, { ivHistory: history }, view.chart, smiles, smiles[0] as Smile).dearness.score ?? Number.NaN;
    };
    fc.assert(
      fc.property(fc.double({ min: 0.05, max: 1.6, noNaN: true }), fc.double({ min: 1, max: 1.5, noNaN: true }), (iv, more) => {
        expect(dearness(iv * more)).toBeGreaterThanOrEqual(dearness(iv) - 1e-12);
      }),
      { numRuns: 40 },
    );
    expect([dearness(0.05), dearness(3)]).toEqual([0, 1]);
  });

  it('are absent, and their weight shared out, where their source is', () => {
    const said = options.evaluate(view) as StructureOpportunity;
    const present = said.parts.filter(({ score }) => score !== null);
    const weights = optionsConfig.parse({}).weights;
    const all = present.reduce((sum, { name }) => sum + weights[name as keyof typeof weights], 0);
    for (const { name, weight } of present) expect(weight).toBeCloseTo(weights[name as keyof typeof weights] / all, 12);
  });
});
