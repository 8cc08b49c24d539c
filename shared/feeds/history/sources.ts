/**
 * Where a row can come from, and how much it is believed: of two sources that tell the same bar differently, the one with
 * the higher authority is kept. A checksummed archive of the venue is above its live interface, both above a copy of a copy.
 */
const AUTHORITY = {
  'binance-bulk': 3,
  'binance-rest': 2,
  'nse-udiff': 3,
  'nse-legacy': 3,
  'nse-full': 2,
  'nse-activity': 1,
  ecb: 1,
  fed: 1,
  yahoo: 1,
  recorded: 1,
} as const;

export type SourceName = keyof typeof AUTHORITY;

export const authorityOf = (source: SourceName): number => AUTHORITY[source];
