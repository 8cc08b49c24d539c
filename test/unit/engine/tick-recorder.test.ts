import { describe, expect, it } from 'vitest';
import { createTickRecorder } from '../../../shared/engine/tick-recorder.ts';
import type { Tick } from '../../../shared/market/price.ts';

const T = Date.UTC(2026, 9, 5, 12);

const trade = (afterMs: number, price: number, more: Partial<Tick> = {}): Tick => ({
  symbol: 'BTC',
  price,
  quantity: 0.1,
  motion: 'print',
  exchangeMs: T + afterMs,
  receivedMs: T + afterMs + 40,
  source: 'test',
  evidence: 'live',
  ...more,
});

describe('the tick recorder', () => {
  it('keeps one sample a symbol and second: the last price and the sum', () => {
    const recorder = createTickRecorder();
    for (const tick of [trade(0, 100), trade(400, 101), trade(999, 99), trade(1_000, 98), trade(500, 7, { symbol: 'ETH' })]) recorder.add(tick);
    const common = { source: 'test', evidence: 'live' };
    expect(recorder.take(T + 60_000)).toEqual([
      { symbol: 'BTC', secondMs: T, price: 99, quantity: 0.3, trades: 3, ...common },
      { symbol: 'BTC', secondMs: T + 1_000, price: 98, quantity: 0.1, trades: 1, ...common },
      { symbol: 'ETH', secondMs: T, price: 7, quantity: 0.1, trades: 1, ...common },
    ]);
    expect(recorder.take(T + 60_000)).toEqual([]);
  });

  it('gives only seconds before the instant, and the others the next time', () => {
    const recorder = createTickRecorder();
    recorder.add(trade(0, 100));
    recorder.add(trade(2_000, 101));
    expect(recorder.take(T + 2_000).map(({ price }) => price)).toEqual([100]);
    expect(recorder.take(T + 3_000).map(({ price }) => price)).toEqual([101]);
  });

  it('counts a late trade in the newest second without moving its price back', () => {
    const recorder = createTickRecorder();
    recorder.add(trade(5_000, 100));
    recorder.add(trade(3_000, 90));
    expect(recorder.take(T + 60_000)).toMatchObject([{ secondMs: T + 5_000, price: 100, quantity: 0.2, trades: 2 }]);
  });

  it('does not keep the points of a bar played as ticks: they are no trades', () => {
    const recorder = createTickRecorder();
    recorder.add(trade(0, 100, { motion: 'sweep' }));
    expect(recorder.take(T + 60_000)).toEqual([]);
  });

  it('lets the oldest go when nobody takes them for long', () => {
    const recorder = createTickRecorder();
    for (let second = 0; second < 200_001; second++) recorder.add(trade(second * 1_000, second + 1));
    const left = recorder.take(T + 1e9);
    expect(left.length).toBeLessThan(200_000);
    expect(left.at(-1)?.price).toBe(200_001);
  });
});
