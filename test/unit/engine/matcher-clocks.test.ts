import { expect, it } from 'vitest';
import { createDesk } from '../../../shared/engine/desk.ts';
import { createMatcher } from '../../../shared/engine/matcher.ts';
import { createVirtualClock } from '../../../shared/kernel/clock-virtual.ts';
import { SECOND_MS } from '../../../shared/kernel/time.ts';
import { tickOf } from '../../support/engine-fixtures.ts';
import { contextOver, createRows } from '../../support/engine-world.ts';
import { commitOf, entryOrder, orderPlaced, rateOf, START_MS, sessionStarted } from '../../support/ledger-fixtures.ts';

it('fills an order that is on its way although the run before had a clock that was ahead', async () => {
  const rows = createRows();
  await rows.ledger.commit(commitOf(null, 'start', [sessionStarted('s'), orderPlaced(entryOrder())]));
  const clock = createVirtualClock({ startMs: START_MS, speed: Number.POSITIVE_INFINITY });
  const lease = await rows.market.lease({ scope: 'test', holder: 'one', epoch: null, nowMs: START_MS, ttlMs: 1e9 });
  const desk = createDesk();
  desk.rates([rateOf('USDT')]);
  desk.tick(tickOf('BTC', 100, START_MS));
  const matcher = createMatcher(contextOver(rows, clock), desk, () => lease);
  matcher.restore({ extremes: {} }, START_MS + 30 * SECOND_MS);
  await matcher.refresh();
  clock.at(START_MS + SECOND_MS, '9-end', () => undefined);
  await clock.run(START_MS + SECOND_MS);
  expect((await rows.ledger.load('s'))?.positions.size).toBe(1);
});
