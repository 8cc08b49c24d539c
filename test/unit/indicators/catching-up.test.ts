import { describe, expect, it } from 'vitest';
import { DirectionalIndex } from '../../../shared/indicators/adx.ts';
import { Atr } from '../../../shared/indicators/atr.ts';
import { BollingerBands } from '../../../shared/indicators/bollinger.ts';
import { DonchianChannel } from '../../../shared/indicators/donchian.ts';
import { Ema } from '../../../shared/indicators/ema.ts';
import type { CatchesUp, Indicator } from '../../../shared/indicators/indicator.ts';
import { MovingAverageConvergence } from '../../../shared/indicators/macd.ts';
import { RealisedVolatility } from '../../../shared/indicators/realised-volatility.ts';
import { Rsi } from '../../../shared/indicators/rsi.ts';
import { VolumeRatio } from '../../../shared/indicators/volume-ratio.ts';
import { Vwap } from '../../../shared/indicators/vwap.ts';
import { DAY_MS } from '../../../shared/kernel/time.ts';
import type { Candle } from '../../../shared/market/price.ts';
import { candle, walk } from '../../support/series.ts';

/** Some of them still: without a move, a range or a trade. */
const CANDLES: readonly Candle[] = walk('catching up', 300).map((each, i) =>
  i % 40 < 3 ? candle(each.open, each.open, each.open, each.open, 0, each.openMs) : each,
);

interface Subject {
  readonly name: string;
  readonly create: () => CatchesUp & Pick<Indicator<never, unknown>, 'state' | 'value'>;
  readonly add: (of: never, candle: Candle) => void;
}

const onClose = (of: Indicator<number, unknown>, { close }: Candle): void => of.add(close);
const onCandle = (of: Indicator<Candle, unknown>, each: Candle): void => of.add(each);

const SUBJECTS: readonly Subject[] = [
  { name: 'EMA', create: () => new Ema(9), add: onClose },
  { name: 'RSI', create: () => new Rsi(14), add: onClose },
  { name: 'MACD', create: () => new MovingAverageConvergence(12, 26, 9), add: onClose },
  { name: 'Bollinger bands', create: () => new BollingerBands(20, 2), add: onClose },
  { name: 'ATR', create: () => new Atr(14), add: onCandle },
  { name: 'ADX', create: () => new DirectionalIndex(14), add: onCandle },
  { name: 'VWAP', create: () => new Vwap(DAY_MS, 0), add: onCandle },
  { name: 'Donchian channel', create: () => new DonchianChannel(20), add: onCandle },
  { name: 'volume ratio', create: () => new VolumeRatio(20), add: (of: Indicator<number, unknown>, { volume }: Candle) => of.add(volume) },
  { name: 'realised volatility', create: () => new RealisedVolatility(30), add: onClose },
];

describe.each(SUBJECTS)('$name', ({ create, add }) => {
  it.each([1, 7, 64, 300])('is the same to the last bit after catching up %i candles at a time as after one and one', (stride) => {
    const [each, many] = [create(), create()];
    for (let from = 0; from < CANDLES.length; from += stride) {
      const to = Math.min(from + stride, CANDLES.length);
      for (const next of CANDLES.slice(from, to)) add(each as never, next);
      many.addCandles(CANDLES, from, to);
      expect(many.state, `after ${to} candles`).toEqual(each.state);
      expect(many.value()).toEqual(each.value());
    }
    expect(many.value()).not.toBeNull();
  });
});

describe('an RSI that catches up', () => {
  it('tells what it says after each candle, and NaN while it is cold', () => {
    const [each, many] = [new Rsi(14), new Rsi(14)];
    const told = new Float64Array(CANDLES.length);
    many.addCandles(CANDLES, 0, 5, told);
    many.addCandles(CANDLES, 5, CANDLES.length, told);
    const said = CANDLES.map(({ close }) => {
      each.add(close);
      return each.value() ?? Number.NaN;
    });
    expect([...told]).toEqual(said);
    expect(said.filter(Number.isNaN)).toHaveLength(14);
  });
});
