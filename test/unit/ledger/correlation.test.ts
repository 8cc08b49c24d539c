import { describe, expect, it } from 'vitest';
import { busFacts } from '../../../shared/contracts/bus-facts.ts';
import { fillId } from '../../../shared/engine/fill-record.ts';
import { canonicalJson } from '../../../shared/kernel/canonical-json.ts';
import { correlationOf } from '../../../shared/ledger/correlation.ts';
import { exitId } from '../../../shared/ledger/resting-exit.ts';
import { entryFill, entryOrder, happen, orderPlaced, sessionStarted } from '../../support/ledger-fixtures.ts';

const order = entryOrder();
const { positionId } = order;
const { after: account } = happen(null, 'start', [sessionStarted('one'), orderPlaced(order)]);
const fill = entryFill(account, order.id, { price: '100' });

describe('the id that leads through the logs', () => {
  it('is the position’s, from its entry to the last exit', () => {
    expect(correlationOf(orderPlaced(order))).toBe(positionId);
    expect(correlationOf(fill)).toBe(positionId);
    expect(correlationOf({ type: 'order-ended', orderId: `E:${positionId}` })).toBe(positionId);
    for (const version of [1, 12]) expect(correlationOf({ type: 'exit-requested', orderId: exitId(positionId, version) })).toBe(positionId);
    expect(correlationOf({ type: 'corporate-action', positionId })).toBe(positionId);
  });

  it('is none where no position is concerned, and is never guessed', () => {
    for (const event of [
      { type: 'session-stopped' },
      { type: 'equity-marked' },
      { orderId: 'W:1' },
      { orderId: 'X:without-version' },
      { orderId: 7 },
    ]) {
      expect(correlationOf(event)).toBeNull();
    }
  });

  it('is found in the id of every fill', () => {
    expect(fillId(exitId(positionId, 3), 2)).toContain(`:${positionId}:`);
  });

  it('is told with an event on the bus, of which its carriers know no more', () => {
    const detail = { partition: 'S#one', seq: '7', event: canonicalJson(fill) };
    expect(busFacts(detail)).toEqual({ sessionId: 'one', seq: 7, correlationId: positionId });
    expect(busFacts({ ...detail, event: '{"type":"session-stopped","atMs":1}' })).toEqual({ sessionId: 'one', seq: 7, correlationId: null });
    expect(busFacts({ ...detail, event: 'no json' })).toEqual({ sessionId: 'one', seq: 7, correlationId: null });
    expect(busFacts({ text: 'a mail' })).toBeNull();
  });
});
