import { readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { MarketSource } from '../../engine/market-source.ts';
import type { Cancel, Clock } from '../../kernel/clock.ts';
import { MINUTE_MS, minuteOf } from '../../kernel/time.ts';
import type { VenueSymbols } from './recorded-data.ts';
import { type RecordedContracts, recordedPerpetuals } from './recorded-perpetuals.ts';

/** Where perpetuals are kept beside the bars of their coins. */
const FOLDER = 'binance-futures';

/**
 * The recorded perpetuals that lie in the folders of the data, or in a folder `binance-futures` beside them; null where there are
 * none. The same paths give the same contracts, whoever plays them.
 */
export async function recordedContractsNear(paths: readonly string[], symbols: VenueSymbols): Promise<RecordedContracts | null> {
  const folders = await Promise.all(paths.map(folderOf));
  const near = folders.flatMap((folder) => [folder, join(folder, FOLDER), join(dirname(folder), FOLDER)]);
  const files = (await Promise.all([...new Set(near)].map(filesIn))).flat();
  const contracts = recordedPerpetuals(files, symbols);
  return contracts.underlyings.length === 0 ? null : contracts;
}

async function folderOf(path: string): Promise<string> {
  const found = await stat(path).catch(() => null);
  return found?.isDirectory() === true ? path : dirname(path);
}

async function filesIn(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch(() => []);
  return names.sort().map((name) => join(folder, name));
}

/** The source with recorded contracts read along: at the start of each minute what was known then. */
export function playedWith(source: MarketSource, contracts: RecordedContracts, clock: Clock): MarketSource {
  let cancel: Cancel = () => {};
  let isStopped = false;

  function next(): void {
    // Before the first price of the minute: tasks of one instant run by their labels.
    cancel = clock.at(minuteOf(clock.now()) + MINUTE_MS, '0-contracts', async () => {
      await contracts.advance(clock.now());
      if (!isStopped) next();
    });
  }

  return {
    ...source,
    async start(sink, cursor) {
      await contracts.advance(clock.now());
      next();
      await source.start(sink, cursor);
    },
    async stop() {
      isStopped = true;
      cancel();
      await source.stop();
      await contracts.close();
    },
  };
}
