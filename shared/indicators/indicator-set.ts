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
import type { CatchesUp, Forgetful, Indicator } from './indicator.ts';
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

type OfChart = Pick<Indicator<never, unknown>, 'state'> & CatchesUp;

/** Adds a ring's candles from a place to another, exclusive. */
function addFrom({ kept }: CandleRing, of: CatchesUp, from: number, to: number): void {
  const first = from % CANDLES_KEPT;
  const next = first + to - from;
  of.addCandles(kept, first, Math.min(next, CANDLES_KEPT));
  if (next > CANDLES_KEPT) of.addCandles(kept, 0, next - CANDLES_KEPT);
}

/** An RSI that keeps what it says after each candle: as bare floats, for an array of numbers and nulls makes every number anew. */
class ToldRsi implements CatchesUp {
  /** NaN while it was not warm. */
  readonly told = new Float64Array(CANDLES_KEPT);
  readonly state: Float64Array;
  readonly #rsi: Rsi;

  constructor(period: number) {
    this.#rsi = new Rsi(period);
    this.state = this.#rsi.state;
  }

  addCandles(candles: readonly Candle[], from: number, to: number): void {
    this.#rsi.addCandles(candles, from, to, this.told);
  }

  value(): number | null {
    return this.#rsi.value();
  }
}

/** An indicator and the candles that it has seen. */
class Lagging<Of extends OfChart> {
  readonly #of: Of;
  readonly #ring: CandleRing;
  #seen = 0;

  constructor(of: Of, ring: CandleRing) {
    this.#of = of;
    this.#ring = ring;
  }

  /** Most timeframes are asked for now and then, and most indicators only where others say that it is worth it. */
  now(): Of {
    if (this.#seen < this.#ring.count) this.bringUp();
    return this.#of;
  }

  bringUp(): void {
    const { count } = this.#ring;
    if (this.#seen < count) addFrom(this.#ring, this.#of, this.#seen, count);
    this.#seen = count;
  }

  restart(): void {
    this.#seen = this.#ring.count;
    this.#of.state.fill(0);
  }
}

/** One that forgets need not see what it would have forgotten: it is not brought up before the ring forgets candles. */
class Skipping<Of extends OfChart & Forgetful> {
  readonly #of: Of;
  readonly #ring: CandleRing;
  #first = 0;
  #seen = 0;

  constructor(of: Of, ring: CandleRing) {
    this.#of = of;
    this.#ring = ring;
  }

  now(): Of {
    if (this.#seen < this.#ring.count) this.#bringUp();
    return this.#of;
  }

  #bringUp(): void {
    const { count } = this.#ring;
    // Who is one behind has nothing to skip.
    const from = this.#seen + 1 === count ? this.#seen : this.#first + this.#of.remembersFrom(count - this.#first);
    if (from > this.#seen) this.#of.forget();
    addFrom(this.#ring, this.#of, Math.max(from, this.#seen), count);
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
  readonly #rsi: Lagging<ToldRsi>;
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
    this.#emaFast = new Lagging(new Ema(bars.emaFast), ring);
    this.#emaSlow = new Lagging(new Ema(bars.emaSlow), ring);
    this.#emaTrend = new Lagging(new Ema(bars.emaTrend), ring);
    this.#rsi = new Lagging(new ToldRsi(bars.rsi), ring);
    this.#macd = new Lagging(new MovingAverageConvergence(...bars.macd), ring);
    this.#bollinger = new Skipping(new BollingerBands(bars.bollinger), ring);
    this.#atr = new Lagging(atr, ring);
    this.#adx = new Lagging(new DirectionalIndex(bars.adx), ring);
    this.#vwap = timeframe === '1d' ? null : new Lagging(new Vwap(DAY_MS, tradingDayOf(market, 0)), ring);
    this.#donchian = new Skipping(new DonchianChannel(bars.donchian), ring);
    this.#volumeRatio = new Lagging(new VolumeRatio(bars.volume), ring);
    this.#volatility = new Skipping(volatility, ring);
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
    return Array.from(this.#rsi.now().told, (rsi) => (Number.isNaN(rsi) ? null : rsi));
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
