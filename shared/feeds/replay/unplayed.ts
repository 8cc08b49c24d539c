import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { isChainSnapshot } from '../deribit/recorded-chains.ts';
import { parseInput } from '../history/inputs/recognise.ts';
import { unpack } from '../history/inputs/unpack.ts';
import { isNseCloses } from './recorded-nse-closes.ts';
import { isNseSnapshots } from './recorded-nse-snapshots.ts';

/** Enough to tell what a folder is of: its files are mostly alike. */
const MOST_READ = 40;

const PERPETUALS = /_PERP-[^/]*\.csv(?:\.gz)?$/;
const TEXTS = /\.(?:csv|txt)(?:\.gz)?$/;

/** What files hold that are not played, and why not: `36 files with bars of indices (...)`. Null where none is of a known form. */
export async function whatLiesThere(paths: readonly string[]): Promise<string | null> {
  const counts = new Map<string, number>();
  for (const path of paths.slice(0, MOST_READ)) {
    const what = await whatItHolds(path);
    if (what !== null) counts.set(what, (counts.get(what) ?? 0) + 1);
  }
  const told = [...counts].map(([what, count]) => `${count} ${count === 1 ? 'file' : 'files'} with ${what}`);
  return told.length === 0 ? null : told.join(', ');
}

/** What a file holds that is not played, and why not; null for one of no known form. */
export const whatItHolds = async (path: string): Promise<string | null> => byName(path) ?? (await byColumns(path));

function byName(path: string): string | null {
  if (PERPETUALS.test(basename(path)))
    return 'bars or funding of perpetuals (read beside the bars of their coins; --coin-bars perpetual plays them in place of those)';
  if (isChainSnapshot(path) || isNseSnapshots(path)) return 'chains of options (read beside the bars of their underlyings: give those)';
  if (isNseCloses(path)) return 'closes of derivatives (read beside bars of shares: give those)';
  return null;
}

async function byColumns(path: string): Promise<string | null> {
  if (!TEXTS.test(path)) return null;
  try {
    const [text] = unpack(path, await readFile(path));
    const series = parseInput({ path, member: null, text: text?.text ?? '', klineSource: 'recorded' })?.batches[0]?.series;
    return series === undefined ? null : ofSeries(series);
  } catch {
    // A text that only looks like a known one is of an unknown form.
    return null;
  }
}

function ofSeries({ kind, timeframe }: { readonly kind: string; readonly timeframe: string }): string {
  if (kind === 'index') return 'bars of indices (an index itself is not traded)';
  if (kind === 'contract') return 'bars of single contracts (strategies trade chains)';
  if (kind.endsWith('-day')) return 'end-of-day rows (read beside bars of minutes)';
  if (kind === 'fx') return 'exchange rates (read beside bars of shares)';
  if (kind !== 'equity' || !(timeframe === '1m' || timeframe === '5m'))
    return `bars of ${timeframe} (played are those of one minute, of shares of five too)`;
  return 'bars of shares that are not traded here';
}
