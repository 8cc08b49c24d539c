import { describe, expect, it } from 'vitest';
import { CORPORATE_ACTIONS } from '../../../shared/config/corporate-actions.ts';
import { ALL_SYMBOLS, instrumentByIsin, instrumentBySymbol, resolveSymbol } from '../../../shared/config/instruments.ts';
import { DAY_MS } from '../../../shared/kernel/time.ts';
import { actionsOf, symbolAfter, symbolOn } from '../../../shared/market/corporate-actions.ts';

describe('the known corporate actions', () => {
  it('name a source, and come in the order in which they happened', () => {
    const dates = CORPORATE_ACTIONS.all.map(({ exDate }) => exDate);
    expect(dates).toEqual(dates.toSorted());
    for (const { source } of CORPORATE_ACTIONS.all) expect(source.length).toBeGreaterThan(20);
  });

  it('are those of the ten shares since 2019-10, and HDFC and Tata Motors', () => {
    const ids = ALL_SYMBOLS.flatMap((symbol) => actionsOf(CORPORATE_ACTIONS, symbol, '2019-10-01', '2026-12-31')).map(({ id }) => id);
    expect(ids.toSorted()).toEqual([
      'HCLTECH:2019-12-05:bonus',
      'HDFCBANK:2025-08-26:bonus',
      'ITC:2025-01-06:demerger',
      'KOTAKBANK:2026-01-14:split',
      'RELIANCE:2023-07-20:demerger',
      'RELIANCE:2024-10-28:bonus',
    ]);
    expect(actionsOf(CORPORATE_ACTIONS, 'TATAMOTORS', '2025-01-01', '2026-01-01').map(symbolAfter)).toEqual(['TATAMOTORS', 'TMPV']);
    expect(symbolOn(CORPORATE_ACTIONS, 'TMPV', '2026-01-01', '2025-10-21')).toBe('TATAMOTORS');
    expect(symbolOn(CORPORATE_ACTIONS, 'TATAMOTORS', '2025-10-21', '2025-10-24')).toBe('TMPV');
  });

  it('change an ISIN on the same day as the instruments do', () => {
    const changes = CORPORATE_ACTIONS.all.flatMap((action) =>
      'isin' in action && action.isin !== undefined ? [{ ...action, isin: action.isin }] : [],
    );
    expect(changes.map(({ symbol }) => symbol)).toEqual(['HDFCBANK', 'KOTAKBANK']);
    for (const { symbol, exMs, isin } of changes) {
      expect(instrumentBySymbol(symbol, exMs - DAY_MS).isin).toBe(isin.from);
      expect(instrumentBySymbol(symbol, exMs).isin).toBe(isin.to);
    }
  });
});

describe('an ISIN', () => {
  it('finds the instrument that has it or had it', () => {
    for (const isin of ['INE237A01028', 'INE237A01036']) expect(instrumentByIsin(isin)?.symbol).toBe('KOTAKBANK');
    expect(instrumentByIsin('INE237A01028')?.isin).toBe('INE237A01036');
    expect(instrumentByIsin('INE237A01036', Date.parse('2026-01-13T12:00:00+05:30'))?.isin).toBe('INE237A01028');
    expect(instrumentByIsin('INE155A01022')).toBeNull();
  });

  it('of HDFC is not HDFC Bank, although its name leads there: the histories are two', () => {
    expect(instrumentByIsin('INE001A01036')).toBeNull();
    expect(resolveSymbol('HDFC').symbol).toBe('HDFCBANK');
    const [merger] = actionsOf(CORPORATE_ACTIONS, 'HDFC', '2023-07-01', '2023-07-31');
    expect(merger).toMatchObject({ kind: 'merger', into: 'HDFCBANK', held: 25, becomes: 42, exDate: '2023-07-13' });
  });
});
