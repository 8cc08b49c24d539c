import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { draftOn } from '../../../../shared/engine/draft.ts';
import { EngineError } from '../../../../shared/engine/errors.ts';
import { once } from '../../../../shared/engine/orders/once.ts';
import { createVirtualClock } from '../../../../shared/kernel/clock-virtual.ts';
import type { Account } from '../../../../shared/ledger/account.ts';
import { contextOver, createRows } from '../../../support/engine-world.ts';
import { commitOf, entryOrder, START_MS, sessionStarted } from '../../../support/ledger-fixtures.ts';

const ID = 'order:once';
const outcome = z.object({ placed: z.string() });

/** Two people's worth of one request: both are sent before either is known to be done. */
async function twins() {
  const rows = createRows();
  await rows.ledger.commit(commitOf(null, 'start', [sessionStarted('s')]));
  const context = contextOver(rows, createVirtualClock({ startMs: START_MS, speed: 1 }), { exclusive: false });
  const account = (await rows.ledger.load('s')) as Account;
  const command = { account, keyed: ID, body: { units: 2 }, outcome };
  const place = (current: Account, placed: string) => {
    const draft = draftOn(current, ID);
    draft.emit({ type: 'order-placed', atMs: START_MS, order: entryOrder() });
    return { draft, outcome: { placed } };
  };
  const isPlaced = (current: Account): boolean => current.orders.has('E:1');
  /** Carries the command out while the other one is between being asked for and being decided. */
  const meanwhile = async (): Promise<unknown> => once(context, command, async () => (current) => place(current, 'by the first'));
  return { context, command, meanwhile, isPlaced, place, rows };
}

describe('a request that comes twice at once', () => {
  it('is answered as it was done, when the first has left the second nothing to do', async () => {
    const { context, command, meanwhile, isPlaced, place } = await twins();
    const second = await once(context, command, async () => {
      await meanwhile();
      return (current) =>
        isPlaced(current) ? { draft: draftOn(current, ID), outcome: { placed: 'it stands already' } } : place(current, 'by the second');
    });
    expect(second).toEqual({ placed: 'by the first' });
  });

  it('is answered as it was done, when what the first has done forbids it to the second', async () => {
    const { context, command, meanwhile, isPlaced, place } = await twins();
    const second = await once(context, command, async () => {
      await meanwhile();
      return (current) => {
        if (isPlaced(current)) throw new EngineError('position_closing', 'It is under way');
        return place(current, 'by the second');
      };
    });
    expect(second).toEqual({ placed: 'by the first' });
  });

  it('is refused when nobody has done it', async () => {
    const { context, command, rows } = await twins();
    const refused = once(context, command, async () => () => {
      throw new EngineError('position_closing', 'It is under way');
    });
    await expect(refused).rejects.toMatchObject({ code: 'position_closing' });
    expect(await rows.ledger.receipt('s', ID)).toBeNull();
  });

  it('is a mistake when the first had another body', async () => {
    const { context, command, meanwhile } = await twins();
    const second = once(context, { ...command, body: { units: 3 } }, async () => {
      await meanwhile();
      return (current) => ({ draft: draftOn(current, ID), outcome: { placed: 'nothing' } });
    });
    await expect(second).rejects.toMatchObject({ code: 'idempotency_mismatch' });
  });
});
