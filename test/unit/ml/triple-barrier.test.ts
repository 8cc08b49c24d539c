import { describe, expect, it } from 'vitest';
import { MINUTE_MS } from '../../../shared/kernel/time.ts';
import { type Ended, type Proposed, watchTrade } from '../../../shared/ml/labels/triple-barrier.ts';
import { barsOf, candle, missing } from '../../support/series.ts';

type Ohlc = readonly [open: number, high: number, low: number, close: number];

const LONG: Proposed = { direction: 'long', stop: 98, target: 104, trailingShare: null, maxHoldingMs: 3 * MINUTE_MS };
const SHORT: Proposed = { ...LONG, direction: 'short', stop: 102, target: 96 };

function outcome(proposed: Proposed, ohlc: readonly Ohlc[]): Ended | null {
  const trade = watchTrade(proposed);
  const bars = barsOf(ohlc.map(([open, high, low, close], minute) => candle(open, high, low, close, 1, minute * MINUTE_MS)));
  for (const bar of bars) {
    const ended = trade.next(bar);
    if (ended !== null) return ended;
  }
  return null;
}

describe('a labelled trade', () => {
  it.each([
    ['passes its target', LONG, [[100, 104.1, 99, 103]], { by: 'target', exitPrice: 104 }],
    ['only touches its target', LONG, [[100, 104, 99, 103]], null],
    ['meets stop and target in one bar: the stop counts', LONG, [[100, 105, 97, 104]], { by: 'stop', exitPrice: 98 }],
    [
      'gaps through its stop',
      LONG,
      [
        [100, 101, 99, 100],
        [97, 97.5, 96, 97],
      ],
      { by: 'stop', exitPrice: 97 },
    ],
    [
      'runs out of time',
      LONG,
      [
        [100, 101, 99, 100],
        [100, 101, 99, 100],
        [100, 101, 99, 100.5],
      ],
      { by: 'time', exitPrice: 100.5 },
    ],
    [
      'goes on',
      LONG,
      [
        [100, 101, 99, 100],
        [100, 101, 99, 100],
      ],
      null,
    ],
    ['short: passes its target', SHORT, [[100, 101, 95.9, 97]], { by: 'target', exitPrice: 96 }],
    ['short: is stopped', SHORT, [[100, 102, 99, 101]], { by: 'stop', exitPrice: 102 }],
    [
      'trails: the best price of bars before moves the stop',
      { ...LONG, trailingShare: 0.01 },
      [
        [100, 103, 99.5, 102.9],
        [102.5, 102.6, 101.9, 102],
      ],
      { by: 'stop', exitPrice: 103 * 0.99 },
    ],
    [
      'trails: a close below where its own bar moved it ends it',
      { ...LONG, trailingShare: 0.01 },
      [[100, 103, 99.5, 101]],
      { by: 'stop', exitPrice: 103 * 0.99 },
    ],
  ] as readonly (readonly [string, Proposed, readonly Ohlc[], Partial<Ended> | null])[])('%s', (_what, proposed, ohlc, expected) => {
    const ended = outcome(proposed, ohlc);
    if (expected === null) expect(ended).toBeNull();
    else expect(ended).toMatchObject({ entryPrice: 100, ...expected });
  });

  it('begins at the open of the bar after the decision, and is known at the end of the bar in which it ends', () => {
    expect(outcome(LONG, [[99.5, 105, 99, 104]])).toEqual({ by: 'target', entryPrice: 99.5, exitPrice: 104, endMs: MINUTE_MS });
  });

  it('passes over a missing minute without reading it', () => {
    const trade = watchTrade(LONG);
    const [bar] = barsOf([candle(100, 101, 99, 100)]);
    if (bar === undefined) throw new Error('no bar');
    expect(trade.next(missing(bar))).toBeNull();
    expect(trade.next({ ...bar, openMs: MINUTE_MS, high: 110, open: 101 })).toMatchObject({ by: 'target', entryPrice: 101 });
  });

  it('passes over a bar without volume: nothing could be bought or sold in it', () => {
    const trade = watchTrade(LONG);
    const [bar] = barsOf([candle(100, 101, 99, 100)]);
    if (bar === undefined) throw new Error('no bar');
    expect(trade.next({ ...bar, volume: 0, open: 90, low: 90 })).toBeNull();
    expect(trade.next({ ...bar, openMs: MINUTE_MS, open: 100.5, high: 110 })).toMatchObject({ by: 'target', entryPrice: 100.5 });
  });

  it('counts its time from the start of the span of a bar of several minutes', () => {
    const trade = watchTrade({ ...LONG, maxHoldingMs: 10 * MINUTE_MS });
    const [bar] = barsOf([candle(100, 101, 99, 100)]);
    if (bar === undefined) throw new Error('no bar');
    expect(trade.next({ ...bar, openMs: 4 * MINUTE_MS, spanMinutes: 5 })).toBeNull();
    expect(trade.next({ ...bar, openMs: 9 * MINUTE_MS, spanMinutes: 5, close: 99.5 })).toMatchObject({ by: 'time', exitPrice: 99.5 });
  });

  it.each([
    ['is left at the first price after its time, where nothing was traded in between', 101, { by: 'time', exitPrice: 101 }],
    ['but is stopped by that price where it lies beyond the stop', 97, { by: 'stop', exitPrice: 97 }],
  ] as const)('%s', (_what, open, expected) => {
    const trade = watchTrade({ ...LONG, maxHoldingMs: 60 * MINUTE_MS, exitByMs: 10 * MINUTE_MS });
    const [bar] = barsOf([candle(100, 101, 99, 100)]);
    if (bar === undefined) throw new Error('no bar');
    expect(trade.next(bar)).toBeNull();
    expect(trade.next({ ...bar, openMs: 12 * MINUTE_MS, open, low: Math.min(open, 99), high: 110 })).toMatchObject(expected);
  });
});
