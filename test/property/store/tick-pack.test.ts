import fc from 'fast-check';
import { expect, it } from 'vitest';
import { rng } from '../../../shared/kernel/rng.ts';
import { TICK_PACK_MS, type TickSample } from '../../../shared/market/tick-sample.ts';
import { packedBody, readBody } from '../../../shared/store/body.ts';
import { createMemoryItems } from '../../../shared/store/memory-items.ts';
import { createMemoryMarket } from '../../../shared/store/memory-market.ts';
import { meteredItems } from '../../../shared/store/metered-items.ts';
import { samplesOf, tickPack, tickPackSchema } from '../../../shared/store/tick-pack.ts';

const START_S = Date.UTC(2026, 9, 5) / 1_000;
const positive = fc.double({ min: 1e-8, max: 1e9, noNaN: true, noDefaultInfinity: true });

const line = fc
  .record({
    symbol: fc.constantFrom('BTC', 'ETH', 'RELIANCE'),
    source: fc.constantFrom('binance', 'upstox'),
    evidence: fc.constantFrom('live' as const, 'replay' as const),
    seconds: fc.uniqueArray(fc.integer({ min: 0, max: 600 }), { minLength: 1, maxLength: 40 }),
    rows: fc.array(fc.tuple(positive, positive, fc.integer({ min: 1, max: 1_000 })), { minLength: 40, maxLength: 40 }),
  })
  .map(({ seconds, rows, ...common }): readonly TickSample[] =>
    seconds
      .sort((a, b) => a - b)
      .map((second, index) => {
        const [price, quantity, trades] = rows[index] as [number, number, number];
        return { ...common, secondMs: (START_S + second) * 1_000, price, quantity, trades };
      }),
  );

it('a pack of ticks gives back every sample to the last bit', () => {
  fc.assert(
    fc.property(fc.uniqueArray(line, { maxLength: 5, selector: ([first]) => `${first?.symbol} ${first?.source} ${first?.evidence}` }), (lines) => {
      const samples = lines.flat();
      const item = { pk: 'M#x', sk: 'T#1', attributes: { body: packedBody(tickPack(samples)) } };
      expect(samplesOf(readBody(item, tickPackSchema))).toEqual(samples);
    }),
  );
});

it('six symbols that trade in every second of a day cost at most 10,000 write units of ticks', async () => {
  const { items, meter } = meteredItems(createMemoryItems());
  const market = createMemoryMarket({ ttlDays: 1, now: () => 0 }, items);
  const lease = await market.lease({ scope: 'x', holder: 'h', epoch: null, nowMs: 0, ttlMs: 1e9 });
  const random = rng('ticks', 1);
  const samples = ['BTC', 'ETH', 'SOL', 'DOGE', 'ADA', 'DOT'].flatMap((symbol, index) => {
    let price = 60_000 / 10 ** index;
    return Array.from({ length: TICK_PACK_MS / 1_000 }, (_, second): TickSample => {
      price *= 1 + (random.next() - 0.5) * 2e-4;
      const trades = 1 + Math.floor(random.next() * 40);
      const quantity = Number((random.next() * trades).toFixed(5));
      return { symbol, source: 'binance', evidence: 'live', secondMs: second * 1_000, price: Number(price.toPrecision(7)), quantity, trades };
    });
  });
  meter.reset();
  await market.packTicks(lease, 0, samples);
  const packsADay = 86_400_000 / TICK_PACK_MS;
  expect(meter.total().writeUnits * packsADay).toBeLessThan(10_000);
});
