import { describe, expect, it } from 'vitest';
import { GarmanKlassVolatility } from '../../../shared/indicators/garman-klass-volatility.ts';
import type { Indicator } from '../../../shared/indicators/indicator.ts';
import { ParkinsonVolatility } from '../../../shared/indicators/parkinson-volatility.ts';
import { RealisedVolatility } from '../../../shared/indicators/realised-volatility.ts';
import { YangZhangVolatility } from '../../../shared/indicators/yang-zhang-volatility.ts';
import type { Candle } from '../../../shared/market/price.ts';
import { candle } from '../../support/series.ts';

/** The worked example of the facts on derivatives, and what was computed from it for a year of 252 days. */
const DAYS: readonly Candle[] = [
  candle(100, 101.5, 99.5, 101),
  candle(101, 102, 100.2, 100.6),
  candle(100.5, 101.8, 99.9, 101.7),
  candle(102, 103, 101.1, 101.4),
  candle(101.5, 102.4, 100.8, 102),
];
const aYear = <Input>(indicator: Indicator<Input, number>, inputs: readonly Input[]): number => {
  for (const input of inputs) indicator.add(input);
  return (indicator.value() ?? Number.NaN) * Math.sqrt(252);
};

describe('the volatility of the worked example', () => {
  it.each([
    [
      'close to close',
      aYear(
        new RealisedVolatility(4),
        DAYS.map(({ close }) => close),
      ),
      0.113470662,
    ],
    ['after Parkinson', aYear(new ParkinsonVolatility(5), DAYS), 0.173851645],
    ['after Garman and Klass', aYear(new GarmanKlassVolatility(5), DAYS), 0.189142643],
    ['after Yang and Zhang', aYear(new YangZhangVolatility(4), DAYS), 0.187655575],
  ])('%s is met to the last digit told', (_what, value, told) => {
    expect(value).toBeCloseTo(told, 9);
  });
});
