import { describe, expect, it } from 'vitest';
import { DEFAULT_LIMITS } from '../../../shared/config/risk.ts';
import type { EngineContext } from '../../../shared/engine/context.ts';
import { type StartRequest, setRiskLimits, startSession, stopSession, tradingDateAt } from '../../../shared/engine/sessions.ts';
import { createVirtualClock } from '../../../shared/kernel/clock-virtual.ts';
import { decimal, text } from '../../../shared/kernel/decimal.ts';
import type { Account } from '../../../shared/ledger/account.ts';
import { exitId } from '../../../shared/ledger/resting-exit.ts';
import { BUILT_STRATEGIES } from '../../../shared/strategies/registry.ts';
import { contextOver, createRows, type Rows } from '../../support/engine-world.ts';
import { type Fault, faultsFor, faultyStores } from '../../support/faulty-stores.ts';
import { commitOf, entryFill, entryOrder, orderPlaced, START_MS } from '../../support/ledger-fixtures.ts';

const REQUEST: StartRequest = { startingCapital: decimal('100000'), strategies: null, riskLimits: {} };

function opened(...faults: readonly Fault[]): { readonly rows: Rows; readonly context: EngineContext; readonly nudged: string[] } {
  const rows = createRows();
  const nudged: string[] = [];
  const clock = createVirtualClock({ startMs: START_MS, speed: Number.POSITIVE_INFINITY });
  const nudge = async (sessionId: string): Promise<void> => void nudged.push(sessionId);
  return { rows, context: contextOver(faultyStores(rows, faultsFor('commit', ...faults)), clock, { nudge }), nudged };
}

/** The session with an open position in BTC and a working entry in ETH. */
async function trading(context: EngineContext): Promise<string> {
  const { account } = await startSession(context, REQUEST, null);
  const [held, working] = [entryOrder({ id: 'E:1' }), entryOrder({ id: 'E:2', symbol: 'ETH' })];
  const commit = commitOf(account, 'trade', [orderPlaced(held), (now) => entryFill(now, held.id, { price: '100' }), orderPlaced(working)]);
  await context.ledger.commit(commit);
  context.accounts.committed(commit.after);
  return account.sessionId;
}

/** The session with so many open positions and so many working entries, kept a few at a time. */
async function busy(context: EngineContext, { held, working }: { readonly held: number; readonly working: number }): Promise<string> {
  let { account } = await startSession(context, REQUEST, null);
  const keep = async (name: string, events: Parameters<typeof commitOf>[2]): Promise<void> => {
    const commit = commitOf(account, name, events);
    await context.ledger.commit(commit);
    context.accounts.committed(commit.after);
    account = commit.after;
  };
  for (let i = 0; i < held + working; i++) {
    const order = entryOrder({ id: `E:${i}`, quantity: '0.01', reserved: '1' });
    const fill = (now: Account) => entryFill(now, order.id, { price: '100', commission: '0' });
    await keep(`trade ${i}`, i < held ? [orderPlaced(order), fill] : [orderPlaced(order)]);
  }
  return account.sessionId;
}

describe('a session that starts', () => {
  it('has fresh books under its own id, for all strategies that are built and the limits of the house', async () => {
    const { context, nudged } = opened();
    const { account } = await startSession(context, REQUEST, null);
    expect(account).toMatchObject({
      sessionId: 'S-20250106T040000000Z',
      status: 'active',
      seq: 1,
      strategies: BUILT_STRATEGIES.map(({ name }) => name),
      limits: DEFAULT_LIMITS,
      evidence: 'simulated',
      scope: 'test',
      seed: 'seed',
      startedMs: START_MS,
    });
    expect([text(account.cash), text(account.startingCapital), account.day.date]).toEqual(['100000', '100000', '2025-01-06']);
    expect(nudged).toEqual([account.sessionId]);
    expect(await context.ledger.load(account.sessionId)).toEqual(account);
  });

  it('merges the limits that are named into those of the house, and refuses bad ones', async () => {
    const { context } = opened();
    await expect(startSession(context, { ...REQUEST, riskLimits: { maxDailyLoss: 1.5 } }, null)).rejects.toMatchObject({ code: 'invalid_limits' });
    expect(await context.ledger.sessions()).toEqual([]);
    const { account } = await startSession(context, { ...REQUEST, riskLimits: { maxDailyLoss: 0.02 } }, null);
    expect(account.limits).toEqual({ ...DEFAULT_LIMITS, maxDailyLoss: 0.02 });
  });

  it('names a strategy once', async () => {
    const { context } = opened();
    expect((await startSession(context, { ...REQUEST, strategies: ['swing', 'swing'] }, null)).account.strategies).toEqual(['swing']);
  });
});

describe('a second start', () => {
  it('is refused with the id of the session that runs', async () => {
    const { context } = opened();
    const { account } = await startSession(context, REQUEST, null);
    await expect(startSession(context, REQUEST, null)).rejects.toMatchObject({
      code: 'already_active',
      context: { reason: 'already_active', sessionId: account.sessionId },
    });
  });

  it('under the same key gets the session that the first one started; another body under it is refused', async () => {
    const { context } = opened();
    const { account } = await startSession(context, REQUEST, 'key-1');
    expect((await startSession(context, REQUEST, 'key-1')).account.sessionId).toBe(account.sessionId);
    await expect(startSession(context, { ...REQUEST, startingCapital: decimal('5') }, 'key-1')).rejects.toMatchObject({
      code: 'idempotency_mismatch',
    });
    await expect(startSession(context, REQUEST, 'key-2')).rejects.toMatchObject({ code: 'already_active' });
  });

  it.each([
    ['in one process', (context: EngineContext) => context],
    ['in another', (context: EngineContext) => contextOver(context, context.clock)],
  ])('at the very same moment %s is refused too', async (_, other) => {
    const { context } = opened();
    const outcomes = await Promise.allSettled([startSession(context, REQUEST, null), startSession(other(context), REQUEST, null)]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(outcomes.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: 'already_active' } });
    expect(await context.ledger.sessions()).toHaveLength(1);
  });

  it('under the key of one that has ended since gets that one, and begins no other', async () => {
    const { context } = opened();
    const { account } = await startSession(context, REQUEST, 'again');
    await stopSession(context, { closePositions: true }, null);
    const repeated = await startSession(context, REQUEST, 'again');
    expect(repeated.account).toMatchObject({ sessionId: account.sessionId, status: 'stopped' });
    expect(await context.ledger.sessions()).toHaveLength(1);
  });

  it('is a new session when the first has stopped, even at the same instant of a clock that stands still', async () => {
    const { context } = opened();
    const ids: string[] = [];
    for (let round = 0; round < 3; round++) {
      const { account } = await startSession(context, REQUEST, null);
      ids.push(account.sessionId);
      await stopSession(context, { closePositions: false }, null);
    }
    expect(new Set(ids).size).toBe(3);
    expect(await context.ledger.sessions()).toHaveLength(3);
    expect(await context.accounts.active()).toBeNull();
  });
});

describe('a start without an answer from the store', () => {
  it('is the session that it started, when it did', async () => {
    const { context } = opened('unknown-after');
    const { account } = await startSession(context, REQUEST, null);
    expect((await context.accounts.active())?.hash).toBe(account.hash);
  });

  it('is thrown when it did not, and can be tried again', async () => {
    const { context } = opened('unknown-before', 'unavailable');
    await expect(startSession(context, REQUEST, null)).rejects.toMatchObject({ code: 'unknown' });
    await expect(startSession(context, REQUEST, null)).rejects.toMatchObject({ code: 'unavailable' });
    expect(await context.accounts.active()).toBeNull();
    expect((await startSession(context, REQUEST, null)).account.status).toBe('active');
  });
});

describe('a session that is stopped', () => {
  it('without closing cancels its entries, leaves its positions and has stopped at once', async () => {
    const { context } = opened();
    const sessionId = await trading(context);
    const { account } = await stopSession(context, { closePositions: false }, null);
    expect(account).toMatchObject({ status: 'stopped', stoppedMs: START_MS });
    expect([...account.orders.keys()]).toEqual([exitId('P:E:1', 1)]);
    expect(account.positions.size).toBe(1);
    expect(await context.ledger.order(sessionId, 'E:2')).toMatchObject({ state: 'cancelled', reason: 'session-stop' });
    expect(await context.accounts.active()).toBeNull();
  });

  it('with closing asks for every exit and stays until it is flat', async () => {
    const { context, nudged } = opened();
    const sessionId = await trading(context);
    const { account } = await stopSession(context, { closePositions: true }, null);
    expect(account.status).toBe('stopping');
    expect([...account.orders.values()]).toMatchObject([{ id: exitId('P:E:1', 1), atMarket: { reason: 'session-stop', quantity: null } }]);
    expect(nudged.at(-1)).toBe(sessionId);
    expect((await stopSession(context, { closePositions: true }, null)).account.seq).toBe(account.seq);
  });

  it('with closing has stopped at once when it holds nothing', async () => {
    const { context } = opened();
    await startSession(context, REQUEST, null);
    expect((await stopSession(context, { closePositions: true }, null)).account.status).toBe('stopped');
  });

  it('is an error when there is none', async () => {
    await expect(stopSession(opened().context, { closePositions: true }, null)).rejects.toMatchObject({ code: 'no_active_session' });
  });

  it('answers the same key again although it has stopped by now, and refuses another body under it', async () => {
    const { context } = opened();
    await startSession(context, REQUEST, null);
    const { account } = await stopSession(context, { closePositions: false }, 'key-1');
    expect((await stopSession(context, { closePositions: false }, 'key-1')).account).toEqual(account);
    await expect(stopSession(context, { closePositions: true }, 'key-1')).rejects.toMatchObject({ code: 'idempotency_mismatch' });
    await expect(stopSession(context, { closePositions: false }, 'key-2')).rejects.toMatchObject({ code: 'no_active_session' });
  });

  it('is stopped once when the store gives no answer', async () => {
    const { context } = opened();
    await startSession(context, REQUEST, null);
    const faulty = contextOver(faultyStores({ ...createRows(), ledger: context.ledger }, faultsFor('commit', 'unknown-after')), context.clock);
    expect((await stopSession(faulty, { closePositions: false }, null)).account).toMatchObject({ status: 'stopped', seq: 3 });
  });
});

describe('a session with more at work than one transaction can end', () => {
  it.each<readonly [string, readonly (Fault | null)[]]>([
    ['at once', []],
    ['also when the store does not answer on the way', ['unknown-after', null, 'unknown-after', null]],
  ])('stops, all of its entries cancelled, %s', async (_, faults) => {
    const { rows, context: before } = opened();
    const sessionId = await busy(before, { held: 0, working: 120 });
    const left = [...faults];
    const clock = createVirtualClock({ startMs: START_MS, speed: Number.POSITIVE_INFINITY });
    const context = contextOver(
      faultyStores(rows, (call) => (call === 'commit' ? (left.shift() ?? null) : null)),
      clock,
    );
    const { account } = await stopSession(context, { closePositions: false }, 'key');
    expect(account).toMatchObject({ status: 'stopped' });
    expect(account.orders.size).toBe(0);
    expect(await rows.ledger.load(sessionId)).toEqual(account);
    expect((await stopSession(context, { closePositions: false }, 'key')).account.seq).toBe(account.seq);
    const orders = (await rows.ledger.orders(sessionId, { limit: 200, cursor: null })).items;
    expect(new Set(orders.map(({ state, reason }) => `${state} ${reason}`))).toEqual(new Set(['cancelled session-stop']));
  });

  it('asks for every position to be closed', async () => {
    const { context } = opened();
    await busy(context, { held: 60, working: 60 });
    const { account } = await stopSession(context, { closePositions: true }, null);
    expect(account).toMatchObject({ status: 'stopping' });
    const exits = [...account.orders.values()];
    expect(exits.length).toBe(60);
    expect(exits.every((order) => order.purpose === 'exit' && order.atMarket?.reason === 'session-stop')).toBe(true);
  });
});

describe('risk limits that are set', () => {
  it('change what is named and leave the rest', async () => {
    const { context } = opened();
    await startSession(context, REQUEST, null);
    const { account, before, after } = await setRiskLimits(context, { maxPositionSize: 0.1 }, null);
    expect(before).toEqual(DEFAULT_LIMITS);
    expect(after).toEqual({ ...DEFAULT_LIMITS, maxPositionSize: 0.1 });
    expect(account.limits).toEqual(after);
  });

  it('write nothing when they change nothing', async () => {
    const { context } = opened();
    await startSession(context, REQUEST, null);
    expect((await setRiskLimits(context, { maxPositionSize: DEFAULT_LIMITS.maxPositionSize }, null)).account.seq).toBe(1);
  });

  it('may go back and forth', async () => {
    const { context } = opened();
    await startSession(context, REQUEST, null);
    for (const size of [0.1, 0.2, 0.1, 0.2])
      expect((await setRiskLimits(context, { maxPositionSize: size }, null)).account.limits.maxPositionSize).toBe(size);
  });

  it('are set once under a key, and answered the same again', async () => {
    const { context } = opened();
    await startSession(context, REQUEST, null);
    const first = await setRiskLimits(context, { maxDailyLoss: 0.01 }, 'key-1');
    await setRiskLimits(context, { maxDailyLoss: 0.03 }, null);
    const again = await setRiskLimits(context, { maxDailyLoss: 0.01 }, 'key-1');
    expect([again.before, again.after]).toEqual([first.before, first.after]);
    expect(again.account.limits.maxDailyLoss).toBe(0.03);
    await expect(setRiskLimits(context, { maxDailyLoss: 0.02 }, 'key-1')).rejects.toMatchObject({ code: 'idempotency_mismatch' });
  });

  it('are answered the same under a key although the session has stopped since', async () => {
    const { context } = opened();
    await startSession(context, REQUEST, null);
    const first = await setRiskLimits(context, { maxDailyLoss: 0.02 }, 'limits');
    await stopSession(context, { closePositions: true }, null);
    expect(await setRiskLimits(context, { maxDailyLoss: 0.02 }, 'limits')).toMatchObject({ before: first.before, after: first.after });
    await expect(setRiskLimits(context, { maxDailyLoss: 0.03 }, 'other')).rejects.toMatchObject({ code: 'no_active_session' });
  });

  it('are refused without a session, and when they are out of range', async () => {
    const { context } = opened();
    await expect(setRiskLimits(context, { maxDailyLoss: 0.01 }, null)).rejects.toMatchObject({ code: 'no_active_session' });
    await startSession(context, REQUEST, null);
    await expect(setRiskLimits(context, { maxTotalExposure: 0 }, null)).rejects.toMatchObject({
      code: 'invalid_limits',
      message: /maxTotalExposure/ as never,
    });
  });
});

describe('the trading date', () => {
  it.each([
    ['2025-01-06T03:00:00Z', '2025-01-06', 'before the open'],
    ['2025-01-06T11:30:00Z', '2025-01-07', "after the day's last price"],
    ['2025-01-10T12:00:00Z', '2025-01-11', 'after the close of a Friday: weekends have books of their own'],
  ])('at %s is %s: %s', (at, date) => {
    expect(tradingDateAt(Date.parse(at))).toBe(date);
  });
});
