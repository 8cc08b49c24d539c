import { describe, expect, it } from 'vitest';
import { BollingerBands } from '../../../shared/indicators/bollinger.ts';
import { CANDLES_KEPT } from '../../../shared/indicators/candle-ring.ts';
import { DonchianChannel } from '../../../shared/indicators/donchian.ts';
import type { Forgetful, Indicator } from '../../../shared/indicators/indicator.ts';
import { RealisedVolatility } from '../../../shared/indicators/realised-volatility.ts';
import { Window } from '../../../shared/indicators/window.ts';
import type { Candle } from '../../../shared/market/price.ts';
import { walk } from '../../support/series.ts';

const candles = walk('forgetting', 200);

type Created = Forgetful & Pick<Indicator<never, unknown>, 'value'>;

function fed<Of extends Created>(indicator: Of, add: (of: Of, candle: Candle) => void, from: number, to: number): Of {
  for (const candle of candles.slice(from, to)) add(indicator, candle);
  return indicator;
}

const subject = <Of extends Created>(name: string, create: () => Of, add: (of: Of, candle: Candle) => void) => ({
  name,
  all: (count: number) => fed(create(), add, 0, count),
  /** One that has seen the first `seen` candles goes on with those that it must see to tell of `count`. */
  after: (seen: number, count: number) => {
    const indicator = fed(create(), add, 0, seen);
    const from = indicator.remembersFrom(count);
    indicator.forget();
    return fed(indicator, add, from, count);
  },
});

describe.each([
  subject(
    'a window',
    () => new Window(7),
    (of, { close }) => of.add(close),
  ),
  subject(
    'Bollinger bands',
    () => new BollingerBands(20, 2),
    (of, { close }) => of.add(close),
  ),
  subject(
    'realised volatility',
    () => new RealisedVolatility(30),
    (of, { close }) => of.add(close),
  ),
  subject(
    'a Donchian channel',
    () => new DonchianChannel(20),
    (of, candle) => of.add(candle),
  ),
])('$name', ({ all, after }) => {
  const counts = candles.map((_, i) => i).filter((count) => all(count).remembersFrom(count) > 0);

  it('says of the candles that it remembers what it says of all, to the last bit', () => {
    expect(counts.length).toBeGreaterThan(candles.length / 2);
    for (const count of counts) expect(after(count % 50, count).value(), `after ${count} candles`).toEqual(all(count).value());
  });

  it('remembers no more than a chart keeps, and nothing that is to come', () => {
    for (const count of counts) {
      const remembered = count - all(count).remembersFrom(count);
      expect(remembered, `of ${count} candles`).toBeLessThanOrEqual(CANDLES_KEPT);
      expect(remembered).toBeGreaterThan(0);
    }
  });
});
