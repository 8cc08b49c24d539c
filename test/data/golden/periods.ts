import type { GoldenPeriod } from '../../support/golden.ts';

/** A few days of two coins: played with every `npm test` where the recorded data is. */
export const SHORT: GoldenPeriod = {
  symbols: ['ETH', 'SOL'],
  from: '2023-04-18T00:00:00Z',
  to: '2023-04-24T00:00:00Z',
  strategies: ['scalping', 'swing'],
};

/** All that was recorded of six coins in spring 2023, after some days of warm-up: `npm run golden`. */
export const LONG: GoldenPeriod = {
  symbols: ['BTC', 'ETH', 'SOL', 'DOGE', 'ADA', 'DOT'],
  from: '2023-03-20T00:00:00Z',
  to: '2023-05-01T00:00:00Z',
  strategies: ['scalping', 'swing'],
};
