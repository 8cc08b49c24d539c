import { describe, expect, it } from 'vitest';
import type { EngineContext } from '../../../shared/engine/context.ts';
import { scannedMarkets } from '../../../shared/engine/markets.ts';
import { monitorPositions } from '../../../shared/engine/monitor-positions.ts';
import { rollTradingDay } from '../../../shared/engine/roll-trading-day.ts';
import { scanMarket } from '../../../shared/engine/scan-market.ts';
import { startSession } from '../../../shared/engine/sessions.ts';
import { createVirtualClock } from '../../../shared/kernel/clock-virtual.ts';
import { decimal } from '../../../shared/kernel/decimal.ts';
import { DAY_MS, MINUTE_MS } from '../../../shared/kernel/time.ts';
import type { Account } from '../../../shared/ledger/account.ts';
import type { Market } from '../../../shared/market/instrument.ts';
import { contextOver, createRows, openWorld, type Rows } from '../../support/engine-world.ts';
import { type Fault, faultsFor, faultyStores } from '../../support/faulty-stores.ts';
import { commitOf, entryFill, entryOrder, orderPlaced, START_MS } from '../../support/ledger-fixtures.ts';
import { historyFrom, scriptedSource, scriptOf } from '../../support/scripted-source.ts';

const WORLD = { scope: 'test', evidence: 'simulated', markets: ['CRYPTO', 'NSE'] } as const;
const REQUEST = { startingCapital: decimal('100000'), strategies: null, riskLimits: {} };
const minuteMs = START_MS + MINUTE_MS;

/** A session with no prices at all: its scans are quiet. START_MS is a Monday, 09:30 in India. */
async function session(
  more: { readonly mode?: 'switch' | 'both'; readonly exclusive?: boolean } = {},
): Promise<{ readonly rows: Rows; readonly context: EngineContext; readonly sessionId: string }> {
  const rows = createRows();
  const context = anew(rows, more);
  return { rows, context, sessionId: (await startSession(context, REQUEST, null)).account.sessionId };
}

function anew(
  rows: Pick<Rows, 'ledger' | 'market'>,
  {
    mode = 'both',
    exclusive = true,
    startMs = START_MS,
  }: { readonly mode?: 'switch' | 'both'; readonly exclusive?: boolean; readonly startMs?: number } = {},
): EngineContext {
  const clock = createVirtualClock({ startMs, speed: Number.POSITIVE_INFINITY });
  const settings = { marketMode: mode, seed: 'seed', version: 'test', configVersion: 'test', barWaitMs: 0 };
  return contextOver(rows, clock, { exclusive, world: WORLD, settings });
}

const scanIds = async ({ ledger }: Rows, sessionId: string): Promise<readonly (readonly [string, number])[]> =>
  (await ledger.scans(sessionId, { limit: 100, cursor: null })).items.map(({ id, ordinal }) => [id, ordinal] as const);

describe('the markets that are scanned', () => {
  const at = (iso: string, marketMode: 'switch' | 'both', markets: readonly Market[] = ['CRYPTO', 'NSE']): readonly Market[] =>
    scannedMarkets({ world: { ...WORLD, markets }, settings: { marketMode } }, Date.parse(iso));

  it.each([
    ['2025-01-06T04:00:00Z', 'switch', ['NSE']],
    ['2025-01-06T04:00:00Z', 'both', ['CRYPTO', 'NSE']],
    ['2025-01-06T03:44:59Z', 'switch', ['CRYPTO']],
    ['2025-01-06T12:00:00Z', 'switch', ['CRYPTO']],
    ['2025-01-05T04:00:00Z', 'both', ['CRYPTO']],
  ] as const)('at %s under %s are %j', (iso, mode, markets) => {
    expect(at(iso, mode)).toEqual(markets);
  });

  it('are only those that the world has prices for', () => {
    expect(at('2025-01-06T04:00:00Z', 'switch', ['CRYPTO'])).toEqual(['CRYPTO']);
    expect(at('2025-01-06T12:00:00Z', 'switch', ['NSE'])).toEqual([]);
  });
});

describe('a scheduled scan', () => {
  it('is not made for a market that is not open, without a session, of another world, or from before the session', async () => {
    const { context, rows } = await session({ mode: 'switch' });
    expect(await scanMarket(context, { minuteMs, market: 'CRYPTO' })).toMatchObject({ scanned: false, reason: /not scanned/ as never });
    expect(await scanMarket(context, { minuteMs: START_MS - MINUTE_MS, market: 'NSE' })).toMatchObject({
      scanned: false,
      reason: /began after/ as never,
    });
    const elsewhere = { ...anew(rows), world: { ...WORLD, scope: 'elsewhere' } };
    expect(await scanMarket(elsewhere, { minuteMs, market: 'NSE' })).toMatchObject({ scanned: false, reason: /belongs to test/ as never });
    expect(await scanMarket(anew(createRows()), { minuteMs, market: 'NSE' })).toMatchObject({ scanned: false, reason: 'no session is active' });
  });

  it('is made once a minute and market, whoever asks again, and numbered without a gap', async () => {
    const { context, rows, sessionId } = await session();
    for (const market of ['CRYPTO', 'NSE', 'CRYPTO', 'NSE'] as const) await scanMarket(context, { minuteMs, market });
    for (const market of ['CRYPTO', 'NSE'] as const) await scanMarket(anew(rows), { minuteMs, market });
    for (const market of ['CRYPTO', 'NSE'] as const) await scanMarket(context, { minuteMs: minuteMs + MINUTE_MS, market });
    await scanMarket(context, { minuteMs, market: 'NSE' });
    expect(await scanIds(rows, sessionId)).toEqual([
      ['scan:NSE:2025-01-06T04:02:00.000Z', 4],
      ['scan:CRYPTO:2025-01-06T04:02:00.000Z', 3],
      ['scan:NSE:2025-01-06T04:01:00.000Z', 2],
      ['scan:CRYPTO:2025-01-06T04:01:00.000Z', 1],
    ]);
  });

  it('is numbered without a gap when two processes take turns', async () => {
    const { context, rows, sessionId } = await session({ exclusive: false });
    const other = anew(rows, { exclusive: false });
    for (let index = 0; index < 4; index++)
      await scanMarket(index % 2 === 0 ? context : other, { minuteMs: minuteMs + index * MINUTE_MS, market: 'CRYPTO' });
    expect((await scanIds(rows, sessionId)).map(([, ordinal]) => ordinal)).toEqual([4, 3, 2, 1]);
  });

  it.each<readonly [Fault]>([['unknown-after'], ['unknown-before'], ['unavailable']])(
    'is numbered without a gap when the store fails it: %s',
    async (fault) => {
      const rows = createRows();
      const faults = faultsFor('keepScan', fault);
      const context = anew(faultyStores(rows, faults));
      const { account } = await startSession(context, REQUEST, null);
      await expect(scanMarket(context, { minuteMs, market: 'CRYPTO' })).rejects.toMatchObject({ name: 'StoreError' });
      await scanMarket(context, { minuteMs: minuteMs + MINUTE_MS, market: 'CRYPTO' });
      const wasKept = fault === 'unknown-after';
      expect((await scanIds(rows, account.sessionId)).map(([, ordinal]) => ordinal)).toEqual(wasKept ? [2, 1] : [1]);
    },
  );
});

describe('a scan that trades', () => {
  const startMs = Date.UTC(2025, 0, 7, 6);
  const script = scriptOf(2, { fromMs: historyFrom(startMs), minutes: 2_000, symbols: ['SOL', 'ETH', 'DOT'] });

  it.each<readonly [string, readonly Fault[]]>([
    ['gets no answer after it was committed', ['unknown-after']],
    ['gets no answer and was not committed', ['unknown-before']],
    ['loses races', ['conflict', 'conflict', 'conflict']],
  ])('places each order once when its commit %s', async (_, faults) => {
    const rows = createRows();
    let isFaulty = false;
    const next = faultsFor('commit', ...faults);
    const world = await openWorld({
      rows,
      startMs,
      source: (clock) => scriptedSource(clock, script),
      between: (same) => faultyStores(same, (call) => (isFaulty ? next(call) : null)),
    });
    await world.start();
    const { account } = await startSession(world.context, { ...REQUEST, strategies: ['scalping'] }, null);
    isFaulty = true;
    await world.clock.run(startMs + 30 * MINUTE_MS);
    const placed: string[] = [];
    const filled: string[] = [];
    for await (const { event } of rows.ledger.rows(account.sessionId, 0)) {
      if (event.type === 'order-placed') placed.push(event.order.id);
      if (event.type === 'filled' && event.fill.purpose === 'entry') filled.push(event.fill.orderId);
    }
    expect(placed.length).toBeGreaterThan(1);
    expect(new Set(placed).size).toBe(placed.length);
    // Also the order that nobody had told of is filled, at its latency and not at the next sweep.
    expect(filled).toEqual(placed);
    const stored = (await rows.ledger.orders(account.sessionId, { limit: 100, cursor: null })).items.map(({ order }) => order);
    expect(stored.filter((order) => order.purpose === 'entry').every((order) => order.activeFromMs - order.acceptedMs < 2_000)).toBe(true);
    expect(world.failures).toEqual([]);
  });
});

describe('the monitor', () => {
  it('does nothing without a session or for that of another world', async () => {
    const { rows } = await session();
    expect(await monitorPositions(anew(createRows()), { minuteMs })).toMatchObject({ checked: false });
    expect(await monitorPositions({ ...anew(rows), world: { ...WORLD, scope: 'elsewhere' } }, { minuteMs })).toMatchObject({ checked: false });
  });

  it('marks equity once for a minute, whoever asks again', async () => {
    const { context, rows, sessionId } = await session();
    const quarterMs = START_MS + 15 * MINUTE_MS;
    expect(await monitorPositions(context, { minuteMs: quarterMs })).toMatchObject({ checked: true, events: ['equity-marked'] });
    expect(await monitorPositions(context, { minuteMs: quarterMs })).toMatchObject({ checked: true, events: [] });
    expect(await monitorPositions(anew(rows), { minuteMs: quarterMs })).toMatchObject({ checked: true, events: [] });
    expect(await rows.ledger.head(sessionId)).toBe(2);
  });
});

describe('a minute with more to do than one transaction can hold', () => {
  const endMs = START_MS + 15 * MINUTE_MS;

  /** A session with many orders that are good until then, and as many positions that may be held until then. */
  async function crowded(orders: number) {
    const { rows, sessionId } = await session();
    let account = (await rows.ledger.load(sessionId)) as Account;
    for (let i = 0; i < orders; i++) {
      const [resting, opening] = [entryOrder({ id: `E:${i}`, reserved: '1' }), entryOrder({ id: `H:${i}`, quantity: '0.01', reserved: '1' })];
      const day = { ...resting, instruction: { type: 'limit', limit: decimal('90') }, timeInForce: 'DAY', expiresMs: endMs } as const;
      const held = { ...opening, bracket: { ...opening.bracket, maxHoldingMs: 60_000 } };
      const fill = (now: Account) => entryFill(now, held.id, { price: '100', commission: '0' });
      const commit = commitOf(account, `trade ${i}`, [orderPlaced(day), orderPlaced(held), fill]);
      await rows.ledger.commit(commit);
      account = commit.after;
    }
    return { context: anew(rows, { startMs: endMs }), rows, sessionId };
  }

  it('ends every order, asks for every exit and marks equity, in several commits', async () => {
    const { context, rows, sessionId } = await crowded(70);
    const { events } = await monitorPositions(context, { minuteMs: endMs });
    const count = (type: string): number => events.filter((each) => each === type).length;
    expect([count('order-ended'), count('exit-requested'), count('equity-marked')]).toEqual([70, 70, 1]);
    const account = (await rows.ledger.load(sessionId)) as Account;
    expect(account.orders.size).toBe(70);
    expect((await monitorPositions(context, { minuteMs: endMs })).events).toEqual([]);
  });

  it('goes on where a run that was cut off had stopped', async () => {
    const { context, rows, sessionId } = await crowded(70);
    let commits = 0;
    const stores = faultyStores(rows, (call) => (call === 'commit' && ++commits > 1 ? 'unavailable' : null));
    const cut = anew(stores, { startMs: endMs });
    await expect(monitorPositions(cut, { minuteMs: endMs })).rejects.toMatchObject({ code: 'unavailable' });
    await monitorPositions(context, { minuteMs: endMs });
    const account = (await rows.ledger.load(sessionId)) as Account;
    expect([...account.orders.values()].every((order) => order.purpose === 'exit' && order.atMarket?.reason === 'time')).toBe(true);
  });
});

describe('the trading day', () => {
  it('is rolled once at each open and close, and a missed roll is made up for', async () => {
    const { context, rows, sessionId } = await session();
    expect(await rollTradingDay(context, { atMs: START_MS + MINUTE_MS })).toEqual({ rolled: [] });
    const { rolled } = await rollTradingDay(context, { atMs: START_MS + 2 * DAY_MS });
    expect(rolled.map((id) => id.split(':').slice(1, 3))).toEqual([
      ['close', '2025-01-06'],
      ['open', '2025-01-07'],
      ['close', '2025-01-07'],
      ['open', '2025-01-08'],
    ]);
    expect(await rollTradingDay(context, { atMs: START_MS + 2 * DAY_MS })).toEqual({ rolled: [] });
    expect(await rollTradingDay(anew(rows), { atMs: START_MS + 2 * DAY_MS })).toEqual({ rolled: [] });
    expect((await rows.ledger.load(sessionId))?.day).toMatchObject({ date: '2025-01-08', openEquity: decimal('100000') });
  });

  it('is closed on days without a session too, and only opened on those with one', async () => {
    const { context } = await session();
    const { rolled } = await rollTradingDay(context, { atMs: START_MS + 7 * DAY_MS });
    expect(rolled.filter((id) => id.includes('2025-01-11') || id.includes('2025-01-12')).map((id) => id.split(':')[1])).toEqual(['close', 'close']);
  });
});
