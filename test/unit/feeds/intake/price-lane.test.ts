import { describe, expect, it } from 'vitest';
import { createPriceLane } from '../../../../shared/feeds/intake/price-lane.ts';
import type { Price } from '../../../../shared/feeds/replay/price-player.ts';
import { SINK_REST } from '../../../support/recording-sink.ts';

const stamps = { exchangeMs: 1, receivedMs: 1, source: 'binance', evidence: 'live' } as const;
const tick = (price: number): Price => ({ kind: 'tick', tick: { symbol: 'BTC', price, quantity: 1, motion: 'print', ...stamps } });
const top = (bid: number, symbol = 'BTC'): Price => ({ kind: 'top', top: { symbol, bid, ask: bid + 1, bidSize: 1, askSize: 1, ...stamps } });

/** A lane into an engine that is busy with each tick until it is told to go on. */
function lane(mostWaiting: number) {
  const delivered: string[] = [];
  const errors: unknown[] = [];
  let release: (error?: Error) => void = () => {};
  const made = createPriceLane({
    sink: {
      tick: ({ price }) => {
        delivered.push(`tick ${price}`);
        return new Promise<void>((resolve, reject) => {
          release = (error) => (error === undefined ? resolve() : reject(error));
        });
      },
      top: ({ symbol, bid }) => void delivered.push(`${symbol} ${bid}`),
      ...SINK_REST,
      depth: ({ symbol, bids }) => void delivered.push(`${symbol} book ${bids[0]?.price}`),
    },
    mostWaiting,
    onError: (error) => void errors.push(error),
  });
  const go = async (error?: Error): Promise<void> => {
    release(error);
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { ...made, delivered, errors, go };
}

describe('a price lane', () => {
  it('delivers at once when nothing waits', () => {
    const { push, delivered } = lane(10);
    push(top(1));
    push(tick(2));
    expect(delivered).toEqual(['BTC 1', 'tick 2']);
  });

  it('lets everything wait, in order, while the engine works on a tick', async () => {
    const { push, delivered, go, waiting } = lane(10);
    for (const price of [tick(1), top(2), tick(3), top(4)]) push(price);
    expect(delivered).toEqual(['tick 1']);
    expect(waiting()).toBe(3);
    await go();
    expect(delivered).toEqual(['tick 1', 'BTC 2', 'tick 3']);
    await go();
    expect(delivered).toEqual(['tick 1', 'BTC 2', 'tick 3', 'BTC 4']);
    expect(waiting()).toBe(0);
  });

  it('keeps only the newest top of a symbol when too many wait, and every trade', async () => {
    const { push, delivered, go, waiting, conflated } = lane(3);
    for (const price of [tick(1), top(2), top(3), tick(4), top(5), top(6, 'ETH'), tick(7), top(8), top(9, 'ETH'), tick(10)]) push(price);
    expect(conflated()).toBe(3);
    expect(waiting()).toBe(6);
    for (let i = 0; i < 4; i++) await go();
    expect(delivered).toEqual(['tick 1', 'BTC 2', 'tick 4', 'tick 7', 'BTC 8', 'ETH 9', 'tick 10']);
  });

  it('keeps only the newest book of a symbol when too many wait, beside its newest top', async () => {
    const { push, delivered, go, conflated } = lane(2);
    const book = (price: number, symbol = 'BTC'): Price => ({ kind: 'depth', book: { symbol, bids: [{ price, quantity: 1 }], asks: [], ...stamps } });
    for (const price of [tick(1), book(2), top(3), book(4, 'ETH'), book(5), top(6), book(7)]) push(price);
    expect(conflated()).toBe(3);
    await go();
    expect(delivered).toEqual(['tick 1', 'ETH book 4', 'BTC 6', 'BTC book 7']);
  });

  it('keeps only the newest price without a size of a symbol when too many wait, for it is a sample', async () => {
    const { push, delivered, go, conflated } = lane(2);
    const sample = (price: number, symbol: string): Price => ({
      kind: 'tick',
      tick: { symbol, price, quantity: 0, motion: 'print', ...stamps },
    });
    for (const price of [tick(1), sample(2, 'ETH'), sample(3, 'SOL'), sample(4, 'ETH'), sample(5, 'ETH'), tick(6)]) push(price);
    expect(conflated()).toBe(2);
    for (let i = 0; i < 4; i++) await go();
    expect(delivered).toEqual(['tick 1', 'tick 3', 'tick 5', 'tick 6']);
  });

  it('stays small while the engine is stuck in a storm of tops', async () => {
    const { push, delivered, go, waiting, conflated } = lane(100);
    push(tick(0));
    for (let i = 1; i <= 50_000; i++) push(i % 1_000 === 0 ? tick(i) : top(i));
    expect(waiting()).toBeLessThan(200);
    expect(conflated() + waiting()).toBe(50_000);
    for (let i = 0; i <= 50; i++) await go();
    expect(delivered.filter((one) => one.startsWith('tick'))).toEqual(Array.from({ length: 51 }, (_, i) => `tick ${i * 1_000}`));
  });

  it('goes on after a price that the engine failed on', async () => {
    const { push, delivered, errors, go } = lane(10);
    push(tick(1));
    push(top(2));
    await go(new Error('store is away'));
    expect(delivered).toEqual(['tick 1', 'BTC 2']);
    expect(errors).toMatchObject([{ message: 'store is away' }]);
  });

  it('delivers nothing after it was closed, and closes when the engine is done', async () => {
    const { push, delivered, go, close } = lane(10);
    push(tick(1));
    push(tick(2));
    let isClosed = false;
    const closing = close().then(() => {
      isClosed = true;
    });
    await Promise.resolve();
    expect(isClosed).toBe(false);
    await go();
    await closing;
    push(tick(3));
    expect(delivered).toEqual(['tick 1']);
  });
});
