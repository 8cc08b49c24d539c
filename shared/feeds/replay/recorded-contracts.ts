import { readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { MarketSource } from '../../engine/market-source.ts';
import type { Cancel, Clock } from '../../kernel/clock.ts';
import { MINUTE_MS, minuteOf } from '../../kernel/time.ts';
import { isChainSnapshot, recordedDeribitChains } from '../deribit/recorded-chains.ts';
import { joinedChains } from '../joined-chains.ts';
import type { VenueSymbols } from './recorded-data.ts';
import { type RecordedContracts, recordedPerpetuals } from './recorded-perpetuals.ts';

/** Where perpetuals and whole chains of options are kept beside the bars of their coins. */
const PERPETUALS = 'binance-futures';
const OPTIONS = join('deribit', 'chain-snapshots');

/**
 * The recorded perpetuals and option chains that lie in the folders of the data, or in the folders `binance-futures` and
 * `deribit/chain-snapshots` beside them; null where there are none. The same paths give the same contracts, whoever plays them.
 */
export async function recordedContractsNear(paths: readonly string[], symbols: VenueSymbols): Promise<RecordedContracts | null> {
  const folders = await Promise.all(paths.map(folderOf));
  const near = (name: string): readonly string[] => [
    ...new Set(folders.flatMap((folder) => [folder, join(folder, name), join(dirname(folder), name)])),
  ];
  const perpetuals = recordedPerpetuals((await Promise.all(near(PERPETUALS).map(filesIn))).flat(), symbols);
  const options = (await Promise.all(near(OPTIONS).map(filesIn))).flat().filter(isChainSnapshot);
  const found = [...(perpetuals.underlyings.length === 0 ? [] : [perpetuals]), ...(options.length === 0 ? [] : [recordedDeribitChains(options)])];
  return found.length === 0 ? null : together(found);
}

/** Several kinds of recorded contracts as one. */
const together = (all: readonly RecordedContracts[]): RecordedContracts => ({
  ...joinedChains(all),
  advance: async (toMs) => void (await Promise.all(all.map((each) => each.advance(toMs)))),
  close: async () => void (await Promise.all(all.map((each) => each.close()))),
});

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
