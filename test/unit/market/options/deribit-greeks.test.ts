import { expect, it } from 'vitest';
import { DAY_MS } from '../../../../shared/kernel/time.ts';
import { deribitGreeks } from '../../../../shared/market/options/deribit-greeks.ts';

// Ticker frames of the exchange. Its `mark_iv` has two digits after the point, so the other figures agree to three to five digits.
it.each([
  {
    name: 'BTC-30SEP22-60000-C',
    option: { right: 'call', forward: 30_220.5, strike: 60_000, atMs: 1_654_161_839_367, expiryMs: Date.UTC(2022, 8, 30, 8), iv: 67.7 },
    frame: { price: 0.0084, delta: 0.05785, gamma: 0.00001, vega: 20.05335, theta: -5.65962, rho: 4.91491 },
    digits: { price: 4, delta: 4, gamma: 5, vega: 1, theta: 2, rho: 1 },
  },
  {
    name: 'ETH-24JUN22-1600-P',
    option: { right: 'put', forward: 1_806.5, strike: 1_600, atMs: 1_654_247_489_923, expiryMs: Date.UTC(2022, 5, 24, 8), iv: 86.54 },
    frame: { price: 0.0336, delta: -0.24537, gamma: 0.00084, vega: 1.36169, theta: -2.81237, rho: -0.28927 },
    digits: { price: 4, delta: 4, gamma: 5, vega: 3, theta: 2, rho: 3 },
  },
] as const)('the greeks of $name are those of the exchange', ({ option, frame, digits }) => {
  const { right, forward, strike, atMs, expiryMs, iv } = option;
  const greeks = deribitGreeks({ right, forward, strike, years: (expiryMs - atMs) / (365 * DAY_MS), volatility: iv / 100 });
  for (const name of Object.keys(frame) as (keyof typeof frame)[]) expect(greeks[name], name).toBeCloseTo(frame[name], digits[name]);
});
