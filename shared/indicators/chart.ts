import { NightdeskError } from '../kernel/errors.ts';
import { DAY_MS, type EpochMs, iso, MINUTE_MS } from '../kernel/time.ts';
import type { Instrument, Market } from '../market/instrument.ts';
import { type Bar, type Candle, minutesOf, startOfBar } from '../market/price.ts';
import { bucketOf, createRollup, type RolledCandle, type Rollup, roundVolume } from '../market/rollup.ts';
import { TIMEFRAMES, type Timeframe } from '../market/timeframe.ts';
import { CANDLES_KEPT, CandleRing } from './candle-ring.ts';
import { Generation, type TimeframeView } from './generation.ts';

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
 * Its functions are methods, called on their chart.
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
  missingSince(fromMs: EpochMs): readonly EpochMs[];
  /**
   * Takes the next one-minute bar. A bar not newer than the last one is ignored: a bar backfilled into the past needs the chart rebuilt.
   * @throws ChartError `bad_candle`, `other_symbol`, `seed_overlaps_minutes`
   */
  add(bar: Bar): 'added' | 'ignored';
  /**
   * Takes a closed candle of history older than the one-minute bars, before the first of them. Candles not newer than the last of their timeframe are ignored.
   * The minutes must begin at the start of a trading day, and the candles must end by then.
   * @throws ChartError `bad_candle`, `seed_after_minutes`, `unknown_timeframe`
   */
  addRolled(timeframe: Timeframe, candle: RolledCandle): 'added' | 'ignored';
  /** What is known of a timeframe now; the view is live, and another one after the next block's start. @throws ChartError `unknown_timeframe` */
  timeframe(timeframe: Timeframe): TimeframeView;
}

/** An empty chart of the instrument with the given timeframes. */
export const createChart = (instrument: Pick<Instrument, 'symbol' | 'market'>, timeframes: readonly Timeframe[] = TIMEFRAMES): Chart =>
  new MinuteChart(instrument, timeframes);

/** A class, as are its parts: it takes a bar and is looked at by every strategy every minute, and V8 knows its fields and getters for all symbols. */
class MinuteChart implements Chart {
  readonly symbol: string;
  readonly market: Market;
  readonly #tracks: readonly Track[];
  readonly #byName: ReadonlyMap<Timeframe, Track>;
  #last1m: Bar | null = null;
  #lastMs = -1;
  #isLastMissing = false;
  #missing: EpochMs[] = [];

  constructor({ symbol, market }: Pick<Instrument, 'symbol' | 'market'>, timeframes: readonly Timeframe[]) {
    this.symbol = symbol;
    this.market = market;
    this.#tracks = timeframes.map((timeframe) => new Track(market, timeframe));
    this.#byName = new Map(this.#tracks.map((track) => [track.timeframe, track]));
  }

  get last1m(): Bar | null {
    return this.#last1m;
  }

  get upToMs(): EpochMs | null {
    return this.#lastMs < 0 ? null : this.#lastMs + MINUTE_MS;
  }

  get isLastMissing(): boolean {
    return this.#isLastMissing;
  }

  missingSince(fromMs: EpochMs): readonly EpochMs[] {
    return this.#missing.length === 0 ? NONE : this.#missing.filter((openMs) => openMs >= fromMs);
  }

  add(bar: Bar): 'added' | 'ignored' {
    const { symbol } = this;
    if (bar.symbol !== symbol)
      throw new ChartError('other_symbol', `The chart of ${symbol} received a bar of ${bar.symbol}`, { symbol, received: bar.symbol });
    if (bar.openMs <= this.#lastMs) return 'ignored';
    const isMissing = bar.origin === 'missing';
    if (!isMissing) requireCandle(symbol, bar);
    if (this.#lastMs < 0) for (const track of this.#tracks) requireSeedBefore(symbol, track, bar);
    for (const track of this.#tracks) track.addMinute(bar);
    this.#noteMissing(bar);
    this.#isLastMissing = isMissing;
    this.#lastMs = bar.openMs;
    if (!isMissing) this.#last1m = bar;
    return 'added';
  }

  addRolled(timeframe: Timeframe, candle: RolledCandle): 'added' | 'ignored' {
    const { symbol } = this;
    const track = this.#track(timeframe);
    if (this.#lastMs >= 0) {
      throw new ChartError(
        'seed_after_minutes',
        `${symbol}: the ${timeframe} candle of ${iso(candle.openMs)} came after the one-minute bars; history is seeded before them`,
        { symbol, timeframe, openMs: candle.openMs },
      );
    }
    requireCandle(symbol, candle);
    return track.addSeed(candle);
  }

  timeframe(timeframe: Timeframe): TimeframeView {
    return this.#track(timeframe).active;
  }

  #track(timeframe: Timeframe): Track {
    const track = this.#byName.get(timeframe);
    if (track) return track;
    const { symbol } = this;
    const timeframes = [...this.#byName.keys()];
    throw new ChartError('unknown_timeframe', `The chart of ${symbol} keeps ${timeframes.join(', ')}, asked was ${timeframe}`, {
      symbol,
      timeframe,
      timeframes,
    });
  }

  #noteMissing(bar: Bar): void {
    const { openMs, origin } = bar;
    const sinceMs = openMs - DAY_MS;
    const startMs = startOfBar(bar);
    const missing = this.#missing;
    if (this.market === 'CRYPTO' && this.#lastMs >= 0)
      for (let ms = Math.max(this.#lastMs + MINUTE_MS, sinceMs); ms < startMs; ms += MINUTE_MS) missing.push(ms);
    if (origin === 'missing') missing.push(openMs);
    if ((missing[0] ?? openMs) < sinceMs) this.#missing = missing.filter((ms) => ms >= sinceMs);
  }
}

/** One timeframe of a chart: the rollup into it and its two generations. */
class Track {
  readonly market: Market;
  readonly timeframe: Timeframe;
  readonly #blockMs: number;
  readonly #ring: CandleRing;
  readonly #rollup: Rollup;
  #older: Generation;
  #younger: Generation;
  #blockEndMs = -1;
  #seededToMs = 0;

  constructor(market: Market, timeframe: Timeframe) {
    this.market = market;
    this.timeframe = timeframe;
    this.#blockMs = BLOCK_DAYS[market][timeframe] * DAY_MS;
    this.#ring = new CandleRing(market, timeframe);
    this.#older = new Generation(market, timeframe, this.#ring);
    this.#younger = new Generation(market, timeframe, this.#ring);
    const push = (candle: RolledCandle): void => this.#push(candle);
    this.#rollup = timeframe === '1m' ? minutesThrough(push) : createRollup(market, timeframe, push);
  }

  /** End of the last seeded candle, 0 without one. */
  get seededToMs(): EpochMs {
    return this.#seededToMs;
  }

  /** The generation that answers. */
  get active(): Generation {
    return this.#older;
  }

  addMinute(bar: Bar): void {
    // First what the bar closes, for that may belong to the block before; then the block of the bar itself.
    this.#rollup.add(bar);
    if (bar.openMs >= this.#blockEndMs) this.#advance(bar.openMs);
  }

  addSeed(candle: RolledCandle): 'added' | 'ignored' {
    if (candle.openMs < this.#seededToMs) return 'ignored';
    this.#seededToMs = bucketOf(this.market, this.timeframe, candle.openMs).endMs;
    this.#push({ ...candle, volume: roundVolume(candle.volume) });
    return 'added';
  }

  #push(candle: RolledCandle): void {
    if (candle.openMs >= this.#blockEndMs) this.#advance(candle.openMs);
    // What is written over from here on must have been seen.
    if (this.#ring.count % CANDLES_KEPT === 0) {
      this.#older.bringUp();
      this.#younger.bringUp();
    }
    this.#ring.push(candle);
  }

  #advance(toMs: EpochMs): void {
    const startMs = toMs - (toMs % this.#blockMs);
    if (startMs === this.#blockEndMs) {
      [this.#older, this.#younger] = [this.#younger, this.#older];
    } else {
      this.#older.restart(startMs - this.#blockMs);
    }
    this.#younger.restart(startMs);
    this.#blockEndMs = startMs + this.#blockMs;
  }
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
  const { seededToMs } = track;
  if (seededToMs <= dayMs) return;
  throw new ChartError(
    'seed_overlaps_minutes',
    `${symbol}: the ${track.timeframe} history reaches to ${iso(seededToMs)}; it must end by the start of the trading day in which the one-minute bars begin, ${iso(dayMs)}`,
    { symbol, timeframe: track.timeframe, seededToMs, dayMs },
  );
}
