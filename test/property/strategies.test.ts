import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NSE_CALENDAR } from '../../shared/config/nse-calendar.ts';
import { createChart, historyNeededFromMs } from '../../shared/indicators/chart.ts';
import { DAY_MS, MINUTE_MS } from '../../shared/kernel/time.ts';
import type { Market } from '../../shared/market/instrument.ts';
import type { Bar } from '../../shared/market/price.ts';
import { TIMEFRAMES } from '../../shared/market/timeframe.ts';
import { type Reading, weigh } from '../../shared/strategies/confidence.ts';
import { BUILT_STRATEGIES } from '../../shared/strategies/registry.ts';
import { barsOf, walk } from '../support/series.ts';
import { answers, inFull, instrumentOf, opportunities } from '../support/strategy-runs.ts';

const FROM = Date.parse('2026-09-01T00:00Z');
const DAYS = 24;
const BARS = barsOf(walk('strategies', DAYS * 1440, { fromMs: FROM }), 'X');
const scaled = (bars: readonly Bar[], by: number): readonly Bar[] =>
  bars.map((bar) => ({ ...bar, open: bar.open * by, high: bar.high * by, low: bar.low * by, close: bar.close * by }));
const instrument = instrumentOf('X');
const ASKED_FROM = FROM + (DAYS - 5) * DAY_MS;
const BASELINE = answers(BUILT_STRATEGIES, instrument, BARS, ASKED_FROM);

const share = fc.double({ min: 0, max: 1, noNaN: true });
const names = ['technical', 'pattern', 'ml', 'volume', 'momentum'] as const;
type Name = (typeof names)[number];
const weights = fc.record({ technical: share, pattern: share, ml: share, volume: share, momentum: share });
const score = fc.option(share, { nil: null });
const readings = fc
  .record({ technical: score, pattern: score, ml: score, volume: score, momentum: score })
  .map((scores) => Object.fromEntries(names.map((name) => [name, { score: scores[name], why: '' }])) as Record<Name, Reading>);

describe('confidence', () => {
  it('lies in [0, 1], and its present weights sum to 1', () => {
    fc.assert(
      fc.property(weights, readings, (given, read) => {
        const { confidence, parts } = weigh(given, read);
        expect(confidence).toBeGreaterThanOrEqual(0);
        expect(confidence).toBeLessThanOrEqual(1);
        const hasWeight = names.some((name) => read[name].score !== null && given[name] > 0);
        expect(parts.reduce((sum, { weight }) => sum + weight, 0)).toBeCloseTo(hasWeight ? 1 : 0, 9);
        for (const part of parts) if (part.score === null) expect(part.weight).toBe(0);
      }),
    );
  });

  it('never falls when a component rises', () => {
    fc.assert(
      fc.property(weights, readings, fc.constantFrom(...names), share, (given, read, name, higher) => {
        const before = read[name].score;
        fc.pre(before !== null && higher >= before);
        const after = weigh(given, { ...read, [name]: { score: higher, why: '' } });
        expect(after.confidence).toBeGreaterThanOrEqual(weigh(given, read).confidence - 1e-12);
      }),
    );
  });
});

describe('decisions', () => {
  it('are made at all on the series of these tests', () => {
    expect(opportunities(BASELINE).length).toBeGreaterThan(20);
    expect(new Set(opportunities(BASELINE).map(({ direction }) => direction)).size).toBe(2);
    expect(new Set(opportunities(BASELINE).map(({ trailingShare }) => trailingShare)).size).toBe(2);
  });

  it('up to an instant are the same whatever comes after it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 * 1440 - 1 }), fc.integer(), (minute, seed) => {
        const cutMs = ASKED_FROM + minute * MINUTE_MS;
        const past = BARS.filter(({ openMs }) => openMs < cutMs);
        const future = barsOf(walk(seed, 500, { fromMs: cutMs, price: 1 + Math.abs(seed % 1000), step: 0.01 }), 'X');
        const other = answers(BUILT_STRATEGIES, instrument, [...past, ...future], ASKED_FROM);
        const upTo = (given: typeof BASELINE) => given.filter(({ atMs }) => atMs <= cutMs);
        expect(upTo(other)).toEqual(upTo(BASELINE));
      }),
      { numRuns: 6 },
    );
  });

  it.each(['CRYPTO', 'NSE'] as const)('are the same when %s history before the anchors is cut off', (market: Market) => {
    const on = instrumentOf('X', market);
    const bars =
      market === 'CRYPTO' ? BARS : BARS.filter(({ openMs }) => (openMs % DAY_MS) / MINUTE_MS >= 225 && (openMs % DAY_MS) / MINUTE_MS < 600);
    const all = answers(BUILT_STRATEGIES, on, bars, ASKED_FROM);
    let compared = 0;
    for (const nowMs of all
      .filter((_, i) => i % 1_801 === 0 || all[i]?.said.kind === 'opportunity')
      .map(({ atMs }) => atMs)
      .slice(0, market === 'CRYPTO' ? 12 : 40)) {
      const chart = createChart(on);
      const fromMs = Math.min(...TIMEFRAMES.map((timeframe) => historyNeededFromMs(market, timeframe, nowMs)));
      for (const bar of bars) if (bar.openMs >= fromMs && bar.openMs < nowMs) chart.add(bar);
      const cold = BUILT_STRATEGIES.map(({ evaluate }) => ({
        atMs: nowMs,
        said: inFull(evaluate({ instrument: on, nowMs, chart, calendar: NSE_CALENDAR, derivatives: null })),
      }));
      expect(cold).toEqual(all.filter(({ atMs }) => atMs === nowMs));
      compared += 1;
    }
    expect(compared).toBeGreaterThan(5);
  });

  it('do not depend on the unit of the price: a power of two changes no bit, ten only rounding', () => {
    const shape = (given: typeof BASELINE, by: number) =>
      given.map(({ atMs, said }) =>
        said.kind === 'quiet'
          ? { atMs, reason: said.reason }
          : said.kind === 'structure'
            ? said
            : { ...said, atMs, why: null, entry: said.entry / by, stop: said.stop / by, target: said.target / by },
      );
    expect(shape(answers(BUILT_STRATEGIES, instrument, scaled(BARS, 8), ASKED_FROM), 8)).toEqual(shape(BASELINE, 1));
    const ten = opportunities(answers(BUILT_STRATEGIES, instrument, scaled(BARS, 10), ASKED_FROM));
    const one = opportunities(BASELINE);
    expect(ten).toHaveLength(one.length);
    ten.forEach((said, i) => {
      expect(said.direction).toBe(one[i]?.direction);
      expect(said.confidence).toBeCloseTo(one[i]?.confidence as number, 8);
      expect(said.stop / 10).toBeCloseTo(one[i]?.stop as number, 8);
      expect(said.volatility).toBeCloseTo(one[i]?.volatility as number, 10);
    });
  });

  it('have two equal sides: of the same market upside down the longs are shorts', () => {
    const upsideDown = BARS.map((bar) => ({ ...bar, open: 1e4 / bar.open, high: 1e4 / bar.low, low: 1e4 / bar.high, close: 1e4 / bar.close }));
    const key = ({ atMs, said }: (typeof BASELINE)[number], flip: boolean): string => {
      const direction = said.kind === 'opportunity' && (said.direction === 'long') !== flip ? 'long' : 'short';
      return `${atMs} ${direction} ${said.kind === 'opportunity' && said.trailingShare !== null ? 'swing' : 'scalping'}`;
    };
    const proposed = (given: typeof BASELINE) => given.filter(({ said }) => said.kind === 'opportunity');
    const down = new Map(proposed(answers(BUILT_STRATEGIES, instrument, upsideDown, ASKED_FROM)).map((answer) => [key(answer, true), answer.said]));
    const up = proposed(BASELINE);
    const found = up.filter((answer) => down.has(key(answer, false)));
    // The inverse of a price is its mirror up to moves squared: a setup at the edge of a threshold may fall on the other side of it.
    expect(found.length).toBeGreaterThanOrEqual(0.9 * up.length);
    expect(down.size).toBeLessThanOrEqual(1.1 * up.length);
    for (const answer of found) {
      const [one, other] = [answer.said, down.get(key(answer, false))];
      if (one.kind === 'opportunity' && other?.kind === 'opportunity') expect(Math.abs(one.confidence - other.confidence)).toBeLessThan(0.05);
    }
  });

  it('are as sure as their parts are, weighed', () => {
    for (const { confidence, parts } of opportunities(BASELINE)) {
      expect(confidence).toBeCloseTo(
        parts.reduce((sum, { weight, score }) => sum + weight * (score ?? 0), 0),
        12,
      );
    }
  });

  it('propose stops and targets on the right sides, twice as far to gain as to lose, within the bounds', () => {
    for (const { direction, entry, stop, target, confidence, volatility } of opportunities(BASELINE)) {
      const sign = direction === 'long' ? 1 : -1;
      const risk = sign * (entry - stop);
      expect(risk / entry).toBeGreaterThanOrEqual(0.004 - 1e-12);
      expect(risk / entry).toBeLessThanOrEqual(0.025 + 1e-12);
      expect((sign * (target - entry)) / risk).toBeGreaterThanOrEqual(2 - 1e-9);
      expect(confidence).toBeGreaterThanOrEqual(0);
      expect(confidence).toBeLessThanOrEqual(1);
      expect(volatility).toBeGreaterThan(0);
    }
  });
});
