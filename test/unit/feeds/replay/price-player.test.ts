import { describe, expect, it } from 'vitest';
import { createPlayer, type Instant, type Price } from '../../../../shared/feeds/replay/price-player.ts';
import type { Tick } from '../../../../shared/market/price.ts';
import { fullSpeed, runTo, SINK_REST } from '../../../support/recording-sink.ts';

const priceAt = (atMs: number, price: number): Price => ({
  kind: 'tick',
  tick: { symbol: 'BTC', price, quantity: 1, motion: 'print', exchangeMs: atMs, receivedMs: atMs, source: 'played', evidence: 'replay' },
});

async function* instants(): AsyncGenerator<Instant> {
  for (const atMs of [100, 200, 300]) yield { atMs, prices: () => [1, 2, 3].map((price) => priceAt(atMs, price)) };
}

function player(startMs = 0) {
  const clock = fullSpeed(startMs);
  return { clock, ...createPlayer({ clock, label: '0-source-test', about: 'a test' }) };
}

describe('a player', () => {
  it('delivers the other prices although the engine fails on one, and tells the clock', async () => {
    const { clock, start, state } = player();
    const seen: string[] = [];
    const tick = ({ exchangeMs, price }: Tick): void => {
      seen.push(`${exchangeMs} ${price}`);
      if (exchangeMs === 200 && price === 2) throw new Error('store is away');
    };
    await start({ tick, top: () => {}, ...SINK_REST }, instants(), { atMs: 0 });
    await expect(runTo(clock, 250)).rejects.toThrow('store is away');
    expect(seen).toEqual(['100 1', '100 2', '100 3', '200 1', '200 2', '200 3']);
    await runTo(clock, 1_000);
    expect(seen.slice(6)).toEqual(['300 1', '300 2', '300 3']);
    expect(state()).toMatchObject({ status: 'ended', delivered: 9, detail: 'a test: the data has ended' });
  });

  it('holds virtual time while the engine works on a tick, and delivers before timers of the same instant', async () => {
    const { clock, start } = player();
    const seen: string[] = [];
    clock.at(100, '1-minute', () => void seen.push('timer'));
    const tick = async ({ price }: Tick): Promise<void> => {
      await new Promise((resolve) => setImmediate(resolve));
      seen.push(`${clock.now()} ${price}`);
    };
    await start({ tick, top: () => {}, ...SINK_REST }, instants(), { atMs: 0 });
    await runTo(clock, 100);
    expect(seen).toEqual(['100 1', '100 2', '100 3', 'timer']);
  });

  it('says where it stands: at an instant, or in the middle of one', async () => {
    const { clock, start, place, stop, state } = player();
    expect(place()).toBeNull();
    const places: unknown[] = [];
    const tick = (): void => void places.push(place());
    await start({ tick, top: () => {}, ...SINK_REST }, instants(), { atMs: 7 });
    expect(place()).toEqual({ atMs: 7 });
    await runTo(clock, 100);
    expect(places).toEqual([1, 2, 3].map((from) => ({ atMs: 100, undelivered: [1, 2, 3].filter((n) => n >= from).map((n) => priceAt(100, n)) })));
    expect(place()).toEqual({ atMs: 100 });
    await stop();
    await runTo(clock, 1_000);
    expect(state()).toMatchObject({ status: 'down', delivered: 3, detail: 'a test: stopped' });
  });
});
