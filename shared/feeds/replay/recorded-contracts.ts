import type { MarketSource } from '../../engine/market-source.ts';
import type { Cancel, Clock } from '../../kernel/clock.ts';
import { MINUTE_MS, minuteOf } from '../../kernel/time.ts';
import { isChainSnapshot, recordedDeribitChains } from '../deribit/recorded-chains.ts';
import { joinedChains } from '../joined-chains.ts';
import { filesNear } from './near.ts';
import type { RecordedData, VenueSymbols } from './recorded-data.ts';
import { marketsOf } from './recorded-klines.ts';
import { isNseCloses, recordedNseCloses } from './recorded-nse-closes.ts';
import { isNseSnapshots, recordedNseSnapshots } from './recorded-nse-snapshots.ts';
import { type RecordedContracts, recordedPerpetuals } from './recorded-perpetuals.ts';

/** Where perpetuals, whole chains of options and the closes of NSE's derivatives are kept beside bars. */
const FOLDERS = ['binance-futures', 'deribit/chain-snapshots', 'nse-fo', 'nse-fo/chain-snapshots', 'nse-fo/udiff-subset'];

/**
 * The recorded perpetuals, option chains and closes of derivatives that lie in the folders of the data, or in folders of known names
 * beside them, of the markets that the data has prices of (where it is not given: of coins); null where there are none. The same paths give the same contracts,
 * whoever plays them. Where bars of perpetuals stand in for those of their coins there are no perpetuals: a price against itself is
 * no basis.
 */
export async function recordedContractsNear(
  paths: readonly string[],
  symbols: VenueSymbols,
  data: RecordedData | null = null,
): Promise<RecordedContracts | null> {
  const files = await filesNear(paths, FOLDERS);
  const markets = data?.kind === 'klines' ? marketsOf(data.series) : (['CRYPTO'] as const);
  const [ofCoins, ofShares] = (['CRYPTO', 'NSE'] as const).map((market) => (markets.includes(market) ? files : [])) as [typeof files, typeof files];
  const hasSpot = data?.kind !== 'klines' || data.isOfPerpetuals !== true;
  const found = [
    recordedPerpetuals(hasSpot ? ofCoins : [], symbols),
    recordedDeribitChains(ofCoins.filter(isChainSnapshot)),
    // The books of the day before the closes of the last one.
    recordedNseSnapshots(ofShares.filter(isNseSnapshots)),
    recordedNseCloses(ofShares.filter(isNseCloses)),
  ].filter(({ underlyings }) => underlyings.length > 0);
  return found.length === 0 ? null : together(found);
}

/** Several kinds of recorded contracts as one. */
const together = (all: readonly RecordedContracts[]): RecordedContracts => ({
  ...joinedChains(all),
  advance: async (toMs) => void (await Promise.all(all.map((each) => each.advance(toMs)))),
  close: async () => void (await Promise.all(all.map((each) => each.close()))),
});

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
