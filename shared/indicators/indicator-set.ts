import { DAY_MS } from '../kernel/time.ts';
import type { Market } from '../market/instrument.ts';
import type { Candle } from '../market/price.ts';
import { tradingDayOf } from '../market/rollup.ts';
import type { Timeframe } from '../market/timeframe.ts';
import { type Adx, DirectionalIndex } from './adx.ts';
import { Atr } from './atr.ts';
import { type Bollinger, BollingerBands } from './bollinger.ts';
import { CANDLES_KEPT, type CandleRing } from './candle-ring.ts';
import { type Donchian, DonchianChannel } from './donchian.ts';
import { Ema } from './ema.ts';
import type { Forgetful, Indicator } from './indicator.ts';
import { type Macd, MovingAverageConvergence } from './macd.ts';
import { RealisedVolatility } from './realised-volatility.ts';
import { Rsi } from './rsi.ts';
import { VolumeRatio } from './volume-ratio.ts';
import { Vwap } from './vwap.ts';

/** Lookbacks in bars. */
interface Lookbacks {
  readonly emaFast: number;
  readonly emaSlow: number;
  readonly emaTrend: number;
  readonly rsi: number;
  readonly macd: readonly [fast: number, slow: number, smoothing: number];
  readonly bollinger: number;
  readonly atr: number;
  readonly adx: number;
  readonly donchian: number;
  readonly volume: number;
  readonly volatility: number;
}

const INTRADAY: Lookbacks = {
  emaFast: 9,
  emaSlow: 21,
  emaTrend: 50,
  rsi: 14,
  macd: [12, 26, 9],
  bollinger: 20,
  atr: 14,
  adx: 14,
  donchian: 20,
  volume: 20,
  volatility: 30,
};

// Every daily value is there after 14 bars: a fortnight of history is what a young listing or a short recording has.
const DAILY: Lookbacks = {
  emaFast: 5,
  emaSlow: 10,
  emaTrend: 14,
  rsi: 9,
  macd: [5, 10, 4],
  bollinger: 14,
  atr: 10,
  adx: 7,
  donchian: 10,
  volume: 10,
  volatility: 13,
};

/**
 * What is known after a timeframe's last closed candle; each figure is null until warm or where it is undefined, and made when it is
 * read: no copy by `...` has any.
 */
export interface IndicatorValues {
  readonly emaFast: number | null;
  readonly emaSlow: number | null;
  readonly emaTrend: number | null;
  readonly rsi: number | null;
  readonly macd: Macd | null;
  readonly bollinger: Bollinger | null;
  readonly atr: number | null;
  readonly adx: Adx | null;
  /** Since the start of the trading day; null on the daily timeframe, where it says nothing. */
  readonly vwap: number | null;
  /** Channel of the bars before the last one. */
  readonly donchian: Donchian | null;
  /** Volume of the last bar over the mean of those before it. */
  readonly volumeRatio: number | null;
  /** Standard deviation of returns, a share of price per bar. */
  readonly volatility: number | null;
}

/** Feeds an indicator the candles from a place to another, which is not fed. */
type Feed<Of> = (of: Of, kept: readonly Candle[], from: number, to: number) => void;

// Each a loop of its own: one for all, that adds to another kind of indicator at each turn, takes five times as long.
const feedEma: Feed<Ema> = (ema, kept, from, to) => {
  for (let place = from; place < to; place++) ema.add(at(kept, place).close);
};
/** Keeps what is said after each: as bare floats, for an array of numbers and nulls makes every number anew. */
const feedRsi =
  (rsis: Float64Array): Feed<Rsi> =>
  (rsi, kept, from, to) => {
    for (let place = from; place < to; place++) {
      rsi.add(at(kept, place).close);
      rsis[place % CANDLES_KEPT] = rsi.value() ?? Number.NaN;
    }
  };
const feedMacd: Feed<MovingAverageConvergence> = (macd, kept, from, to) => {
  for (let place = from; place < to; place++) macd.add(at(kept, place).close);
};
const feedBollinger: Feed<BollingerBands> = (bands, kept, from, to) => {
  for (let place = from; place < to; place++) bands.add(at(kept, place).close);
};
const feedAtr: Feed<Atr> = (atr, kept, from, to) => {
  for (let place = from; place < to; place++) atr.add(at(kept, place));
};
const feedAdx: Feed<DirectionalIndex> = (adx, kept, from, to) => {
  for (let place = from; place < to; place++) adx.add(at(kept, place));
};
const feedDonchian: Feed<DonchianChannel> = (channel, kept, from, to) => {
  for (let place = from; place < to; place++) channel.add(at(kept, place));
};
const feedVwap: Feed<Vwap> = (vwap, kept, from, to) => {
  for (let place = from; place < to; place++) vwap.add(at(kept, place));
};
const feedVolumeRatio: Feed<VolumeRatio> = (ratio, kept, from, to) => {
  for (let place = from; place < to; place++) ratio.add(at(kept, place).volume);
};
const feedVolatility: Feed<RealisedVolatility> = (volatility, kept, from, to) => {
  for (let place = from; place < to; place++) volatility.add(at(kept, place).close);
};

const at = (kept: readonly Candle[], place: number): Candle => kept[place % CANDLES_KEPT] as Candle;

type Stateful = Pick<Indicator<never, unknown>, 'state'>;

/** An indicator and the candles that it has seen. */
class Lagging<Of extends Stateful> {
  readonly #of: Of;
  readonly #ring: CandleRing;
  readonly #feed: Feed<Of>;
  #seen = 0;

  constructor(of: Of, ring: CandleRing, feed: Feed<Of>) {
    this.#of = of;
    this.#ring = ring;
    this.#feed = feed;
  }

  /** Most timeframes are asked for now and then, and most indicators only where others say that it is worth it. */
  now(): Of {
    if (this.#seen < this.#ring.count) this.bringUp();
    return this.#of;
  }

  bringUp(): void {
    const { count, kept } = this.#ring;
    this.#feed(this.#of, kept, this.#seen, count);
    this.#seen = count;
  }

  restart(): void {
    this.#seen = this.#ring.count;
    this.#of.state.fill(0);
  }
}

/** One that forgets need not see what it would have forgotten: it is not brought up before the ring forgets candles. */
class Skipping<Of extends Stateful & Forgetful> {
  readonly #of: Of;
  readonly #ring: CandleRing;
  readonly #feed: Feed<Of>;
  #first = 0;
  #seen = 0;

  constructor(of: Of, ring: CandleRing, feed: Feed<Of>) {
    this.#of = of;
    this.#ring = ring;
    this.#feed = feed;
  }

  now(): Of {
    if (this.#seen < this.#ring.count) this.#bringUp();
    return this.#of;
  }

  #bringUp(): void {
    const { count, kept } = this.#ring;
    // Who is one behind has nothing to skip.
    const from = this.#seen + 1 === count ? this.#seen : this.#first + this.#of.remembersFrom(count - this.#first);
    if (from > this.#seen) this.#of.forget();
    this.#feed(this.#of, kept, Math.max(from, this.#seen), count);
    this.#seen = count;
  }

  restart(): void {
    this.#first = this.#ring.count;
    this.#seen = this.#first;
    this.#of.state.fill(0);
  }
}

/**
 * All indicators of one timeframe since a candle of a ring, each brought up to the newest one when it is asked for.
 * A class: the getters of an object literal are each object's own, and what reads those of several is not compiled for any.
 */
export class IndicatorSet implements IndicatorValues {
  /** Candles after which range and volatility are known: without them no strategy judges anything. */
  readonly warmUp: number;
  readonly #emaFast: Lagging<Ema>;
  readonly #emaSlow: Lagging<Ema>;
  readonly #emaTrend: Lagging<Ema>;
  readonly #rsi: Lagging<Rsi>;
  /** NaN while it was not warm. */
  readonly #rsis = new Float64Array(CANDLES_KEPT);
  readonly #macd: Lagging<MovingAverageConvergence>;
  readonly #bollinger: Skipping<BollingerBands>;
  readonly #atr: Lagging<Atr>;
  readonly #adx: Lagging<DirectionalIndex>;
  readonly #vwap: Lagging<Vwap> | null;
  readonly #donchian: Skipping<DonchianChannel>;
  readonly #volumeRatio: Lagging<VolumeRatio>;
  readonly #volatility: Skipping<RealisedVolatility>;
  readonly #lagging: readonly Pick<Lagging<Ema>, 'restart' | 'bringUp'>[];
  readonly #skipping: readonly { readonly restart: () => void }[];

  constructor(market: Market, timeframe: Timeframe, ring: CandleRing) {
    const bars = timeframe === '1d' ? DAILY : INTRADAY;
    const atr = new Atr(bars.atr);
    const volatility = new RealisedVolatility(bars.volatility);
    this.warmUp = Math.max(atr.warmUp, volatility.warmUp);
    this.#emaFast = new Lagging(new Ema(bars.emaFast), ring, feedEma);
    this.#emaSlow = new Lagging(new Ema(bars.emaSlow), ring, feedEma);
    this.#emaTrend = new Lagging(new Ema(bars.emaTrend), ring, feedEma);
    this.#rsi = new Lagging(new Rsi(bars.rsi), ring, feedRsi(this.#rsis));
    this.#macd = new Lagging(new MovingAverageConvergence(...bars.macd), ring, feedMacd);
    this.#bollinger = new Skipping(new BollingerBands(bars.bollinger), ring, feedBollinger);
    this.#atr = new Lagging(atr, ring, feedAtr);
    this.#adx = new Lagging(new DirectionalIndex(bars.adx), ring, feedAdx);
    this.#vwap = timeframe === '1d' ? null : new Lagging(new Vwap(DAY_MS, tradingDayOf(market, 0)), ring, feedVwap);
    this.#donchian = new Skipping(new DonchianChannel(bars.donchian), ring, feedDonchian);
    this.#volumeRatio = new Lagging(new VolumeRatio(bars.volume), ring, feedVolumeRatio);
    this.#volatility = new Skipping(volatility, ring, feedVolatility);
    const vwap = this.#vwap === null ? [] : [this.#vwap];
    this.#lagging = [this.#emaFast, this.#emaSlow, this.#emaTrend, this.#rsi, this.#macd, this.#atr, this.#adx, ...vwap, this.#volumeRatio];
    this.#skipping = [this.#bollinger, this.#donchian, this.#volatility];
  }

  get emaFast(): number | null {
    return this.#emaFast.now().value();
  }

  get emaSlow(): number | null {
    return this.#emaSlow.now().value();
  }

  get emaTrend(): number | null {
    return this.#emaTrend.now().value();
  }

  get rsi(): number | null {
    return this.#rsi.now().value();
  }

  get macd(): Macd | null {
    return this.#macd.now().value();
  }

  get bollinger(): Bollinger | null {
    return this.#bollinger.now().value();
  }

  get atr(): number | null {
    return this.#atr.now().value();
  }

  get adx(): Adx | null {
    return this.#adx.now().value();
  }

  get vwap(): number | null {
    return this.#vwap === null ? null : this.#vwap.now().value();
  }

  get donchian(): Donchian | null {
    return this.#donchian.now().value();
  }

  get volumeRatio(): number | null {
    return this.#volumeRatio.now().value();
  }

  get volatility(): number | null {
    return this.#volatility.now().value();
  }

  /** RSI after each of the ring's candles, null while it was not warm, at the candle's place modulo `CANDLES_KEPT`. */
  rsis(): readonly (number | null)[] {
    this.#rsi.now();
    return Array.from(this.#rsis, (rsi) => (Number.isNaN(rsi) ? null : rsi));
  }

  /** Takes in what has come since: before the ring forgets candles that an indicator has not seen. */
  bringUp(): void {
    for (const each of this.#lagging) each.bringUp();
  }

  /** Begins again with the ring's next candle. */
  restart(): void {
    for (const each of this.#lagging) each.restart();
    for (const each of this.#skipping) each.restart();
  }
}
