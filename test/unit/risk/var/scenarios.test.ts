import { describe, expect, it } from 'vitest';
import { rng } from '../../../../shared/kernel/rng.ts';
import { tailLoss } from '../../../../shared/risk/var/loss.ts';
import { normalTailLoss } from '../../../../shared/risk/var/parametric.ts';
import { covarianceOf, historicalScenarios, PATHS, simulatedScenarios } from '../../../../shared/risk/var/scenarios.ts';

const DAYS = 252;

/** Two factors that move together by half, and one that does not move. */
function history() {
  const draw = rng('scenarios');
  const first = Float64Array.from({ length: DAYS }, () => 0.02 * draw.normal());
  const second = first.map((value) => 0.5 * value + 0.01 * draw.normal());
  return { factors: ['BTC', 'ETH', 'STILL'], returns: [first, second, new Float64Array(DAYS)] };
}

describe('the scenarios of a value at risk', () => {
  it('of history keep the days together', () => {
    const { factors, returns } = history();
    const set = historicalScenarios({ factors, returns });
    expect(set.count).toBe(DAYS);
    expect(set.moves('ETH')).toBe(returns[1]);
  });

  it('by Monte Carlo have the covariance of the history, and are the same for the same seed', () => {
    const known = history();
    const set = simulatedScenarios(known, 'a');
    const sampled = covarianceOf({ factors: known.factors, returns: known.factors.map(set.moves) });
    const asked = covarianceOf(known);
    for (const i of [0, 1, 4]) expect((sampled[i] as number) / (asked[i] as number)).toBeCloseTo(1, 1);
    expect(sampled[8]).toBe(0);
    expect([...simulatedScenarios(known, 'a').moves('BTC')]).toEqual([...set.moves('BTC')]);
    expect([...simulatedScenarios(known, 'b').moves('BTC')]).not.toEqual([...set.moves('BTC')]);
  });

  it('by Monte Carlo agree with the closed form of a linear book within three of their standard errors', () => {
    const known = history();
    const set = simulatedScenarios(known, 'closed form');
    const [btc, eth] = [set.moves('BTC'), set.moves('ETH')];
    const covariance = covarianceOf(known);
    const [positionBtc, positionEth] = [10_000, -4_000];
    const outcomes = btc.map((move, i) => positionBtc * move + positionEth * (eth[i] as number));
    const variance =
      positionBtc ** 2 * (covariance[0] as number) +
      2 * positionBtc * positionEth * (covariance[1] as number) +
      positionEth ** 2 * (covariance[4] as number);
    const deviation = Math.sqrt(variance);
    for (const level of [0.95, 0.99]) {
      const closed = normalTailLoss(deviation, level).valueAtRisk;
      // Standard error of a quantile: sqrt(p (1 - p) / n) over the density there. Antithetic pairs: n / 2 independent draws.
      const density = Math.exp(-0.5 * (closed / deviation) ** 2) / Math.sqrt(2 * Math.PI) / deviation;
      const standardError = Math.sqrt((level * (1 - level)) / (PATHS / 2)) / density;
      expect(Math.abs(tailLoss(outcomes, level).valueAtRisk - closed)).toBeLessThan(3 * standardError);
    }
  });

  it('work with fewer days than factors', () => {
    const draw = rng('few days');
    const factors = ['A', 'B', 'C', 'D', 'E'];
    const returns = factors.map(() => Float64Array.from({ length: 3 }, () => 0.01 * draw.normal()));
    const set = simulatedScenarios({ factors, returns }, 'x', 100);
    for (const factor of factors) expect(set.moves(factor).every(Number.isFinite)).toBe(true);
  });

  it('refuse histories of different lengths, and factors that they do not have', () => {
    expect(() => historicalScenarios({ factors: ['A', 'B'], returns: [new Float64Array(2), new Float64Array(3)] })).toThrow(/same days/);
    expect(() => historicalScenarios(history()).moves('XRP')).toThrow(/No scenarios of XRP/);
  });
});
