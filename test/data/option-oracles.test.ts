import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { black76 } from '../../shared/market/black76.ts';
import { generalisedGreeks } from '../../shared/market/options/greeks.ts';
import { NO_RECORDED_DATA, recordedFiles } from '../support/recorded-data.ts';

const [file] = recordedFiles('oracles', /^quantlib_european_haug\.csv$/);

/** Haug's table of European options on a spot price S with yield q, which is one on the forward S exp((r - q) T). */
describe.skipIf(file === undefined)(`published option prices${file === undefined ? ` (${NO_RECORDED_DATA})` : ''}`, () => {
  const rows = file === undefined ? [] : readFileSync(file, 'utf8').trimEnd().split('\n').slice(1);
  const prices = rows.map((row) => row.split(',')).filter(([test]) => test === 'testValues');

  it('are met to the places they are printed with, all 43 of them', () => {
    expect(prices).toHaveLength(43);
    for (const [, type, ...figures] of prices) {
      const [strike = 0, spot = 0, q = 0, r = 0, years = 0, volatility = 0, price = 0, tolerance = 0] = figures.map(Number);
      const value = black76({
        right: type === 'Call' ? 'call' : 'put',
        forward: spot * Math.exp((r - q) * years),
        strike,
        variance: volatility ** 2 * years,
        discount: Math.exp(-r * years),
      });
      expect(Math.abs(value - price), figures.join(' ')).toBeLessThanOrEqual(tolerance);
    }
  });

  const greeks = rows.map((row) => row.split(',')).filter(([test]) => test === 'testGreekValues');
  /** What each named greek is of ours; `elasticity` and `dividendRho` are not kept, but follow from what is. */
  const OURS = {
    delta: 'delta',
    gamma: 'gamma',
    vega: 'vega',
    theta: 'theta',
    rho: 'rho',
  } as const;

  it.each(greeks.filter(([, , , , , , , , , , , name]) => name !== undefined && name in OURS))('and greeks: %s %s of strike %s on %s', (...row) => {
    const [, type, strike = 0, spot = 0, q = 0, r = 0, years = 0, volatility = 0, value = 0] = row.map((text, at) =>
      at < 2 ? text : fraction(text),
    ) as [string, string, ...number[]];
    const name = row[11] as keyof typeof OURS;
    const ours = generalisedGreeks({ right: type === 'Call' ? 'call' : 'put', spot, strike, years, rate: r, carry: r - q, volatility });
    expect(ours[OURS[name]]).toBeCloseTo(value, 4);
  });
});

/** `0.5`, or `1.0/12.0` as the table writes a month. */
const fraction = (text = ''): number => {
  const [top = 0, bottom = 1] = text.split('/').map(Number);
  return top / bottom;
};
