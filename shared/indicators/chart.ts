import { NightdeskError } from '../kernel/errors.ts';
import { DAY_MS, type EpochMs, iso, MINUTE_MS } from '../kernel/time.ts';
import type { Instrument, Market } from '../market/instrument.ts';
import { type Bar, type Candle, minutesOf, startOfBar } from '../market/price.ts';
import { bucketOf, createRollup, type RolledCandle, type Rollup, roundVolume } from '../market/rollup.ts';
import { TIMEFRAMES, type Timeframe } from '../market/timeframe.ts';
import { CANDLES_KEPT, CandleRing } from './candle-ring.ts';
import { createGeneration, type Generation, type TimeframeView } from './generation.ts';

export class ChartError extends NightdeskError<
  'bad_candle' | 'seed_after_minutes' | 'seed_overlaps_minutes' | 'unknown_timeframe' | 'other_symbol'
> {}

/**
 * A decision on bars older than this is not made: near a block's start a chart rebuilt from history could not tell which
 * generation the decision read.
 */
export const MAX_BAR_AGE_MS = 2 * MINUTE_MS;

const NONE: readonly EpochMs[] = [];

// Long enough for every indicator to converge within one block, short enough to rebuild from a few packed items.
const BLOCK_DAYS: Readonly<Record<Market, Readonly<Record<Timeframe, number>>>> = {
  CRYPTO: { '1m': 1, '3m': 1, '5m': 1, '15m': 2, '1h': 8, '1d': 64 },
  NSE: { '1m': 4, '3m': 4, '5m': 4, '15m': 16, '1h': 32, '1d': 128 },
};

/**
 * Where a timeframe's history must begin so that a decision at `atMs` is the same as that of a process that has run for a
 * month: the anchor of the generation that is then active, UTC-aligned, a day boundary of both markets.
 * Reading more changes nothing. Just after a block's start it still tells the older anchor, for the last bar may belong there.
 */
export function historyNeededFromMs(market: Market, timeframe: Timeframe, atMs: EpochMs): EpochMs {
  const blockMs = BLOCK_DAYS[market][timeframe] * DAY_MS;
  return Math.max(0, Math.floor((atMs - MAX_BAR_AGE_MS) / blockMs) - 1) * blockMs;
}

/**
 * Candles and indicators of one symbol over all timeframes, fed by one-minute bars.
 *
 * Restart determinism: each timeframe keeps two generations of state that began at the starts of two neighbouring blocks
 * of absolute time; the older one answers. So what is read depends only on the bars since a fixed anchor, one to two
 * blocks back, and never on how long the process has run.
 */
export interface Chart {
  readonly symbol: string;
  readonly market: Market;
  /** The last bar that was received or backfilled. */
  readonly last1m: Bar | null;
  /** End of the last minute told of, received or missing. */
  readonly upToMs: EpochMs | null;
  /** Whether the last minute told of is missing: then `last1m` is older than `upToMs` says. */
  readonly isLastMissing: boolean;
  /**
   * The minutes from `fromMs` on, within the last day, that are known to be missing: told as `missing`, or skipped while their
   * market never closes. Indicators were carried across them.
   */
  readonly missingSince: (fromMs: EpochMs) => readonly EpochMs[];
  /**
   * Takes the next one-minute bar. A bar not newer than the last one is ignored: a bar backfilled into the past needs the chart rebuilt.
   * @throws ChartError `bad_candle`, `other_symbol`, `seed_overlaps_minutes`
   */
  readonly add: (bar: Bar) => 'added' | 'ignored';
  /**
   * Takes a closed candle of history older than the one-minute bars, before the first of them. Candles not newer than the last of their timeframe are ignored.
   * The minutes must begin at the start of a trading day, and the candles must end by then.
   * @throws ChartError `bad_candle`, `seed_after_minutes`, `unknown_timeframe`
   */
  readonly addRolled: (timeframe: Timeframe, candle: RolledCandle) => 'added' | 'ignored';
  /** What is known of a timeframe now; the view is live, and another one after the next block's start. @throws ChartError `unknown_timeframe` */
  readonly timeframe: (timeframe: Timeframe) => TimeframeView;
}

/** An empty chart of the instrument with the given timeframes. */
export function createChart(instrument: Pick<Instrument, 'symbol' | 'market'>, timeframes: readonly Timeframe[] = TIMEFRAMES): Chart {
  const { symbol, market } = instrument;
  const tracks = timeframes.map((timeframe) => createTrack(market, timeframe));
  const byName = new Map(tracks.map((track) => [track.timeframe, track]));
  let last1m: Bar | null = null;
  let lastMs = -1;
  let isLastMissing = false;
  let missing: EpochMs[] = [];

  const trackOf = (timeframe: Timeframe): Track => {
    const track = byName.get(timeframe);
    if (track) return track;
    throw new ChartError('unknown_timeframe', `The chart of ${symbol} keeps ${timeframes.join(', ')}, asked was ${timeframe}`, {
      symbol,
      timeframe,
      timeframes,
    });
  };

  const noteMissing = (bar: Bar): void => {
    const { openMs, origin } = bar;
    const sinceMs = openMs - DAY_MS;
    const startMs = startOfBar(bar);
    if (market === 'CRYPTO' && lastMs >= 0) for (let ms = Math.max(lastMs + MINUTE_MS, sinceMs); ms < startMs; ms += MINUTE_MS) missing.push(ms);
    if (origin === 'missing') missing.push(openMs);
    if ((missing[0] ?? openMs) < sinceMs) missing = missing.filter((ms) => ms >= sinceMs);
  };

  return {
    symbol,
    market,
    get last1m() {
      return last1m;
    },
    get upToMs() {
      return lastMs < 0 ? null : lastMs + MINUTE_MS;
    },
    get isLastMissing() {
      return isLastMissing;
    },
    missingSince: (fromMs) => (missing.length === 0 ? NONE : missing.filter((openMs) => openMs >= fromMs)),
    add: (bar) => {
      if (bar.symbol !== symbol)
        throw new ChartError('other_symbol', `The chart of ${symbol} received a bar of ${bar.symbol}`, { symbol, received: bar.symbol });
      if (bar.openMs <= lastMs) return 'ignored';
      isLastMissing = bar.origin === 'missing';
      if (!isLastMissing) requireCandle(symbol, bar);
      if (lastMs < 0) for (const track of tracks) requireSeedBefore(symbol, track, bar);
      for (const track of tracks) track.addMinute(bar);
      noteMissing(bar);
      lastMs = bar.openMs;
      if (!isLastMissing) last1m = bar;
      return 'added';
    },
    addRolled: (timeframe, candle) => {
      const track = trackOf(timeframe);
      if (lastMs >= 0) {
        throw new ChartError(
          'seed_after_minutes',
          `${symbol}: the ${timeframe} candle of ${iso(candle.openMs)} came after the one-minute bars; history is seeded before them`,
          { symbol, timeframe, openMs: candle.openMs },
        );
      }
      requireCandle(symbol, candle);
      return track.addSeed(candle);
    },
    timeframe: (timeframe) => trackOf(timeframe).active().view,
  };
}

/** One timeframe of a chart: the rollup into it and its two generations. */
interface Track {
  readonly market: Market;
  readonly timeframe: Timeframe;
  /** End of the last seeded candle, 0 without one. */
  readonly seededToMs: () => EpochMs;
  readonly addMinute: (bar: Bar) => void;
  readonly addSeed: (candle: RolledCandle) => 'added' | 'ignored';
  readonly active: () => Generation;
}

function createTrack(market: Market, timeframe: Timeframe): Track {
  const blockMs = BLOCK_DAYS[market][timeframe] * DAY_MS;
  const ring = new CandleRing(market, timeframe);
  let older = createGeneration(market, timeframe, ring);
  let younger = createGeneration(market, timeframe, ring);
  let blockEndMs = -1;
  let seededToMs = 0;

  const advance = (toMs: EpochMs): void => {
    const startMs = toMs - (toMs % blockMs);
    if (startMs === blockEndMs) {
      [older, younger] = [younger, older];
    } else {
      older.restart(startMs - blockMs);
    }
    younger.restart(startMs);
    blockEndMs = startMs + blockMs;
  };

  const push = (candle: RolledCandle): void => {
    if (candle.openMs >= blockEndMs) advance(candle.openMs);
    // What is written over from here on must have been seen.
    if (ring.count % CANDLES_KEPT === 0) {
      older.bringUp();
      younger.bringUp();
    }
    ring.push(candle);
  };

  const rollup = timeframe === '1m' ? minutesThrough(push) : createRollup(market, timeframe, push);

  return {
    market,
    timeframe,
    seededToMs: () => seededToMs,
    addMinute: (bar) => {
      // First what the bar closes, for that may belong to the block before; then the block of the bar itself.
      rollup.add(bar);
      if (bar.openMs >= blockEndMs) advance(bar.openMs);
    },
    addSeed: (candle) => {
      if (candle.openMs < seededToMs) return 'ignored';
      seededToMs = bucketOf(market, timeframe, candle.openMs).endMs;
      push({ ...candle, volume: roundVolume(candle.volume) });
      return 'added';
    },
    active: () => older,
  };
}

/** One-minute candles are the bars themselves. */
function minutesThrough(push: (candle: RolledCandle) => void): Rollup {
  return {
    add: (bar) => {
      const { openMs, open, high, low, close, volume, origin } = bar;
      if (origin !== 'missing' && minutesOf(bar) === 1) push({ openMs, open, high, low, close, volume, isComplete: true });
    },
  };
}

function requireCandle(symbol: string, candle: Candle): void {
  const { openMs, open, high, low, close, volume } = candle;
  const inRange = low > 0 && high < Infinity && open >= low && open <= high && close >= low && close <= high;
  if (inRange && volume >= 0 && volume < Infinity && Number.isInteger(openMs)) return;
  throw new ChartError(
    'bad_candle',
    `${symbol}: expected positive finite prices with low <= open, close <= high and a volume of 0 or more, received ${JSON.stringify(candle)}`,
    { symbol, candle },
  );
}

function requireSeedBefore(symbol: string, track: Track, bar: Bar): void {
  const dayMs = bucketOf(track.market, '1d', bar.openMs).startMs;
  const seededToMs = track.seededToMs();
  if (seededToMs <= dayMs) return;
  throw new ChartError(
    'seed_overlaps_minutes',
    `${symbol}: the ${track.timeframe} history reaches to ${iso(seededToMs)}; it must end by the start of the trading day in which the one-minute bars begin, ${iso(dayMs)}`,
    { symbol, timeframe: track.timeframe, seededToMs, dayMs },
  );
}
