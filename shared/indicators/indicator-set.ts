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

/** All indicators of one timeframe, updated together. */
export interface IndicatorSet {
  readonly add: (candle: Candle) => void;
  readonly reset: () => void;
  /** Candles after which range and volatility are known: without them no strategy judges anything. */
  readonly warmUp: number;
  readonly values: IndicatorValues;
}

export function createIndicatorSet(market: Market, timeframe: Timeframe): IndicatorSet {
  const bars = timeframe === '1d' ? DAILY : INTRADAY;
  const emaFast = new Ema(bars.emaFast);
  const emaSlow = new Ema(bars.emaSlow);
  const emaTrend = new Ema(bars.emaTrend);
  const rsi = new Rsi(bars.rsi);
  const macd = new MovingAverageConvergence(...bars.macd);
  const bollinger = new BollingerBands(bars.bollinger);
  const atr = new Atr(bars.atr);
  const adx = new DirectionalIndex(bars.adx);
  const donchian = new DonchianChannel(bars.donchian);
  const vwap = new Vwap(DAY_MS, tradingDayOf(market, 0));
  const volumeRatio = new VolumeRatio(bars.volume);
  const volatility = new RealisedVolatility(bars.volatility);
  const all: readonly Pick<Indicator<never, unknown>, 'state'>[] = [
    emaFast,
    emaSlow,
    emaTrend,
    rsi,
    macd,
    bollinger,
    atr,
    adx,
    donchian,
    vwap,
    volumeRatio,
    volatility,
  ];

  return {
    add: (candle) => {
      const { close } = candle;
      emaFast.add(close);
      emaSlow.add(close);
      emaTrend.add(close);
      rsi.add(close);
      macd.add(close);
      bollinger.add(close);
      atr.add(candle);
      adx.add(candle);
      donchian.add(candle);
      vwap.add(candle);
      volumeRatio.add(candle.volume);
      volatility.add(close);
    },
    reset: () => {
      for (const { state } of all) state.fill(0);
    },
    warmUp: Math.max(atr.warmUp, volatility.warmUp),
    values: {
      get emaFast() {
        return emaFast.value();
      },
      get emaSlow() {
        return emaSlow.value();
      },
      get emaTrend() {
        return emaTrend.value();
      },
      get rsi() {
        return rsi.value();
      },
      get macd() {
        return macd.value();
      },
      get bollinger() {
        return bollinger.value();
      },
      get atr() {
        return atr.value();
      },
      get adx() {
        return adx.value();
      },
      get vwap() {
        return timeframe === '1d' ? null : vwap.value();
      },
      get donchian() {
        return donchian.value();
      },
      get volumeRatio() {
        return volumeRatio.value();
      },
      get volatility() {
        return volatility.value();
      },
    },
  };
}
