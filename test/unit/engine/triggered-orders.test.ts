import { describe, expect, it } from 'vitest';
import type { EntryOrder } from '../../../shared/contracts/order.ts';
import { createDesk } from '../../../shared/engine/desk.ts';
import { createMatcher } from '../../../shared/engine/matcher.ts';
import { createVirtualClock } from '../../../shared/kernel/clock-virtual.ts';
import { decimal } from '../../../shared/kernel/decimal.ts';
import { MINUTE_MS } from '../../../shared/kernel/time.ts';
import type { Account } from '../../../shared/ledger/account.ts';
import { tickOf } from '../../support/engine-fixtures.ts';
import { contextOver, createRows } from '../../support/engine-world.ts';
import { commitOf, entryFill, entryOrder, orderPlaced, rateOf, START_MS, sessionStarted } from '../../support/ledger-fixtures.ts';

/** A matcher on a session, whose market has traded `volume` units a minute for a quarter of an hour. */
async function floor(events: Parameters<typeof commitOf>[2], volume: number) {
  const rows = createRows();
  await rows.ledger.commit(commitOf(null, 'start', [sessionStarted('s'), ...events]));
  const clock = createVirtualClock({ startMs: START_MS, speed: Number.POSITIVE_INFINITY });
  const lease = await rows.market.lease({ scope: 'test', holder: 'one', epoch: null, nowMs: START_MS, ttlMs: 1e9 });
  const desk = createDesk();
  desk.rates([rateOf('USDT')]);
  for (let minute = 15; minute > 0; minute--) {
    const bar = { symbol: 'BTC', open: 100, high: 100, low: 100, close: 100, volume, origin: 'received', evidence: 'simulated' } as const;
    desk.bar({ ...bar, openMs: START_MS - minute * MINUTE_MS });
  }
  const matcher = createMatcher(contextOver(rows, clock), desk, () => lease);
  await matcher.refresh();
  return {
    desk,
    account: async () => (await rows.ledger.load('s')) as Account,
    print: async (price: number, atMs: number) => {
      clock.at(atMs, '9-end', () => undefined);
      await clock.run(atMs);
      const tick = tickOf('BTC', price, atMs);
      desk.tick(tick);
      await matcher.tick(tick);
    },
    events: async () => {
      const types: string[] = [];
      for await (const row of rows.ledger.rows('s', 0)) types.push(row.event.type);
      return types;
    },
  };
}

describe('a stop that is met while nothing can be had', () => {
  it('rests in the book as a limit order, and fills when the market comes back through its limit', async () => {
    const order: EntryOrder = { ...entryOrder(), instruction: { type: 'stop-limit', stop: decimal('101'), limit: decimal('101.5') } };
    const { print, events, account } = await floor([orderPlaced(order)], 1_000);
    await print(102, START_MS + 1_000);
    expect(await events()).toEqual(['session-started', 'order-placed', 'order-triggered']);
    await print(101.4, START_MS + 2_000);
    expect((await events()).slice(3)).toEqual(['filled']);
    expect([...(await account()).positions.keys()]).toEqual(['P:E:1']);
  });

  it('closes its position as soon as something can be had', async () => {
    const opened = [orderPlaced(entryOrder()), (account: Account) => entryFill(account, 'E:1', { price: '100' })];
    // A tenth of so little is less than the least lot of the venue.
    const { desk, print, events, account } = await floor(opened, 0.00005);
    await print(98, START_MS + 1_000);
    expect((await events()).slice(3)).toEqual(['exit-requested']);
    desk.top({ ...tickOf('BTC', 98, START_MS + 1_500), bid: 97.9, ask: 98.1, bidSize: 5, askSize: 5 });
    await print(98, START_MS + 2_000);
    expect((await events()).slice(4)).toEqual(['filled']);
    expect((await account()).positions.size).toBe(0);
  });
});
