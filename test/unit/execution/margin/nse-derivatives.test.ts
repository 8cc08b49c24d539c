import { describe, expect, it } from 'vitest';
import { marginTermsOn } from '../../../../shared/config/margin.ts';
import type { FutureLeg, OptionLeg } from '../../../../shared/execution/margin/leg.ts';
import { marginOf } from '../../../../shared/execution/margin/margin-of.ts';
import { type NseOptionLeg, scanScenarios, worstLoss } from '../../../../shared/execution/margin/nse-scan.ts';
import type { MarginPartName, MarginRequirement } from '../../../../shared/execution/margin/requirement.ts';
import { text, toNumber, ZERO } from '../../../../shared/kernel/decimal.ts';
import { black76 } from '../../../../shared/market/black76.ts';

const atMs = Date.parse('2026-10-06T05:00:00Z');
const nearMs = Date.parse('2026-10-27T10:00:00Z');
const farMs = Date.parse('2026-11-23T10:00:00Z');
const YEAR_MS = 365 * 86_400_000;

const future = (direction: 'long' | 'short', quantity: number, price: number, expiryMs = nearMs): FutureLeg => ({
  kind: 'future',
  direction,
  quantity,
  price,
  expiryMs,
});

function option(
  right: 'call' | 'put',
  direction: OptionLeg['direction'],
  strike: number,
  { expiryMs = nearMs, forward = 23_500 } = {},
): NseOptionLeg {
  const iv = 0.13;
  const price = black76({ right, forward, strike, variance: (iv ** 2 * (expiryMs - atMs)) / YEAR_MS, discount: 1 });
  return { kind: 'option', right, direction, strike, price, expiryMs, quantity: 65, forward, iv };
}

type Legs = readonly (FutureLeg | NseOptionLeg | { readonly kind: 'equity'; readonly quantity: number; readonly price: number })[];
const nifty = (legs: Legs, { underlyingPrice = 23_500, dailyVolatility = null as number | null, when = atMs } = {}): MarginRequirement =>
  marginOf({ regime: 'nse-derivatives', isIndex: true, underlyingPrice, dailyVolatility, legs }, when);
const part = ({ parts }: MarginRequirement, name: MarginPartName): number => toNumber(parts.find((each) => each.name === name)?.amount ?? ZERO);

describe('a future at NSE', () => {
  it.each([
    ['NIFTY', true, 65, 23_485.2, '141968.03', '30530.76', '172498.79'],
    ['RELIANCE', false, 500, 1_354.9, '96197.9', '23710.75', '119908.65'],
  ])('of one lot of %s asks the least scan and the exposure margin, long or short', (_, isIndex, quantity, price, scan, exposure, initial) => {
    for (const direction of ['long', 'short'] as const) {
      const margin = marginOf(
        { regime: 'nse-derivatives', isIndex, underlyingPrice: price, dailyVolatility: null, legs: [future(direction, quantity, price)] },
        atMs,
      );
      expect(margin.parts.map(({ name, amount }) => [name, text(amount)])).toEqual([
        ['scan', scan],
        ['exposure', exposure],
      ]);
      expect([text(margin.initial), text(margin.maintenance), text(margin.deposit)]).toEqual([initial, initial, initial]);
    }
  });

  it('asks six daily deviations times the root of two when that is more than the least', () => {
    const margin = nifty([future('long', 65, 23_500)], { dailyVolatility: 0.02 });
    expect(part(margin, 'scan')).toBeCloseTo(65 * 23_500 * 6 * 0.02 * Math.SQRT2, 1);
  });

  it('against another month asks the charge on the far month instead of two scans', () => {
    const margin = nifty([future('long', 65, 23_500), future('short', 65, 23_600, farMs)]);
    expect(part(margin, 'scan')).toBe(0);
    expect(part(margin, 'calendar-spread')).toBe(26_845);
    expect(part(margin, 'exposure')).toBe(61_230);
  });

  it('asks the charge once for each unit that offsets, whichever month it lies in', () => {
    const legs = [future('long', 65, 23_500), future('long', 65, 23_500, farMs), future('short', 130, 23_600, farMs + 28 * 86_400_000)];
    expect(part(nifty(legs), 'calendar-spread')).toBe(2 * 26_845);
  });

  it.each([
    ['an index', '2026-10-27', true, false],
    ['an index', '2025-02-09', true, true],
    ['an index', '2025-02-10', true, false],
    ['a stock', '2026-05-04', false, true],
    ['a stock', '2026-05-05', false, false],
  ])('on %s that expires on %s offsets other months then as the rules say', (_, lastDay, isIndex, offsets) => {
    const lastMs = Date.parse(`${lastDay}T10:00:00Z`);
    const legs = [future('long', 65, 23_500, lastMs), future('short', 65, 23_500, lastMs + 28 * 86_400_000)];
    const position = { regime: 'nse-derivatives', isIndex, underlyingPrice: 23_500, dailyVolatility: null, legs } as const;
    for (const [when, isOffset] of [
      [lastMs - 3_600_000, offsets],
      [lastMs - 86_400_000, true],
    ] as const) {
      const margin = marginOf(position, when);
      expect(part(margin, 'calendar-spread') > 0).toBe(isOffset);
      expect(part(margin, 'scan')).toBe(isOffset ? 0 : 2 * (isIndex ? 142_057.5 : 216_905));
    }
  });
});

describe('an option at NSE', () => {
  it('asks the value that a short has in the worst scenario, and exposure margin on the underlying', () => {
    const call = option('call', 'short', 24_000);
    const margin = nifty([call]);
    const worst = black76({
      right: 'call',
      forward: 23_500 * 1.093,
      strike: 24_000,
      variance: ((0.13 + 0.04) ** 2 * (nearMs - atMs)) / YEAR_MS,
      discount: 1,
    });
    expect(part(margin, 'scan')).toBeCloseTo(65 * worst, 1);
    expect(part(margin, 'exposure')).toBe(30_550);
    expect(toNumber(margin.proceeds)).toBeCloseTo(65 * call.price, 2);
    expect(margin.maintenance).toBe(margin.initial);
  });

  it('far out of the money is margined by the extreme move, of which 35 % counts', () => {
    const call = { ...option('call', 'short', 27_000), expiryMs: atMs + 86_400_000, price: 0.05, iv: 0.13 };
    const move = 23_500 * (1 + 2 * 0.093) - 27_000;
    // A day before expiry the call is worth its intrinsic value there, and nothing within the usual range.
    expect(part(nifty([call]), 'scan')).toBeCloseTo(65 * (0.35 * (move - 0.05) + 0.05), 1);
  });

  it('asks of a long its premium, and nothing later', () => {
    const call = option('call', 'long', 24_000);
    const margin = nifty([call]);
    expect(margin.parts.map(({ name }) => name)).toEqual(['premium']);
    expect(toNumber(margin.initial)).toBeCloseTo(65 * call.price, 2);
    expect(margin.maintenance).toBe(0n);
  });

  it('asks no charge of longs in two months that need no offset', () => {
    const margin = nifty([option('call', 'long', 24_000), option('put', 'long', 23_000, { expiryMs: farMs })]);
    expect(margin.parts.map(({ name }) => name)).toEqual(['premium']);
  });

  it.each([
    ['on its last day', '2026-10-27T04:00:00Z', 30_550],
    ['on the day before', '2026-10-26T04:00:00Z', 0],
    ['on its last day before the rule', '2024-10-29T04:00:00Z', 0],
  ])('that is short on an index asks 2 %% more %s', (_, when, extra) => {
    const lastDayMs = Date.parse(when.startsWith('2024') ? '2024-10-29T10:00:00Z' : '2026-10-27T10:00:00Z');
    const short = { ...option('put', 'short', 23_000), expiryMs: lastDayMs };
    expect(part(nifty([short], { when: Date.parse(when) }), 'expiry-day')).toBe(extra);
  });

  it('pays no extra as a short on a stock on its last day', () => {
    const legs = [option('put', 'short', 23_000)];
    const margin = marginOf({ regime: 'nse-derivatives', isIndex: false, underlyingPrice: 23_500, dailyVolatility: null, legs }, nearMs - 3_600_000);
    expect(part(margin, 'expiry-day')).toBe(0);
  });

  it('in an iron condor asks the maximum loss where scan and exposure ask more', () => {
    const legs = [option('put', 'long', 22_900), option('put', 'short', 23_000), option('call', 'short', 24_000), option('call', 'long', 24_100)];
    const margin = nifty(legs);
    const credit = legs.reduce((sum, { direction, price }) => sum + (direction === 'short' ? price : -price), 0);
    expect(margin.cappedAtMaxLoss).toBe(true);
    expect(toNumber(margin.deposit)).toBeCloseTo(65 * (100 - credit), 1);
  });

  it('that shares cover asks the shares, and nothing more', () => {
    const legs = [{ kind: 'equity' as const, quantity: 65, price: 23_500 }, option('call', 'short', 24_000)];
    const margin = nifty(legs);
    expect(toNumber(margin.initial)).toBe(65 * 23_500);
    expect(margin.maintenance).toBe(0n);
  });

  it('is refused without a forward or with a negative volatility', () => {
    for (const broken of [{ forward: 0 }, { iv: -0.1 }, { iv: Number.NaN }]) {
      expect(() => nifty([{ ...option('call', 'long', 24_000), ...broken }])).toThrow(expect.objectContaining({ code: 'not_a_position' }));
    }
  });
});

describe('the scan', () => {
  const terms = marginTermsOn('nseDerivatives', '2026-10-06');

  it('has 16 scenarios: seven moves with the volatility up and down, and two extreme ones', () => {
    const scenarios = scanScenarios(1_000, null, terms.stock, terms);
    expect(scenarios).toHaveLength(16);
    expect(scenarios.filter(({ weight }) => weight === 1).map(({ priceMove }) => Math.round(priceMove))).toEqual(
      [0, 47, -47, 95, -95, 142, -142].flatMap((move) => [move, move]),
    );
    expect(scenarios.filter(({ weight }) => weight === 0.35).map(({ priceMove }) => priceMove)).toEqual([284, -284]);
    expect(new Set(scenarios.map(({ volatilityMove }) => volatilityMove))).toEqual(new Set([0.1, -0.1, 0]));
  });

  it('finds the loss of a short straddle in whichever direction is worse', () => {
    const straddle = [option('call', 'short', 23_500), option('put', 'short', 23_500)];
    const scenarios = scanScenarios(23_500, null, terms.index, terms);
    const losses = scenarios.map((scenario) => worstLoss(straddle, [scenario], atMs));
    expect(worstLoss(straddle, scenarios, atMs)).toBe(Math.max(...losses));
    expect(losses.some((loss) => loss < 0)).toBe(true);
  });
});
