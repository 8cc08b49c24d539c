import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type EpochMs, iso } from '../../shared/kernel/time.ts';
import { pricedChain } from './option-chains.ts';

/** A whole chain of BTC options of an instant. */
export interface GeneratedChain {
  readonly atMs: EpochMs;
  readonly spot: number;
  /** Days (`2026-11-13`). */
  readonly expiries: readonly string[];
  readonly iv: number;
  /** What every call costs beyond its parity, as a share of the coin. */
  readonly dearCalls?: number;
  /** Distance of strikes, dollars; eight stand on each side. */
  readonly step?: number;
}

const HEAD = [
  'timestamp',
  'instrument_name',
  'option_type',
  'strike',
  'expiry_datetime',
  'bid_price',
  'ask_price',
  'mark_price',
  'futures_price',
  'implied_volatility',
  'currency',
  'index_price',
];

/** Writes a chain as Deribit's were recorded, a file an instant, where a replay of the bars in the folder finds it. */
export function writeGeneratedChain(folder: string, { atMs, spot, expiries, iv, dearCalls = 0, step = 1_000 }: GeneratedChain): void {
  const chain = pricedChain({ underlying: 'BTC', atMs, spot, expiries, step, strikesEachSide: 8, iv: () => iv, halfSpreadShare: 0.005 });
  const rows = chain.options.map(({ instrument, bid, ask, mark, underlyingPrice, iv: implied }) => {
    const { symbol, contract } = instrument;
    const dear = (price: number | null): string => (price === null ? '' : String(price + (contract.right === 'call' ? dearCalls : 0)));
    const prices = [dear(bid), dear(ask), dear(mark), underlyingPrice, implied];
    return [iso(atMs), symbol, contract.right, contract.strike, iso(contract.expiryMs), ...prices, 'BTC', spot].join(',');
  });
  const place = join(folder, 'deribit', 'chain-snapshots');
  mkdirSync(place, { recursive: true });
  const name = new Date(atMs).toISOString().replaceAll(/[-:]|\.\d+/g, '');
  writeFileSync(join(place, `generated_${name}.csv`), [HEAD.join(','), ...rows].join('\n'));
}
