import { readFileSync } from 'node:fs';
import { gunzipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { deribitGreeks } from '../../shared/market/options/deribit-greeks.ts';
import { impliedVolatility } from '../../shared/market/options/implied-volatility.ts';
import { NO_RECORDED_DATA, recordedFiles } from '../support/recorded-data.ts';

const files = recordedFiles('deribit/chain-snapshots', /\.csv\.gz$/).filter((_, at) => at % 15 === 0);

interface Row {
  readonly right: 'call' | 'put';
  readonly strike: number;
  readonly years: number;
  readonly mark: number;
  readonly forward: number;
  readonly iv: number;
  readonly delta: number;
}

function rowsOf(file: string): readonly Row[] {
  const [head = '', ...lines] = Buffer.from(gunzipSync(readFileSync(file)))
    .toString()
    .trimEnd()
    .split('\n');
  const names = head.split(',');
  return lines.map((line) => {
    const cells = line.split(',');
    const cell = (name: string): string => cells[names.indexOf(name)] ?? '';
    return {
      right: cell('option_type') as Row['right'],
      strike: Number(cell('strike')),
      years: Number(cell('time_to_maturity')),
      mark: Number(cell('mark_price')),
      forward: Number(cell('futures_price')),
      iv: Number(cell('implied_volatility')),
      delta: Number(cell('delta')),
    };
  });
}

const quantile = (values: readonly number[], share: number): number => [...values].sort((a, b) => a - b)[Math.floor(share * values.length)] ?? NaN;

/** The error that was stated of these chains when they were recorded: median 0.025 %, 95 % within 0.21 %, of marks of 0.002 coin or more. */
describe.skipIf(files.length === 0)(`recorded Deribit chains${files.length === 0 ? ` (${NO_RECORDED_DATA})` : ''}`, () => {
  const rows = files.flatMap(rowsOf).filter(({ mark, years }) => mark >= 0.002 && years > 0);

  it('have the marks that Black-76 gives at their volatilities', () => {
    expect(rows.length).toBeGreaterThan(3_000);
    const errors = rows.map(({ mark, iv, ...option }) => Math.abs(deribitGreeks({ ...option, volatility: iv }).price / mark - 1));
    expect(quantile(errors, 0.5)).toBeLessThan(0.0003);
    expect(quantile(errors, 0.95)).toBeLessThan(0.0025);
  });

  it('have its deltas, not adjusted for a premium in coin', () => {
    const errors = rows.map(({ delta, iv, ...option }) => Math.abs(deribitGreeks({ ...option, volatility: iv }).delta - delta));
    expect(quantile(errors, 0.5)).toBeLessThan(0.0003);
  });

  it('have the volatilities that their marks imply, where a mark is time value', () => {
    // In the money the intrinsic value is taken off a forward that was recorded a moment before or after the mark.
    const outside = rows.filter(({ right, strike, forward }) => (right === 'call') === strike >= forward);
    const errors = outside.flatMap(({ right, strike, years, mark, forward, iv }) => {
      const { volatility } = impliedVolatility({ right, price: mark * forward, forward, strike, years, discount: 1 });
      return volatility === null ? [] : [Math.abs(volatility - iv)];
    });
    expect(errors).toHaveLength(outside.length);
    expect(quantile(errors, 0.5)).toBeLessThan(0.0005);
  });
});
