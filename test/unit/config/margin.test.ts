import { describe, expect, it } from 'vitest';
import data from '../../../shared/config/data/margin.json' with { type: 'json' };
import { marginTermsOn, parseMarginFacts } from '../../../shared/config/margin.ts';

describe('margin terms', () => {
  it('hold on every day, each from its date on', () => {
    expect(marginTermsOn('nseDerivatives', '1990-01-01').index.expiryDayRate).toBe(0);
    expect(marginTermsOn('nseDerivatives', '2024-11-19').index.expiryDayRate).toBe(0);
    expect(marginTermsOn('nseDerivatives', '2024-11-20').index.expiryDayRate).toBe(0.02);
    expect(marginTermsOn('nseIntraday', '2030-01-01').leverage).toBe('1');
  });

  it.each([
    ['out of the order of their dates', { nseDerivatives: data.nseDerivatives.toReversed() }],
    ['without a beginning', { nseIntraday: [{ ...data.nseIntraday[0], from: '2020-01-01' }] }],
    ['that lend less than nothing', { nseIntraday: [{ ...data.nseIntraday[0], leverage: '0.5' }] }],
    ['with a figure that nobody reads', { nseIntraday: [{ ...data.nseIntraday[0], haircut: 1 }] }],
  ])('are refused %s', (_, change) => {
    expect(() => parseMarginFacts({ ...data, ...change })).toThrow();
  });

  it.each([
    ['jumps', { upToNotional: 100_000, rate: 0.01, cum: 0, maxLeverage: 50 }],
    ['falls', { upToNotional: 100_000, rate: 0.001, cum: -150, maxLeverage: 50 }],
    ['holds nothing', { upToNotional: 50_000, rate: 0.01, cum: 300, maxLeverage: 50 }],
  ])('are refused with a bracket that %s', (_, second) => {
    const first = { upToNotional: 50_000, rate: 0.004, cum: 0, maxLeverage: 125 };
    const binanceUsdm = [{ ...data.binanceUsdm[0], tiers: { BTCUSDT: [first, second] } }];
    expect(() => parseMarginFacts({ ...data, binanceUsdm })).toThrow();
  });
});
