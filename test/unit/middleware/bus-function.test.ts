import type { Context } from 'aws-lambda';
import { describe, expect, it } from 'vitest';
import { busFunction, isBusEvent } from '../../../functions/middleware/bus-function.ts';
import { createVirtualClock } from '../../../shared/kernel/clock-virtual.ts';
import { contextOver, createRows } from '../../support/engine-world.ts';
import { START_MS } from '../../support/ledger-fixtures.ts';

const EVENT = {
  version: '0',
  id: 'e-1',
  source: 'nightdesk',
  account: '1',
  'detail-type': 'filled',
  detail: { partition: 'S#s', seq: '1', event: '{"type":"order-ended","orderId":"E:p"}' },
} as const;

function stack(run: () => Promise<unknown>) {
  const logged: (readonly [level: string, event: string, facts: unknown])[] = [];
  const clock = createVirtualClock({ startMs: START_MS, speed: 1 });
  const context = contextOver(createRows(), clock, { log: (level, event, facts) => void logged.push([level, event, facts]) });
  return { logged, handler: busFunction('alerts', async () => context, run) };
}

describe('a function on the bus', () => {
  it('knows the events of our bus from the runs of its schedule', () => {
    expect(isBusEvent(EVENT)).toBe(true);
    expect(isBusEvent({ ...EVENT, source: 'aws.s3' })).toBe(false);
    expect(isBusEvent({ name: 'alerts', market: null, scheduledTime: '2026-11-20T04:00:00Z', executionId: 'x' })).toBe(false);
    expect(isBusEvent(null)).toBe(false);
  });

  it('logs what became of an event, under the id that leads there from its cause', async () => {
    const { handler, logged } = stack(async () => ({ raised: 'a' }));
    expect(await handler(EVENT)).toEqual({ raised: 'a' });
    expect(logged).toEqual([
      ['info', 'alerts-event-taken', { id: 'e-1', type: 'filled', sessionId: 's', seq: 1, correlationId: 'p', outcome: { raised: 'a' } }],
    ]);
  });

  it('drops an event of another account than its own, and says so', async () => {
    const { handler, logged } = stack(async () => ({ raised: 'a' }));
    const of = (account: string) => ({ invokedFunctionArn: `arn:aws:lambda:ap-south-1:${account}:function:alerts` }) as Context;
    expect(await handler(EVENT, of('1'))).toEqual({ raised: 'a' });
    expect(await handler(EVENT, of('2'))).toEqual({ dropped: 'of account 1' });
    expect(logged.at(-1)).toEqual(['warn', 'alerts-event-dropped', { id: 'e-1', type: 'filled', account: '1' }]);
  });

  it('throws an error on, so that the platform tries again, and logs it', async () => {
    const { handler, logged } = stack(() => Promise.reject(new Error('the table is away')));
    await expect(handler(EVENT)).rejects.toThrow('the table is away');
    expect(logged).toEqual([['error', 'alerts-event-failed', expect.objectContaining({ id: 'e-1', why: 'the table is away' })]]);
  });
});
