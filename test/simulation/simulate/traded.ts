/** What the seeds' market trades: with depth, with the top of a book only, with prints only, and a share that can be sold short. */
export const TRADED = [
  { symbol: 'SOL', market: 'CRYPTO', depth: 3 },
  { symbol: 'ETH', market: 'CRYPTO', depth: 1 },
  { symbol: 'DOT', market: 'CRYPTO', depth: 0 },
  { symbol: 'RELIANCE', market: 'NSE', depth: 2 },
] as const;

export type TradedSymbol = (typeof TRADED)[number]['symbol'];

/** Symbols that the strategies are asked about. */
export const CHART_SYMBOLS = ['SOL', 'ETH', 'DOT'] as const;
