import { describe, expect, it } from 'vitest';
import { CROSS_CHECK, checkRules, parseCrossCheck } from '../../../shared/config/cross-check.ts';
import { type CrossCheck, checkAt, newCheck, withOwn, withReference } from '../../../shared/market/cross-check.ts';
import type { QuoteCheck } from '../../../shared/market/price.ts';

const BTC = checkRules('BTC');
const T0 = 1_700_000_000_000;

/** Steps of `[second, own price, price at coinbase, price at kraken]`, null where nobody tells one. */
type Step = readonly [second: number, own: number | null, coinbase?: number | null, kraken?: number | null];

function seen(steps: readonly Step[], rules = BTC): CrossCheck {
  let check = newCheck(T0);
  for (const [second, own, coinbase = null, kraken = null] of steps) {
    const atMs = T0 + second * 1_000;
    if (own !== null) check = withOwn(check, own, atMs, rules);
    if (coinbase !== null) check = withReference(check, { source: 'coinbase', price: coinbase, atMs }, rules);
    if (kraken !== null) check = withReference(check, { source: 'kraken', price: kraken, atMs }, rules);
  }
  return check;
}

const at = (steps: readonly Step[], second: number, rules = BTC): QuoteCheck => checkAt(seen(steps, rules), T0 + second * 1_000, rules);
/** The same prices told once a second, so that none grows old. */
const each = (from: number, to: number, own: number, reference: number): readonly Step[] =>
  Array.from({ length: to - from + 1 }, (_, index) => [from + index, own, reference] as const);

describe('a price beside those of other venues', () => {
  it('agrees, and says by how much it is off and from whom', () => {
    expect(at([[0, 100.02, 100, 100.02]], 0)).toEqual({
      state: 'agreed',
      spreadBps: 1,
      against: ['coinbase', 'kraken'],
      sinceMs: T0,
      isWarning: false,
    });
    expect(at([[0, 99.9, 100]], 0)).toMatchObject({ spreadBps: -10, against: ['coinbase'] });
  });

  it('is held against the median: of three venues one alone contradicts nothing', () => {
    const told = withReference(seen(each(0, 9, 100, 100)), { source: 'kraken', price: 100.1, atMs: T0 + 9_000 }, BTC);
    const broken = withReference(told, { source: 'other', price: 500, atMs: T0 + 9_000 }, BTC);
    expect(checkAt(broken, T0 + 9_500, BTC)).toMatchObject({ state: 'agreed', spreadBps: -9.99, against: ['coinbase', 'kraken', 'other'] });
  });

  it('has a single source while nobody else tells one, and when all of them fall silent', () => {
    expect(at([[0, 100]], 1)).toMatchObject({ state: 'single-source', spreadBps: null, against: [] });
    const told: readonly Step[] = [
      [0, 100, 100],
      [1, 100],
      [4, 100],
    ];
    expect(at(told, 5)).toMatchObject({ state: 'agreed' });
    expect(at(told, 5.001)).toMatchObject({ state: 'single-source', sinceMs: T0 + 5_001 });
  });

  it('is stale when it is older than may be compared, whatever others say', () => {
    const told: readonly Step[] = [
      [0, 100, 100],
      [10, null, 100],
    ];
    expect(at(told, 10)).toMatchObject({ state: 'agreed' });
    expect(at(told, 10.001)).toEqual({ state: 'stale', spreadBps: null, against: [], sinceMs: T0 + 10_001, isWarning: false });
    expect(at([[0, null, 100]], 0)).toMatchObject({ state: 'stale' });
  });

  it('leaves out what a venue told before what it told last', () => {
    const told = withReference(seen([[5, 100, 100]]), { source: 'coinbase', price: 50, atMs: T0 + 4_000 }, BTC);
    expect(checkAt(told, T0 + 5_000, BTC)).toMatchObject({ spreadBps: 0 });
  });
});

describe('a price that others contradict', () => {
  it('is diverged from the third second on, of 1 % for BTC and ETH and of 2 % for others', () => {
    const off = each(0, 4, 101, 100);
    expect(at(off.slice(0, 3), 2.999)).toMatchObject({ state: 'agreed', isWarning: true, spreadBps: 100 });
    expect(at(off, 3)).toMatchObject({ state: 'diverged', sinceMs: T0 + 3_000, spreadBps: 100 });
    expect(at(each(0, 9, 101.9, 100), 9, checkRules('SOL'))).toMatchObject({ state: 'agreed', isWarning: true });
    expect(at(each(0, 9, 98, 100), 9, checkRules('SOL'))).toMatchObject({ state: 'diverged', spreadBps: -200 });
  });

  it('is so without a word more: time alone makes it last long enough', () => {
    expect(at([[0, 102, 100]], 3)).toMatchObject({ state: 'diverged', sinceMs: T0 + 3_000 });
  });

  it('is not when the difference was gone in between', () => {
    const steps: readonly Step[] = [...each(0, 2, 102, 100), [2.5, 100.9, 100], ...each(3, 5, 102, 100)];
    expect(at(steps, 5)).toMatchObject({ state: 'agreed', isWarning: true });
    expect(at(steps, 6)).toMatchObject({ state: 'diverged' });
  });

  it('stays diverged inside the band, and agrees again at half', () => {
    const steps = each(0, 4, 102, 100);
    expect(at([...steps, ...each(5, 9, 100.51, 100)], 9)).toMatchObject({ state: 'diverged', spreadBps: 51, sinceMs: T0 + 3_000 });
    expect(at([...steps, [5, 100.5, 100]], 5)).toMatchObject({ state: 'agreed', spreadBps: 50, sinceMs: T0 + 5_000 });
    expect(at([...steps, [5, 100.5, 100], ...each(6, 9, 100.9, 100)], 9)).toMatchObject({ state: 'agreed' });
  });

  it('is remembered through a silence of the others: only agreement ends it', () => {
    const steps = each(0, 4, 102, 100);
    expect(at([...steps, [8, 102], [12, 102]], 12)).toMatchObject({ state: 'single-source' });
    expect(at([...steps, [12, 100.7, 100]], 12)).toMatchObject({ state: 'diverged', sinceMs: T0 + 12_000 });
    expect(at([...steps, [12, 100.2, 100]], 12)).toMatchObject({ state: 'agreed' });
  });

  it('starts to count again after a silence', () => {
    const steps: readonly Step[] = [
      [0, 100, 100],
      [3, 102],
      [5.5, 102],
      [6, 102, 100],
    ];
    expect(at(steps.slice(0, 3), 5.9)).toMatchObject({ state: 'single-source' });
    expect(at(steps, 8.999)).toMatchObject({ state: 'agreed', isWarning: true });
    expect(at(steps, 9)).toMatchObject({ state: 'diverged' });
  });

  it('is remembered through a restart', () => {
    const before = at(each(0, 4, 102, 100), 4);
    const again = withReference(
      withOwn(newCheck(T0 + 60_000, before), 100.7, T0 + 60_000, BTC),
      { source: 'kraken', price: 100, atMs: T0 + 60_000 },
      BTC,
    );
    expect(checkAt(again, T0 + 60_000, BTC)).toMatchObject({ state: 'diverged', spreadBps: 70 });
  });

  it('warns at half a per cent and stops at a quarter', () => {
    const warns = (...prices: readonly number[]): boolean =>
      at(
        prices.map((price, second) => [second, price, 100]),
        prices.length - 1,
      ).isWarning;
    expect(warns(100.49)).toBe(false);
    expect(warns(100.5)).toBe(true);
    expect(warns(100.5, 100.3)).toBe(true);
    expect(warns(100.5, 100.25)).toBe(false);
    expect(warns(100.3)).toBe(false);
  });
});

describe('the settings of the check', () => {
  it('are those that are documented', () => {
    expect(CROSS_CHECK).toMatchObject({ referenceMaxAgeMs: 5_000, warnBps: 50, holdMs: 3_000, clearShare: 0.5, markets: ['CRYPTO'] });
    expect([BTC.divergedBps, checkRules('ETH').divergedBps, checkRules('DOGE').divergedBps]).toEqual([100, 100, 200]);
  });

  it('are refused when a divergence would come before its warning', () => {
    expect(() => parseCrossCheck({ ...CROSS_CHECK, warnBps: 150 })).toThrow(/a warning comes before/);
  });
});
