import { CONFIG_VERSION } from '../../shared/config/config-version.ts';
import { instrumentsOf } from '../../shared/config/instruments.ts';
import type { World } from '../../shared/engine/context.ts';
import { frameReplayBounds } from '../../shared/feeds/replay/frame-replay-source.ts';
import { klineReplayBounds, type ReplayBounds } from '../../shared/feeds/replay/kline-replay-source.ts';
import type { RecordedData } from '../../shared/feeds/replay/recorded-data.ts';
import { marketsOf } from '../../shared/feeds/replay/recorded-klines.ts';
import { digest } from '../../shared/kernel/digest.ts';
import { type EpochMs, iso, MINUTE_MS, SECOND_MS } from '../../shared/kernel/time.ts';
import { strategiesWith, strategyByName } from '../../shared/strategies/registry.ts';
import type { Strategy, StrategyName } from '../../shared/strategies/strategy.ts';

/** The venues' names of what is traded (BTCUSDT, RELIANCE), and ours. */
export const venueSymbols = (): ReadonlyMap<string, string> =>
  new Map([...instrumentsOf('CRYPTO'), ...instrumentsOf('NSE')].map(({ venueSymbol, symbol }) => [venueSymbol, symbol]));

/** The world of recorded data. Which data and from where it is played make the world: another start is another one. */
export function replayWorld(data: RecordedData, startMs: EpochMs, usdInr: number | null = null): World {
  const { kind, symbols, firstMs, lastMs } = data;
  const played = { kind, symbols, firstMs, lastMs, ...(usdInr === null ? {} : { usdInr }), ...standIn(data) };
  const markets = data.kind === 'klines' ? marketsOf(data.series) : (['CRYPTO'] as const);
  return { scope: `replay:${digest(played, startMs).slice(0, 16)}`, evidence: 'replay', markets };
}

const standIn = (data: RecordedData): object => (data.kind === 'klines' && data.isOfPerpetuals === true ? { of: 'perpetuals' } : {});

/** The strategies of a replay: those that are shipped or, where it says how old chains may be, with that as their limit. */
export const strategiesFor = (chainAgeSeconds: number | null): ((name: StrategyName) => Strategy) =>
  chainAgeSeconds === null ? strategyByName : strategiesWith({ quoteAgeSeconds: chainAgeSeconds });

/** Digest of the settings that such strategies decide under. */
export const configVersionFor = (chainAgeSeconds: number | null): string =>
  chainAgeSeconds === null ? CONFIG_VERSION : digest(CONFIG_VERSION, { chainAgeSeconds }).slice(0, CONFIG_VERSION.length);

/** Limits of a session that takes prices of contracts of that age. */
export const limitsFor = (chainAgeSeconds: number | null): { readonly maxPriceAgeMs?: number } =>
  chainAgeSeconds === null ? {} : { maxPriceAgeMs: chainAgeSeconds * SECOND_MS };

/** What is to be played: what the options name, and where they are silent what the data suggests. @throws WorldRangeError */
export async function replayBounds(
  data: RecordedData,
  { atMs, untilMs }: { readonly atMs: EpochMs | null; readonly untilMs: EpochMs | null },
): Promise<ReplayBounds> {
  const dataEndMs = data.lastMs + (data.kind === 'klines' ? MINUTE_MS : 0);
  const suggested =
    data.kind === 'frames' ? frameReplayBounds(data) : atMs === null ? await klineReplayBounds(data) : { startMs: atMs, endMs: dataEndMs };
  const bounds = { startMs: Math.max(atMs ?? suggested.startMs, data.firstMs), endMs: Math.min(untilMs ?? suggested.endMs, dataEndMs) };
  if (bounds.startMs >= bounds.endMs) throw new WorldRangeError(data, bounds);
  return bounds;
}

/** The replay asked for lies outside the data. */
export class WorldRangeError extends Error {
  constructor(data: RecordedData, { startMs, endMs }: ReplayBounds) {
    super(`Nothing to replay between ${iso(startMs)} and ${iso(endMs)}: the data holds ${iso(data.firstMs)} to ${iso(data.lastMs)}`);
  }
}
