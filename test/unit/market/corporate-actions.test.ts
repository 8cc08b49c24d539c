import { describe, expect, it } from 'vitest';
import { decimal, text } from '../../../shared/kernel/decimal.ts';
import { DAY_MS } from '../../../shared/kernel/time.ts';
import {
  actionsOf,
  adjustCandles,
  type CorporateActionFacts,
  createCorporateActions,
  describeAction,
  priceFactor,
  ratiosOf,
  rawCandles,
  scaled,
  symbolOn,
} from '../../../shared/market/corporate-actions.ts';
import { dayOfDate, istMidnight } from '../../../shared/market/ist.ts';

const source = 'test';
const FACTS: readonly CorporateActionFacts[] = [
  { kind: 'split', symbol: 'NEW', exDate: '2025-06-02', held: 1, becomes: 5, source },
  { kind: 'bonus', symbol: 'OLD', exDate: '2024-03-04', held: 2, becomes: 3, source },
  { kind: 'demerger', symbol: 'OLD', exDate: '2024-09-02', spunOff: 'PART', held: 10, receives: 1, cumPrice: '500', exPrice: '450', source },
  { kind: 'symbol-change', symbol: 'OLD', to: 'NEW', exDate: '2025-01-06', source },
  { kind: 'merger', symbol: 'TARGET', into: 'NEW', exDate: '2025-03-03', held: 25, becomes: 42, source },
];
const ACTIONS = createCorporateActions(FACTS);
const ms = (date: string): number => istMidnight(dayOfDate(date));
const ids = (symbol: string, from: string, to: string, done: readonly string[] = []): readonly string[] =>
  actionsOf(ACTIONS, symbol, from, to, new Set(done)).map(({ id }) => id);

describe('what happened to a holding', () => {
  it('is told in order, from the day after it was bought up to and with the last day, under the names it gets', () => {
    expect(ids('OLD', '2024-01-01', '2026-01-01')).toEqual([
      'OLD:2024-03-04:bonus',
      'OLD:2024-09-02:demerger',
      'OLD:2025-01-06:symbol-change',
      'NEW:2025-06-02:split',
    ]);
    expect(ids('OLD', '2024-03-04', '2024-09-01')).toEqual([]);
    expect(ids('OLD', '2024-03-03', '2024-03-04')).toEqual(['OLD:2024-03-04:bonus']);
    expect(ids('NEW', '2025-01-06', '2026-01-01')).toEqual(['NEW:2025-06-02:split']);
    expect(ids('TARGET', '2025-01-01', '2026-01-01')).toEqual(['TARGET:2025-03-03:merger', 'NEW:2025-06-02:split']);
    expect(ids('OTHER', '2000-01-01', '2030-01-01')).toEqual([]);
  });

  it('leaves out what it has been through', () => {
    const done = ['OLD:2024-03-04:bonus', 'OLD:2024-09-02:demerger', 'OLD:2025-01-06:symbol-change'];
    expect(ids('NEW', '2024-01-01', '2026-01-01', done)).toEqual(['NEW:2025-06-02:split']);
    // One that became known late is not lost behind those that were applied.
    expect(ids('OLD', '2024-01-01', '2024-12-31', ['OLD:2024-09-02:demerger'])).toEqual(['OLD:2024-03-04:bonus']);
  });
});

describe('a name', () => {
  it.each([
    ['OLD', '2024-06-01', '2025-01-05', 'OLD'],
    ['OLD', '2024-06-01', '2025-01-06', 'NEW'],
    ['NEW', '2025-06-01', '2025-01-06', 'NEW'],
    ['NEW', '2025-06-01', '2025-01-05', 'OLD'],
    // A merger ends a name: its history is not the other company's.
    ['TARGET', '2025-01-01', '2026-01-01', 'TARGET'],
    ['NEW', '2026-01-01', '2025-02-01', 'NEW'],
    ['OTHER', '2025-01-01', '2026-01-01', 'OTHER'],
  ])('%s of %s is on %s %s', (symbol, knownOn, date, expected) => {
    expect(symbolOn(ACTIONS, symbol, knownOn, date)).toBe(expected);
  });
});

describe('history read from a later day', () => {
  it.each([
    // of, read from, factor
    ['2024-03-03', '2024-03-03', 1],
    ['2024-03-03', '2024-03-04', 2 / 3],
    ['2024-03-04', '2024-03-04', 1],
    ['2024-03-03', '2024-09-02', (2 / 3) * 0.9],
    ['2024-08-01', '2024-09-02', 0.9],
  ])('a price of OLD on %s read from %s is multiplied by %d', (of, from, factor) => {
    expect(priceFactor(ACTIONS, 'OLD', ms(of), ms(from))).toBeCloseTo(factor, 15);
  });

  it('goes back through a change of name, and is not touched by a company that merged into it', () => {
    expect(priceFactor(ACTIONS, 'NEW', ms('2024-01-01'), ms('2025-07-01'))).toBeCloseTo((2 / 3) * 0.9 * 0.2, 15);
    expect(priceFactor(ACTIONS, 'NEW', ms('2025-02-01'), ms('2025-04-01'))).toBe(1);
    expect(priceFactor(ACTIONS, 'OTHER', ms('2020-01-01'), ms('2026-01-01'))).toBe(1);
  });

  it('has its volumes in the shares of that day, the rest of a candle as it is, and new candles untouched', () => {
    const candle = { openMs: ms('2025-06-02') - DAY_MS, open: 100, high: 120, low: 90, close: 110, volume: 1_000, isComplete: false };
    const after = { ...candle, openMs: ms('2025-06-02'), open: 22, high: 23, low: 21, close: 22 };
    const [adjusted, same] = adjustCandles(ACTIONS, 'NEW', ms('2025-06-02'), [candle, after]);
    expect(adjusted).toEqual({ ...candle, open: 20, high: 24, low: 18, close: 22, volume: 5_000 });
    expect(same).toBe(after);
    // What a spin-off takes from the price is no new share.
    const before = { ...candle, openMs: ms('2024-09-01') };
    expect(adjustCandles(ACTIONS, 'OLD', ms('2024-09-02'), [before])).toEqual([{ ...before, open: 90, high: 108, low: 81, close: 99 }]);
    expect(adjustCandles(ACTIONS, 'NEW', ms('2025-06-01'), [candle])[0]).toBe(candle);
  });
});

describe('candles of a source that adjusts for splits and bonuses', () => {
  it('are as they were traded again, and what is adjusted anew is what the source told', () => {
    const told = { openMs: ms('2024-02-01'), open: 20, high: 24, low: 18, close: 22, volume: 7_500 };
    const [raw] = rawCandles(ACTIONS, 'NEW', ms('2025-06-02'), [told]);
    expect(raw).toMatchObject({ volume: 1_000, openMs: told.openMs });
    expect(raw?.close).toBeCloseTo(22 / ((2 / 3) * 0.2), 9);
    // The source knows nothing of the company that was spun off.
    expect(adjustCandles(ACTIONS, 'NEW', ms('2025-06-02'), [raw as typeof told])[0]?.close).toBeCloseTo(22 * 0.9, 9);
    expect(rawCandles(ACTIONS, 'NEW', ms('2025-06-01'), [{ ...told, openMs: ms('2025-03-01') }])[0]?.close).toBe(22);
  });
});

describe('a ratio', () => {
  it('is applied to exact amounts with one rounding', () => {
    const ratios = FACTS.map(ratiosOf);
    expect(ratios.map(({ price }) => text(scaled(decimal('1000.05'), price)))).toEqual(['200.01', '666.7', '900.045', '1000.05', '595.26785714']);
    expect(ratios.map(({ quantity }) => text(scaled(decimal('7'), quantity)))).toEqual(['35', '10.5', '7', '7', '11.76']);
  });

  it('is told in words', () => {
    expect(FACTS.map(describeAction)).toEqual([
      'NEW: split, 5 for 1, ex 2025-06-02',
      'OLD: bonus 1:2, ex 2024-03-04',
      'OLD: PART spun off, 1 for 10, ex 2024-09-02',
      'OLD became NEW on 2025-01-06',
      'TARGET merged into NEW, 42 for 25, ex 2025-03-03',
    ]);
  });
});

describe('facts', () => {
  const split = { kind: 'split', symbol: 'A', exDate: '2025-01-06', held: 1, becomes: 2, source } as const;
  it.each<[string, readonly CorporateActionFacts[]]>([
    ['a ratio of nothing', [{ ...split, becomes: 0 }]],
    ['a ratio of parts of shares', [{ ...split, becomes: 1.5 }]],
    [
      'a price of zero',
      [{ kind: 'demerger', symbol: 'A', exDate: '2025-01-06', spunOff: 'B', held: 1, receives: 1, cumPrice: '10', exPrice: '0', source }],
    ],
    ['the same action twice', [split, split]],
    ['a merger into itself', [{ ...split, kind: 'merger', into: 'A' }]],
  ])('with %s are refused', (_what, facts) => {
    expect(() => createCorporateActions(facts)).toThrow(expect.objectContaining({ code: 'bad_facts' }));
  });

  it('with no date are refused', () => {
    expect(() => createCorporateActions([{ ...split, exDate: '2025-02-30' }])).toThrow(/calendar date/);
  });
});
