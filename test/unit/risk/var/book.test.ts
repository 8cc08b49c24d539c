import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rng } from '../../../../shared/kernel/rng.ts';
import { bookOutcomes, type Exposure, gateValueAtRisk, riskShares, tailLosses } from '../../../../shared/risk/var/book.ts';
import { tailLoss } from '../../../../shared/risk/var/loss.ts';
import { createRiskModel, type DailyClose, NO_RISK_MODEL } from '../../../../shared/risk/var/risk-model.ts';
import { kthSmallest } from '../../../../shared/risk/var/select.ts';

const DAY = 86_400_000;
const OPTIONS = { days: 252, leastDays: 60, seed: 'book' };

/** Closes of a random walk, one a day. */
function walk(name: string, days: number, deviation: number): DailyClose[] {
  const draw = rng('walk', name);
  let close = 100;
  return Array.from({ length: days }, (_, i) => {
    close *= Math.exp(deviation * draw.normal());
    return { date: new Date(Date.UTC(2026, 0, 1) + i * DAY).toISOString().slice(0, 10), close };
  });
}

const linear = (factor: string, value: number): Exposure => ({ id: factor, factor, value, revalue: null, assumedLoss: Math.abs(value) * 0.1 });
const model = createRiskModel(
  new Map([
    ['BTC', walk('BTC', 253, 0.03)],
    ['ETH', walk('ETH', 253, 0.04)],
  ]),
  OPTIONS,
);

describe('the risk model of daily closes', () => {
  it('knows the underlyings with enough history, and says of the others why not', () => {
    const some = createRiskModel(
      new Map([
        ['BTC', walk('BTC', 253, 0.03)],
        ['NEW', walk('NEW', 20, 0.03)],
      ]),
      OPTIONS,
    );
    expect([...some.factors]).toEqual(['BTC']);
    expect(some.days).toBe(252);
    expect(some.whyUnknown('NEW')).toBe('NEW has 19 daily returns, at least 60 are needed');
    expect(some.whyUnknown('XRP')).toBe('No daily closes of XRP are known');
    expect(some.deviation('NEW')).toBeNull();
  });

  it('looks at the days that all of its underlyings have', () => {
    const weekdays = walk('NSE', 253, 0.01).filter(({ date }) => ![0, 6].includes(new Date(date).getUTCDay()));
    const both = createRiskModel(
      new Map([
        ['BTC', walk('BTC', 253, 0.03)],
        ['TCS', weekdays],
      ]),
      OPTIONS,
    );
    expect(both.days).toBe(weekdays.length - 1);
    expect(both.correlation('BTC', 'TCS')).toBeLessThan(0.3);
    expect(both.correlation('BTC', 'BTC')).toBeCloseTo(1, 12);
  });
});

describe('the value at risk of a book', () => {
  it('of one linear position agrees by every method, near what its deviation says', () => {
    const losses = tailLosses(bookOutcomes(model, [linear('BTC', 10_000)]), 0.95);
    const expected = 1.645 * 10_000 * (model.deviation('BTC') ?? 0);
    for (const method of ['historical', 'normal', 'cornishFisher', 'ewma', 'monteCarlo'] as const) {
      expect((losses[method]?.valueAtRisk ?? 0) / expected).toBeGreaterThan(0.75);
      expect((losses[method]?.valueAtRisk ?? 0) / expected).toBeLessThan(1.25);
      expect(losses[method]?.expectedShortfall).toBeGreaterThan(losses[method]?.valueAtRisk ?? 0);
    }
  });

  it('is nothing for a book that is hedged', () => {
    expect(gateValueAtRisk(bookOutcomes(model, [linear('BTC', 10_000), linear('BTC', -10_000)]), 0.95)).toBe(0);
  });

  it('grows with the square root of the horizon', () => {
    const at = (days: number): number => gateValueAtRisk(bookOutcomes(model, [linear('BTC', 10_000)], days), 0.95);
    expect(at(10) / at(1)).toBeCloseTo(Math.sqrt(10), 8);
  });

  it('values what is not linear anew: a bought option loses no more than its premium', () => {
    const premium = 500;
    const option: Exposure = {
      id: 'call',
      factor: 'BTC',
      value: 5_000,
      revalue: { key: 'call', units: 1, perUnit: (move) => Math.max(-premium, 20_000 * move - premium) },
      assumedLoss: premium,
    };
    expect(tailLosses(bookOutcomes(model, [option]), 0.999).monteCarlo?.valueAtRisk).toBe(premium);
  });

  it('takes what has no history to lose its assumed move, all at once', () => {
    const outcomes = bookOutcomes(model, [linear('BTC', 10_000), linear('NEW', 3_000), linear('ODD', -1_000)]);
    expect(outcomes.unknown).toEqual(['NEW', 'ODD']);
    const known = gateValueAtRisk(bookOutcomes(model, [linear('BTC', 10_000)]), 0.95);
    expect(gateValueAtRisk(outcomes, 0.95)).toBeCloseTo(known + 400, 8);
    const none = bookOutcomes(NO_RISK_MODEL, [linear('BTC', 10_000)]);
    expect(gateValueAtRisk(none, 0.95)).toBe(1_000);
    expect(tailLosses(none, 0.95).historical).toBeNull();
  });

  it("of the gate is the largest of history's, the parametric and the simulated one", () => {
    const outcomes = bookOutcomes(model, [linear('BTC', 10_000), linear('ETH', -2_000)]);
    const { historical, cornishFisher, normal, monteCarlo } = tailLosses(outcomes, 0.95);
    const largest = Math.max(...[historical, cornishFisher ?? normal, monteCarlo].map((loss) => loss?.valueAtRisk ?? 0));
    expect(gateValueAtRisk(outcomes, 0.95)).toBeCloseTo(largest, 8);
  });

  it('is shared out among the positions so that the parts add up', () => {
    const exposures = [linear('BTC', 10_000), { ...linear('ETH', 5_000), id: 'eth' }, { ...linear('ETH', -1_000), id: 'hedge' }];
    const shares = riskShares(model, exposures, 0.95) ?? [];
    const whole = tailLosses(bookOutcomes(model, exposures), 0.95).monteCarlo?.valueAtRisk ?? 0;
    expect(shares.reduce((sum, { component }) => sum + component, 0)).toBeCloseTo(whole, 6);
    expect(shares.find(({ id }) => id === 'hedge')?.component).toBeLessThan(0);
    expect(shares.find(({ id }) => id === 'hedge')?.incremental).toBeLessThan(0);
  });
});

describe('a book in another currency', () => {
  const series = (...prices: number[]): DailyClose[] => prices.map((close, i) => ({ date: `2026-01-0${i + 1}`, close }));
  const small = { days: 252, leastDays: 1, seed: 'rupee', paths: 1_000 };
  // The share: +10 %, unchanged. The rupee: -5 %, +2 %.
  const rupees = createRiskModel(
    new Map([
      ['TCS', series(100, 110, 110)],
      ['INR/USD', series(0.0125, 0.011875, 0.0121125)],
    ]),
    small,
  );
  const inr = (held: number) => ({ currency: { code: 'INR', held, assumedMove: 0.025 } });
  const profits = (exposures: readonly Exposure[], of = rupees): number[] => [...(bookOutcomes(of, exposures).historical ?? [])];

  it('is valued at the rate of each scenario', () => {
    // 1,000 x (1.10 x 0.95 - 1) and 1,000 x (1.00 x 1.02 - 1), by hand.
    const [first, second] = profits([{ ...linear('TCS', 1_000), ...inr(1_000) }]);
    expect([first, second]).toEqual([expect.closeTo(45, 8), expect.closeTo(20, 8)]);
  });

  it('of a future has its result at the rate of the scenario, and not its notional', () => {
    // A result of 50 so far and one of 100 more at 0.95, less the 50: 92.5; then 50 x 0.02.
    const [first, second] = profits([{ ...linear('TCS', 1_000), ...inr(50) }]);
    expect([first, second]).toEqual([expect.closeTo(92.5, 8), expect.closeTo(1, 8)]);
  });

  it('of an option is its new worth at the rate of the scenario', () => {
    const perUnit = (move: number): number => Math.max(0, 100 * (1 + move) - 105) - 2;
    const option: Exposure = { ...linear('TCS', 500), revalue: { key: 'call', units: 10, perUnit }, ...inr(20) };
    // Worth 20: then 10 x 5 x 0.95 = 47.5, and nothing at any rate.
    const [first, second] = profits([option]);
    expect([first, second]).toEqual([expect.closeTo(27.5, 8), expect.closeTo(-20, 8)]);
  });

  it('has a risk by the rupee where its share never moves, and none where it is hedged or in dollars', () => {
    const flat = createRiskModel(
      new Map([
        ['TCS', walk('flat', 253, 0)],
        ['INR/USD', walk('INR', 253, 0.004)],
      ]),
      OPTIONS,
    );
    const risk = (...exposures: Exposure[]): number => gateValueAtRisk(bookOutcomes(flat, exposures), 0.95);
    const held = { ...linear('TCS', 10_000), ...inr(10_000) };
    const expected = 1.645 * 10_000 * (flat.deviation('INR/USD') ?? 0);
    expect(risk(held) / expected).toBeGreaterThan(0.9);
    expect(risk(held) / expected).toBeLessThan(1.25);
    expect(risk(linear('TCS', 10_000))).toBe(0);
    expect(risk(held, { ...linear('TCS', -10_000), ...inr(-10_000) })).toBe(0);
    expect(riskShares(flat, [held], 0.95)?.[0]?.component).toBeCloseTo(tailLosses(bookOutcomes(flat, [held]), 0.95).monteCarlo?.valueAtRisk ?? 0, 6);
  });

  it('takes the assumed move without a history of the rate, once for all that hangs on it', () => {
    const shares = createRiskModel(new Map([['TCS', series(100, 110, 110)]]), small);
    const risk = (...exposures: Exposure[]) => bookOutcomes(shares, exposures, 4);
    const long = { ...linear('TCS', 1_000), ...inr(1_000) };
    // Two deviations of a day over four of them: 1,000 x 2.5 % x 2.
    expect(risk(long).assumedByCurrency).toEqual(new Map([['INR', 50]]));
    expect(risk(long).unknown).toEqual([]);
    expect(gateValueAtRisk(risk(long), 0.95) - gateValueAtRisk(risk(linear('TCS', 1_000)), 0.95)).toBeCloseTo(50, 8);
    expect(gateValueAtRisk(risk(long, { ...linear('TCS', -1_000), ...inr(-1_000) }), 0.95)).toBe(0);
    expect(gateValueAtRisk(bookOutcomes(NO_RISK_MODEL, [long]), 0.95)).toBeCloseTo(100 + 25, 8);
  });

  it('of a share without a history has a risk by the rupee that is known', () => {
    const days = createRiskModel(new Map([['INR/USD', series(0.0125, 0.011875, 0.0121125)]]), small);
    const outcomes = bookOutcomes(days, [{ ...linear('TCS', 1_000), ...inr(1_000) }]);
    expect([...(outcomes.historical ?? [])]).toEqual([expect.closeTo(-50, 8), expect.closeTo(20, 8)]);
    expect([outcomes.assumedLoss, outcomes.unknown]).toEqual([100, ['TCS']]);
  });
});

describe('the k-th smallest value', () => {
  it('is that of the sorted values', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -50, max: 50 }), { minLength: 1, maxLength: 60 }), fc.nat(), (values, seed) => {
        const k = seed % values.length;
        expect(kthSmallest(Float64Array.from(values), k)).toBe(Float64Array.from(values).sort()[k]);
      }),
    );
  });

  it('serves the quantile of a tail loss', () => {
    const outcomes = Float64Array.from({ length: 997 }, (_, i) => Math.sin(i * 7.3) * 100);
    const { valueAtRisk } = tailLoss(outcomes, 0.95);
    expect(
      gateValueAtRisk({ historical: outcomes, simulated: outcomes, assumedLoss: 0, assumedByCurrency: new Map(), unknown: [] }, 0.95),
    ).toBeGreaterThanOrEqual(valueAtRisk - 1e-9);
  });
});
