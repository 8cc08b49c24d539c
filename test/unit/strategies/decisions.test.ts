import { describe, expect, it } from 'vitest';
import { NSE_CALENDAR } from '../../../shared/config/nse-calendar.ts';
import { scalpingConfig, swingConfig } from '../../../shared/config/strategies.ts';
import { createChart } from '../../../shared/indicators/chart.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../shared/kernel/time.ts';
import type { Bar } from '../../../shared/market/price.ts';
import { StrategyError } from '../../../shared/strategies/base-bar.ts';
import { BUILT_STRATEGIES, strategyByName } from '../../../shared/strategies/registry.ts';
import { createScalping } from '../../../shared/strategies/scalping.ts';
import { type Opportunity, STRATEGY_NAMES, type Strategy } from '../../../shared/strategies/strategy.ts';
import { createSwing } from '../../../shared/strategies/swing.ts';
import { barsOf, missing, walk } from '../../support/series.ts';
import { answers, instrumentOf, opportunities } from '../../support/strategy-runs.ts';

const BTC = instrumentOf('BTC');
const FROM = Date.parse('2026-11-16T00:00Z');
const scalping = createScalping();
const swing = createSwing();

/** Five quiet hours that drift up, then one minute that runs with ten times the volume. */
function burst(): readonly Bar[] {
  const quietBars = barsOf(walk('quiet', 300, { fromMs: FROM, step: 0.0006 })).map((bar, i) => {
    const drift = 1 + i * 0.00002;
    const [open, close] = [100 * drift, 100 * drift * (i % 3 === 0 ? 0.9997 : 1.0003)];
    return { ...bar, open, close, high: Math.max(open, close) * 1.0002, low: Math.min(open, close) * 0.9998, volume: 10 };
  });
  const last = quietBars.at(-1) as Bar;
  const close = last.close * 1.006;
  return [...quietBars, { ...last, openMs: last.openMs + MINUTE_MS, open: last.close, close, high: close, low: last.close, volume: 100 }];
}

const evaluateAt = (strategy: Strategy, bars: readonly Bar[], nowMs: number, base?: '1m' | '5m' | '15m' | '1h' | '1d') => {
  const chart = createChart(BTC);
  for (const bar of bars) chart.add(bar);
  return strategy.evaluate({ instrument: BTC, nowMs, chart, calendar: NSE_CALENDAR, derivatives: null }, base);
};

describe('scalping', () => {
  const bars = burst();
  const nowMs = FROM + 301 * MINUTE_MS;

  it('proposes a long on a burst out of a quiet market, with parts whose weights sum to 1 and no model made up', () => {
    const said = evaluateAt(scalping, bars, nowMs) as Opportunity;
    expect(said).toMatchObject({ kind: 'opportunity', direction: 'long', trailingShare: null, maxHoldingMs: 15 * MINUTE_MS, leastConfidence: 0.6 });
    expect(said.entry).toBe(bars.at(-1)?.close);
    expect(said.confidence).toBeGreaterThan(0.6);
    expect(said.parts.map(({ name }) => name)).toEqual(['technical', 'pattern', 'ml', 'volume', 'momentum']);
    expect(said.parts.find(({ name }) => name === 'ml')).toEqual({ name: 'ml', score: null, weight: 0, why: 'no model is fitted' });
    expect(said.parts.reduce((sum, { weight }) => sum + weight, 0)).toBeCloseTo(1, 12);
    expect(said.volatility).toBeGreaterThan(0.0002);
    expect(said.volatility).toBeLessThan(0.006);
  });

  it('proposes a short on the same burst downwards', () => {
    const down = bars.map((bar) => ({ ...bar, open: 1e4 / bar.open, close: 1e4 / bar.close, high: 1e4 / bar.low, low: 1e4 / bar.high }));
    const said = evaluateAt(scalping, down, nowMs) as Opportunity;
    expect(said.direction).toBe('short');
    expect(said.stop).toBeGreaterThan(said.entry);
    expect(said.target).toBeLessThan(said.entry);
  });

  it.each([
    ['a small body', { close: 100.6 }],
    ['usual volume', { volume: 20 }],
  ])('stays quiet with %s', (_what, change) => {
    const last = { ...(bars.at(-1) as Bar), ...change };
    const tame = { ...last, open: Math.min(last.open, last.close), low: Math.min(last.low, last.close), high: Math.max(last.open, last.close) };
    expect(evaluateAt(scalping, [...bars.slice(0, -1), tame], nowMs)).toMatchObject({ kind: 'quiet', reason: 'no_setup' });
  });

  it('stays quiet in a market too calm to pay its costs', () => {
    const calm = bars.map((bar) => {
      const toward = (price: number): number => 100 + (price - 100) / 20;
      return { ...bar, open: toward(bar.open), close: toward(bar.close), high: toward(bar.high), low: toward(bar.low) };
    });
    expect(evaluateAt(scalping, calm, nowMs)).toMatchObject({ kind: 'quiet', reason: 'no_setup', why: expect.stringContaining('to pay its costs') });
  });

  it('stays quiet when a slower timeframe disagrees', () => {
    const falling = bars.map((bar, i) => {
      const fall = 1 - Math.min(i, 299) * 0.0002;
      return { ...bar, open: bar.open * fall, close: bar.close * fall, high: bar.high * fall, low: bar.low * fall };
    });
    expect(evaluateAt(scalping, falling, nowMs)).toMatchObject({ kind: 'quiet', reason: 'timeframes_disagree' });
  });

  it('keeps the stop within its bounds and the target twice as far', () => {
    const share = (config: Parameters<typeof scalpingConfig.parse>[0]): readonly number[] => {
      const { entry, stop, target } = evaluateAt(createScalping(scalpingConfig.parse(config)), bars, nowMs) as Opportunity;
      return [1 - stop / entry, target / entry - 1];
    };
    expect(share({})[0]).toBeGreaterThanOrEqual(0.004);
    expect(share({ stopAtr: 0.1 })).toEqual([expect.closeTo(0.004, 9), expect.closeTo(0.008, 9)]);
    expect(share({ stopAtr: 1000 })).toEqual([expect.closeTo(0.015, 9), expect.closeTo(0.03, 9)]);
    expect(share({ stopAtr: 1000, rewardRisk: 3 })[1]).toBeCloseTo(0.045, 9);
  });
});

describe('a strategy that looks at its base bar', () => {
  const bars = barsOf(walk('base', 600, { fromMs: FROM }));
  const upTo = (count: number) => bars.slice(0, count);

  it('is warming up without bars, and until the base timeframe is warm', () => {
    expect(evaluateAt(scalping, [], FROM)).toMatchObject({ kind: 'quiet', reason: 'warming_up' });
    expect(evaluateAt(scalping, upTo(30), FROM + 30 * MINUTE_MS)).toMatchObject({ reason: 'warming_up' });
    expect(evaluateAt(scalping, upTo(31), FROM + 31 * MINUTE_MS)).not.toMatchObject({ reason: 'warming_up' });
    expect(evaluateAt(swing, upTo(450), FROM + 450 * MINUTE_MS)).toMatchObject({ reason: 'warming_up' });
    expect(evaluateAt(swing, upTo(465), FROM + 465 * MINUTE_MS)).not.toMatchObject({ reason: 'warming_up' });
  });

  it('looks when its candle has just closed, unless a person names the timeframe', () => {
    expect(evaluateAt(swing, upTo(590), FROM + 590 * MINUTE_MS)).toMatchObject({ reason: 'between_bars' });
    expect(evaluateAt(swing, upTo(585), FROM + 585 * MINUTE_MS)).not.toMatchObject({ reason: 'between_bars' });
    expect(evaluateAt(swing, upTo(590), FROM + 590 * MINUTE_MS, '15m')).not.toMatchObject({ reason: 'between_bars' });
    expect(evaluateAt(scalping, upTo(597), FROM + 597 * MINUTE_MS, '5m')).not.toMatchObject({ reason: 'between_bars' });
  });

  it('refuses a timeframe that is not its own', () => {
    expect(() => evaluateAt(scalping, upTo(100), FROM + 100 * MINUTE_MS, '1d')).toThrow(StrategyError);
    expect(() => evaluateAt(swing, upTo(100), FROM + 100 * MINUTE_MS, '1m')).toThrow('15m, 1h, 1d');
  });

  it.each([
    ['stale_bars', 500, 2 * MINUTE_MS],
    ['bar_not_closed', 500, -1],
  ])('says %s', (reason, count, lateMs) => {
    expect(evaluateAt(scalping, upTo(count), FROM + count * MINUTE_MS + lateMs)).toMatchObject({ kind: 'quiet', reason });
  });

  it('says missing_bar when the last minute is missing, gap_in_bars while the hole is near, and reads on after it', () => {
    const known = [...upTo(499), missing(bars[499] as Bar), ...bars.slice(500)];
    expect(evaluateAt(scalping, known.slice(0, 500), FROM + 500 * MINUTE_MS)).toMatchObject({ reason: 'missing_bar' });
    const reasonAfter = (more: number) => evaluateAt(scalping, known.slice(0, 500 + more), FROM + (500 + more) * MINUTE_MS);
    expect(reasonAfter(1)).toMatchObject({ reason: 'gap_in_bars' });
    expect(reasonAfter(2)).toMatchObject({ reason: 'gap_in_bars' });
    expect(reasonAfter(3)).not.toMatchObject({ reason: 'gap_in_bars' });
  });

  it('says flat_market where nothing moves', () => {
    const flat = upTo(100).map((bar) => ({ ...bar, open: 5, high: 5, low: 5, close: 5 }));
    expect(evaluateAt(scalping, flat, FROM + 100 * MINUTE_MS)).toMatchObject({ reason: 'flat_market' });
  });
});

describe('swing', () => {
  const days = 40;
  // A rising walk: trends on all timeframes, with pullbacks and break-outs.
  const bars = barsOf(walk('swing', days * 1440, { fromMs: FROM - days * DAY_MS })).map((bar, i) => {
    const drift = Math.exp(i * 0.000012);
    return { ...bar, open: bar.open * drift, high: bar.high * drift, low: bar.low * drift, close: bar.close * drift };
  });
  const found = opportunities(answers([swing], BTC, bars, FROM - 15 * DAY_MS));

  it('proposes trades with the trend, with a fixed stop, a further target and a trailing distance', () => {
    expect(found.length).toBeGreaterThan(3);
    for (const said of found) {
      const sign = said.direction === 'long' ? 1 : -1;
      expect((sign * (said.entry - said.stop)) / said.entry).toBeCloseTo(0.025, 9);
      expect((sign * (said.target - said.entry)) / said.entry).toBeCloseTo(0.06, 9);
      expect(said).toMatchObject({ trailingShare: 0.02, maxHoldingMs: 72 * HOUR_MS, leastConfidence: 0.6 });
      expect(said.parts.map(({ name }) => name)).toEqual(['technical', 'pattern', 'ml', 'volume', 'trend']);
      expect(said.parts.reduce((sum, { weight }) => sum + weight, 0)).toBeCloseTo(1, 12);
    }
  });

  it('has no trend to follow when none is strong enough', () => {
    const demanding = createSwing(swingConfig.parse({ leastAdx: 100 }));
    expect(opportunities(answers([demanding], BTC, bars, FROM - 5 * DAY_MS))).toEqual([]);
  });
});

describe('the registry', () => {
  it('has the strategies that are built, by name', () => {
    expect(BUILT_STRATEGIES.map(({ name }) => name)).toEqual([...STRATEGY_NAMES]);
    expect(strategyByName('swing')?.timeframes).toEqual(['15m', '1h', '1d']);
    expect(strategyByName('scalping')?.timeframes).toEqual(['1m', '3m', '5m']);
    expect(strategyByName('btst')?.timeframes).toEqual(['1h', '1d']);
  });
});

describe('the settings', () => {
  it.each([{ burstAtr: -1 }, { stopShare: 2 }, { weights: { technical: 2 } }, { surprise: 1 }, { confluence: { NSE: [] } }])('refuse %j', (input) => {
    expect(scalpingConfig.safeParse(input).success).toBe(false);
  });

  it('have the weights of the plan', () => {
    expect(scalpingConfig.parse({}).weights).toEqual({ technical: 0.2, pattern: 0.25, ml: 0.35, volume: 0.15, momentum: 0.05 });
    expect(swingConfig.parse({}).weights).toEqual({ technical: 0.3, pattern: 0.3, ml: 0.25, volume: 0.1, trend: 0.05 });
  });
});
