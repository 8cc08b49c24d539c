import { DAY_MS } from '../kernel/time.ts';
import type { Market } from '../market/instrument.ts';
import type { Candle } from '../market/price.ts';
import { tradingDayOf } from '../market/rollup.ts';
import { DirectionalIndex } from './adx.ts';
import { Atr } from './atr.ts';
import { BollingerBands } from './bollinger.ts';
import { DonchianChannel } from './donchian.ts';
import { Ema } from './ema.ts';
import { GarmanKlassVolatility } from './garman-klass-volatility.ts';
import type { Indicator } from './indicator.ts';
import { MovingAverageConvergence } from './macd.ts';
import { OnBalanceVolume } from './obv.ts';
import { ParkinsonVolatility } from './parkinson-volatility.ts';
import { RealisedVolatility } from './realised-volatility.ts';
import { Rsi } from './rsi.ts';
import { Sma } from './sma.ts';
import { StochasticOscillator } from './stochastic.ts';
import { SuperTrend } from './supertrend.ts';
import { VolumeRatio } from './volume-ratio.ts';
import { Vwap } from './vwap.ts';
import { YangZhangVolatility } from './yang-zhang-volatility.ts';

/** What an indicator says after a candle: one figure or several by name; null until warm or where it is undefined. */
export type IndicatorFigures = number | Readonly<Record<string, number>> | null;

type OnCandles = Indicator<Candle, number> | Indicator<Candle, object>;

/** Takes one series of a candle, the close or the volume. */
function reading<Output extends number | object>(indicator: Indicator<number, Output>, of: 'close' | 'volume'): Indicator<Candle, Output> {
  const { warmUp, state } = indicator;
  return { warmUp, state, add: (candle) => indicator.add(candle[of]), value: () => indicator.value() };
}

/** Every indicator under the name by which it is asked for, with the periods of the field. */
const CREATE = {
  sma: () => reading(new Sma(20), 'close'),
  ema: () => reading(new Ema(20), 'close'),
  rsi: () => reading(new Rsi(14), 'close'),
  macd: () => reading(new MovingAverageConvergence(12, 26, 9), 'close'),
  bollinger: () => reading(new BollingerBands(20, 2), 'close'),
  atr: () => new Atr(14),
  adx: () => new DirectionalIndex(14),
  stochastic: () => new StochasticOscillator(14, 3, 3),
  vwap: (market: Market) => new Vwap(DAY_MS, tradingDayOf(market, 0)),
  obv: () => new OnBalanceVolume(),
  supertrend: () => new SuperTrend(10, 3),
  donchian: () => new DonchianChannel(20),
  volumeRatio: () => reading(new VolumeRatio(20), 'volume'),
  closeToCloseVolatility: () => reading(new RealisedVolatility(30), 'close'),
  parkinsonVolatility: () => new ParkinsonVolatility(30),
  garmanKlassVolatility: () => new GarmanKlassVolatility(30),
  yangZhangVolatility: () => new YangZhangVolatility(30),
} as const satisfies Record<string, (market: Market) => OnCandles>;

export type IndicatorName = keyof typeof CREATE;
export const INDICATOR_NAMES = Object.keys(CREATE) as IndicatorName[];

/** What the indicator says after each of the candles. */
export function indicatorSeries(name: IndicatorName, market: Market, candles: readonly Candle[]): readonly IndicatorFigures[] {
  const indicator: OnCandles = CREATE[name](market);
  return candles.map((candle) => {
    indicator.add(candle);
    const value = indicator.value();
    return typeof value === 'number' || value === null ? value : { ...value };
  });
}
