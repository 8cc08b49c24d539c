import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { maxDrawdown, sharpeRatio, sortinoRatio } from '../../shared/performance/return-ratios.ts';
import { NO_RECORDED_DATA, recordedFiles } from '../support/recorded-data.ts';

interface Series {
  readonly series: string;
}
interface Unparsed {
  readonly unparsed: string;
}
type Argument = number | string | null | Series | Unparsed | { readonly values: readonly number[] };
interface Oracle {
  readonly series: Readonly<Record<string, { readonly values: readonly (number | null)[] }>>;
  readonly cases: readonly { readonly test: string; readonly args: readonly Argument[] }[];
}

const [file] = recordedFiles('oracles/empyrical', /^test_stats_cases\.json\.gz$/);
const oracle: Oracle | null = file === undefined ? null : (JSON.parse(gunzipSync(readFileSync(file)).toString('utf8')) as Oracle);

const PERIODS: Readonly<Record<string, number>> = { 'empyrical.DAILY': 252, 'empyrical.WEEKLY': 52, 'empyrical.MONTHLY': 12 };

/** The numbers of a case's argument; null entries of a series are days without a return. */
function values(argument: Argument | undefined): readonly (number | null)[] | null {
  if (typeof argument !== 'object' || argument === null) return null;
  if ('series' in argument) return oracle?.series[argument.series]?.values ?? null;
  return 'values' in argument ? argument.values : null;
}

/** Returns in excess of a constant or of another series, as empyrical takes them: days that either lacks fall out. */
function excess(returns: readonly (number | null)[], required: Argument | undefined): readonly number[] {
  const other = typeof required === 'number' ? returns.map(() => required) : values(required);
  return returns.flatMap((each, i) => {
    const less = other?.[i];
    return each === null || less === null || less === undefined ? [] : [each - less];
  });
}

const casesOf = (test: string): Oracle['cases'] => (oracle?.cases ?? []).filter((each) => each.test === test && values(each.args[0]) !== null);

const compound = (returns: readonly number[]): number => returns.reduce((wealth, each) => wealth * (1 + each), 1) - 1;

/** Empyrical answers NaN (here null) and infinity where we say that the figure is undefined. */
function expected(argument: Argument | undefined, value: number | null): void {
  if (argument === null || argument === undefined || argument === 'inf') expect(value).toBeNull();
  else expect(value).toBeCloseTo(Number(argument), 9);
}

describe.skipIf(oracle === null)(`the ratios against empyrical${oracle === null ? `: ${NO_RECORDED_DATA}` : ''}`, () => {
  it('agree on every Sharpe ratio', () => {
    const cases = casesOf('test_sharpe_ratio');
    expect(cases.length).toBe(8);
    for (const { args } of cases) expected(args[2], sharpeRatio(excess(values(args[0]) ?? [], args[1]), { periodsPerYear: 252 }).value);
  });

  it('agree on every Sortino ratio', () => {
    const cases = casesOf('test_sortino');
    expect(cases.length).toBeGreaterThanOrEqual(10);
    for (const { args } of cases) {
      const period = args[2] as Unparsed;
      expected(args[3], sortinoRatio(excess(values(args[0]) ?? [], args[1]), { periodsPerYear: PERIODS[period.unparsed] ?? Number.NaN }).value);
    }
  });

  it('agree on every maximum drawdown, which empyrical gives as a negative return', () => {
    const cases = casesOf('test_max_drawdown');
    expect(cases.length).toBe(8);
    for (const { args } of cases) {
      const returns = excess(values(args[0]) ?? [], 0);
      const { value } = maxDrawdown(returns);
      // Two rows expect the outcome of another call: all days lost, so the whole fall is the drawdown.
      const fall = typeof args[1] === 'object' && args[1] !== null && 'unparsed' in args[1] ? compound(returns) : args[1];
      if (fall === null) expect(value).toBeNull();
      else expect(value).toBeCloseTo(-Number(fall), 12);
    }
  });

  it.each(['test_sharpe_translation_same', 'test_sharpe_translation_1', 'test_sortino_translation_same'])('keep the relation of %s', (test) => {
    const cases = casesOf(test);
    expect(cases.length).toBe(2);
    const ratio = test.includes('sortino') ? sortinoRatio : sharpeRatio;
    for (const { args } of cases) {
      const returns = excess(values(args[0]) ?? [], 0);
      const [required, shift] = [Number(args[1]), Number(args[2])];
      const at = (by: number, requiredReturn: number): number | null =>
        ratio(
          returns.map((each) => each + by),
          { periodsPerYear: 252, requiredReturn },
        ).value;
      const plain = at(0, required) ?? Number.NaN;
      // Returns and the required return moved together leave the ratio; returns moved alone move it the same way.
      expect(at(shift, required + shift)).toBeCloseTo(plain, 9);
      expect(at(-shift, required - shift)).toBeCloseTo(plain, 9);
      expect(at(shift, required)).toBeGreaterThan(plain);
      expect(at(-shift, required)).toBeLessThan(plain);
    }
  });
});
