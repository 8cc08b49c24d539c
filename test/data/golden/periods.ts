import type { GoldenPeriod } from '../../support/golden.ts';

const spotOf2023 = (symbols: readonly string[]): Pick<GoldenPeriod, 'folder' | 'files'> => ({
  folder: 'binance-klines',
  files: new RegExp(`^(?:${symbols.join('|')})USDT-1m-2023\\.csv\\.gz$`),
});

/** A few days of two coins: played with every `npm test` where the recorded data is, as those below. */
export const SHORT: GoldenPeriod = {
  ...spotOf2023(['ETH', 'SOL']),
  from: '2023-04-18T00:00:00Z',
  to: '2023-04-24T00:00:00Z',
  strategies: ['scalping', 'swing'],
};

/** Shares, bars of five minutes, over a week of sessions. */
export const SHARES: GoldenPeriod = {
  folder: 'nse-eq/yf-5m-2024',
  files: /^(?:HDFCBANK|RELIANCE|SBIN)\.csv\.gz$/,
  from: '2024-04-01T03:45:00Z',
  to: '2024-04-05T10:00:00Z',
  strategies: ['btst', 'swing'],
};

/** Three days of chains, recorded about four times a day, with the perpetuals' bars in place of spot. */
export const CHAINS: GoldenPeriod = {
  folder: 'binance-futures',
  files: /^BTCUSDT_PERP-5m-futures-2025dec.*\.csv\.gz$/,
  from: '2026-01-06T03:30:00Z',
  to: '2026-01-08T16:00:00Z',
  strategies: ['options'],
  coinBars: 'perpetual',
  hasContracts: true,
  chainAgeSeconds: 600,
};

/** Spot beside its perpetual. */
export const BASIS: GoldenPeriod = {
  folder: 'binance-klines',
  files: /^BTCUSDT-1m-2025\.csv\.gz$/,
  from: '2025-05-22T00:00:00Z',
  to: '2025-05-22T12:00:00Z',
  strategies: ['fo_arbitrage'],
  hasContracts: true,
};

/** All that was recorded of six coins in spring 2023, after some days of warm-up: `npm run golden`. */
export const LONG: GoldenPeriod = {
  ...spotOf2023(['BTC', 'ETH', 'SOL', 'DOGE', 'ADA', 'DOT']),
  from: '2023-03-20T00:00:00Z',
  to: '2023-05-01T00:00:00Z',
  strategies: ['scalping', 'swing'],
};
