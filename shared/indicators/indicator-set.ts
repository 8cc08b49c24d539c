import { DAY_MS } from '../kernel/time.ts';
import type { Market } from '../market/instrument.ts';
import type { Candle } from '../market/price.ts';
import { tradingDayOf } from '../market/rollup.ts';
import type { Timeframe } from '../market/timeframe.ts';
import { type Adx, DirectionalIndex } from './adx.ts';
import { Atr } from './atr.ts';
import { type Bollinger, BollingerBands } from './bollinger.ts';
import { type Donchian, DonchianChannel } from './donchian.ts';
import { Ema } from './ema.ts';
import type { Indicator } from './indicator.ts';
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

/** What is known after a timeframe's last closed candle; each figure is null until warm or where it is undefined. */
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

/** All indicators of one timeframe over the candles of a source, each brought up to the newest one when it is asked for. */
export interface IndicatorSet {
  /** Candles after which range and volatility are known: without them no strategy judges anything. */
  readonly warmUp: number;
  readonly values: IndicatorValues;
  /** Takes in what has come since: before the source forgets candles that an indicator has not seen. */
  readonly bringUp: () => void;
  readonly rsis: () => void;
  readonly reset: () => void;
}

/** The candles that indicators are made of, by their place since the beginning. */
export interface CandleSource {
  readonly count: () => number;
  readonly at: (place: number) => Candle;
}

/** An indicator and how many candles it has seen. */
class Lagging<Of extends Pick<Indicator<never, unknown>, 'state'>> {
  readonly #of: Of;
  readonly #source: CandleSource;
  readonly #take: (of: Of, candle: Candle, place: number) => void;
  #seen = 0;

  constructor(of: Of, source: CandleSource, take: (of: Of, candle: Candle, place: number) => void) {
    this.#of = of;
    this.#source = source;
    this.#take = take;
  }

  /** Most timeframes are asked for now and then, and most indicators only where others say that it is worth it. */
  now(): Of {
    const count = this.#source.count();
    for (; this.#seen < count; this.#seen++) this.#take(this.#of, this.#source.at(this.#seen), this.#seen);
    return this.#of;
  }

  reset(): void {
    this.#seen = 0;
    this.#of.state.fill(0);
  }
}

/** @param tellRsi hears of the RSI after each candle */
export function createIndicatorSet(
  market: Market,
  timeframe: Timeframe,
  source: CandleSource,
  tellRsi: (place: number, rsi: number | null) => void,
): IndicatorSet {
  const bars = timeframe === '1d' ? DAILY : INTRADAY;
  const ofClose = (of: { add(close: number): void }, { close }: Candle): void => of.add(close);
  const ofCandle = (of: { add(candle: Candle): void }, candle: Candle): void => of.add(candle);
  const emaFast = new Lagging(new Ema(bars.emaFast), source, ofClose);
  const emaSlow = new Lagging(new Ema(bars.emaSlow), source, ofClose);
  const emaTrend = new Lagging(new Ema(bars.emaTrend), source, ofClose);
  const rsi = new Lagging(new Rsi(bars.rsi), source, (of, { close }, place) => {
    of.add(close);
    tellRsi(place, of.value());
  });
  const macd = new Lagging(new MovingAverageConvergence(...bars.macd), source, ofClose);
  const bollinger = new Lagging(new BollingerBands(bars.bollinger), source, ofClose);
  const range = new Atr(bars.atr);
  const atr = new Lagging(range, source, ofCandle);
  const adx = new Lagging(new DirectionalIndex(bars.adx), source, ofCandle);
  const donchian = new Lagging(new DonchianChannel(bars.donchian), source, ofCandle);
  const vwap = new Lagging(new Vwap((openMs) => tradingDayOf(market, openMs) + DAY_MS), source, ofCandle);
  const volumeRatio = new Lagging(new VolumeRatio(bars.volume), source, (of, { volume }) => of.add(volume));
  const realised = new RealisedVolatility(bars.volatility);
  const volatility = new Lagging(realised, source, ofClose);
  const all = [emaFast, emaSlow, emaTrend, rsi, macd, bollinger, atr, adx, donchian, vwap, volumeRatio, volatility];

  return {
    bringUp: () => {
      for (const each of all) each.now();
    },
    rsis: () => void rsi.now(),
    reset: () => {
      for (const each of all) each.reset();
    },
    warmUp: Math.max(range.warmUp, realised.warmUp),
    values: {
      get emaFast() {
        return emaFast.now().value();
      },
      get emaSlow() {
        return emaSlow.now().value();
      },
      get emaTrend() {
        return emaTrend.now().value();
      },
      get rsi() {
        return rsi.now().value();
      },
      get macd() {
        return macd.now().value();
      },
      get bollinger() {
        return bollinger.now().value();
      },
      get atr() {
        return atr.now().value();
      },
      get adx() {
        return adx.now().value();
      },
      get vwap() {
        return timeframe === '1d' ? null : vwap.now().value();
      },
      get donchian() {
        return donchian.now().value();
      },
      get volumeRatio() {
        return volumeRatio.now().value();
      },
      get volatility() {
        return volatility.now().value();
      },
    },
  };
}
