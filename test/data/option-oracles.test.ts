import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { black76 } from '../../shared/market/black76.ts';
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
});
