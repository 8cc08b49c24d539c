import { describe, expect, it } from 'vitest';
import { RATE_MAX_AGE_MS } from '../../../shared/config/risk.ts';
import type { Rate } from '../../../shared/contracts/terms.ts';
import { decimal } from '../../../shared/kernel/decimal.ts';
import { DAY_MS, MINUTE_MS, SECOND_MS } from '../../../shared/kernel/time.ts';
import { bestRates, isRateFresh } from '../../../shared/market/best-rates.ts';
import type { Currency } from '../../../shared/market/instrument.ts';

const NOW = Date.UTC(2026, 9, 12, 6);
const rate = (currency: Currency, source: string, ageMs: number): Rate => ({ currency, value: decimal('1'), source, asOfMs: NOW - ageMs });
const sources = (...rates: Rate[]): readonly string[] => bestRates(rates, NOW).map(({ currency, source }) => `${currency} ${source}`);

describe('the best rate of a currency', () => {
  it.each<readonly [what: string, best: string, rates: readonly Rate[]]>([
    ['a venue before an assumption', 'kraken', [rate('USDT', 'assumed', 0), rate('USDT', 'kraken', SECOND_MS)]],
    ['the venue that was named first', 'kraken', [rate('USDT', 'kraken', 9 * SECOND_MS), rate('USDT', 'coinbase', SECOND_MS)]],
    ['a venue that has been silent for days before an assumption', 'kraken', [rate('USDT', 'assumed', 0), rate('USDT', 'kraken', 3 * DAY_MS)]],
    ['an assumption where nobody has measured', 'assumed', [rate('USDT', 'assumed', 0)]],
    ['a venue that is more than a minute ahead', 'coinbase', [rate('USDT', 'kraken', MINUTE_MS + 1), rate('USDT', 'coinbase', 0)]],
    [
      'of venues the one that is fresh, whatever is assumed',
      'coinbase',
      [rate('USDT', 'kraken', 6 * MINUTE_MS), rate('USDT', 'assumed', 0), rate('USDT', 'coinbase', 0)],
    ],
    ['a fixing of Friday before a simulated rate of now', 'frankfurter', [rate('INR', 'simulated', 0), rate('INR', 'frankfurter', 3 * DAY_MS)]],
    ['a simulated rate before a fixing of last week', 'simulated', [rate('INR', 'frankfurter', 6 * DAY_MS), rate('INR', 'simulated', 0)]],
    ['of two that are too old the newer', 'yahoo', [rate('INR', 'frankfurter', 9 * DAY_MS), rate('INR', 'yahoo', 8 * DAY_MS)]],
  ])('is %s: %s', (_, best, rates) => {
    expect(bestRates(rates, NOW).map(({ source }) => source)).toEqual([best]);
  });

  it('is given for each currency, and for none that nobody knows', () => {
    expect(sources(rate('USDT', 'assumed', 0), rate('INR', 'frankfurter', DAY_MS), rate('USDT', 'kraken', 0))).toEqual([
      'USDT kraken',
      'INR frankfurter',
    ]);
    expect(sources()).toEqual([]);
  });

  it('opens nothing when all that was measured is too old, though something is assumed', () => {
    const [best] = bestRates([rate('USDT', 'kraken', 6 * MINUTE_MS), rate('USDT', 'assumed', 0), rate('USDT', 'coinbase', 7 * MINUTE_MS)], NOW);
    expect([best?.source, best !== undefined && isRateFresh(best, NOW)]).toEqual(['kraken', false]);
  });

  it('is too old by an age of its own', () => {
    expect(isRateFresh(rate('USDT', 'kraken', RATE_MAX_AGE_MS.USDT), NOW)).toBe(true);
    expect(isRateFresh(rate('USDT', 'kraken', RATE_MAX_AGE_MS.USDT + 1), NOW)).toBe(false);
    expect(isRateFresh(rate('INR', 'yahoo', RATE_MAX_AGE_MS.USDT + 1), NOW)).toBe(true);
    expect(isRateFresh(rate('INR', 'yahoo', RATE_MAX_AGE_MS.INR + 1), NOW)).toBe(false);
    expect(isRateFresh(rate('USD', 'base currency', 99 * DAY_MS), NOW)).toBe(true);
  });
});
