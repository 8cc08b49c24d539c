import { describe, expect, it } from 'vitest';
import { commitDecision } from '../../../shared/engine/commit.ts';
import type { EngineContext } from '../../../shared/engine/context.ts';
import { decideMatch } from '../../../shared/engine/decide-match.ts';
import { decideMonitor } from '../../../shared/engine/decide-monitor.ts';
import { draftOn } from '../../../shared/engine/draft.ts';
import { closePosition } from '../../../shared/engine/orders/close-position.ts';
import { requestExit } from '../../../shared/engine/request-exit.ts';
import { stopSession } from '../../../shared/engine/sessions.ts';
import { createVirtualClock } from '../../../shared/kernel/clock-virtual.ts';
import { MINUTE_MS } from '../../../shared/kernel/time.ts';
import { bareQuote, tickOf, viewOfSketch } from '../../support/engine-fixtures.ts';
import { brokenBooks, contextOver, createRows, type Rows } from '../../support/engine-world.ts';
import { commitOf, entryFill, entryOrder, orderPlaced, START_MS, sessionStarted } from '../../support/ledger-fixtures.ts';
import { asked } from '../../support/working-orders.ts';

const NOW_MS = START_MS + 60_000;
/** After the time exit. */
const LATER_MS = START_MS + 21 * MINUTE_MS;
const EXIT_ID = 'X:P:E:1:1';

/** Each a process of its own, which has read the account before any of the others has written. */
type Cause = (context: EngineContext) => Promise<unknown>;

const matchAt = (price: number, atMs: number): Cause => {
  const view = viewOfSketch({ nowMs: atMs, quotes: [bareQuote('BTC', price, atMs)] });
  return (context) =>
    commitDecision(context, 's', (account) => {
      const draft = decideMatch(account, view, asked(EXIT_ID, { tick: tickOf('BTC', price, atMs) }));
      return draft === null ? null : { draft };
    });
};

const CAUSES = {
  stop: matchAt(97, NOW_MS),
  'manual close': (context) => closePosition(context, 'P:E:1', {}, 'key'),
  'session stop': (context) => stopSession(context, { closePositions: true }, null),
  'time exit': (context) =>
    commitDecision(context, 's', (account) => ({
      draft: decideMonitor(account, viewOfSketch({ nowMs: START_MS + 20 * MINUTE_MS }), {
        id: 'monitor',
        minuteMs: START_MS + MINUTE_MS,
        squareOffMs: null,
      }),
    })),
  signal: (context) =>
    commitDecision(context, 's', (account) => {
      const draft = draftOn(account, 'scan');
      const position = account.positions.get('P:E:1');
      if (position !== undefined) requestExit(draft, position, { reason: 'signal', quantity: null, nowMs: NOW_MS });
      return { draft };
    }),
} as const satisfies Record<string, Cause>;
type Name = keyof typeof CAUSES;

/** What closes the position when each of them comes first. */
const REASONS: Record<Name, string> = {
  stop: 'stop',
  'manual close': 'manual',
  'session stop': 'session-stop',
  'time exit': 'time',
  signal: 'signal',
};

async function begun(): Promise<Rows> {
  const rows = createRows();
  const opened = [orderPlaced(entryOrder()), (account: Parameters<typeof entryFill>[0]) => entryFill(account, 'E:1', { price: '100' })];
  await rows.ledger.commit(commitOf(null, 'start', [sessionStarted('s'), ...opened]));
  return rows;
}

const processOver = async (rows: Rows): Promise<EngineContext> => {
  const context = contextOver(rows, createVirtualClock({ startMs: NOW_MS, speed: Number.POSITIVE_INFINITY }));
  await context.accounts.active();
  await context.accounts.current('s');
  return context;
};

const TOO_LATE: readonly unknown[] = ['position_closed', 'position_closing', 'no_active_session'];

/** A cause that comes too late may be told so; everything else is a fault. */
async function settle(cause: Cause, context: EngineContext): Promise<void> {
  try {
    await cause(context);
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error) || !TOO_LATE.includes(error.code)) throw error;
  }
}

const ORDERS = (Object.keys(CAUSES) as Name[]).flatMap((first) =>
  (Object.keys(CAUSES) as Name[]).filter((second) => second !== first).map((second) => [first, second] as const),
);

describe('two causes of an exit that have seen the same account', () => {
  it.each(ORDERS)('%s before %s: the first wins, each unit is sold once, and the other finds it done', async (first, second) => {
    const rows = await begun();
    const [one, two] = [await processOver(rows), await processOver(rows)];
    await settle(CAUSES[first], one);
    await settle(CAUSES[second], two);
    // What was asked for reaches the venue.
    await matchAt(100, LATER_MS)(await processOver(rows));
    const account = await rows.ledger.load('s');
    expect(account).toMatchObject({ positions: new Map(), orders: new Map(), totals: { trades: 1, fills: 2 } });
    expect(account === null ? ['no account'] : brokenBooks(account)).toEqual([]);
    expect((await rows.ledger.trades('s', { limit: 10, cursor: null })).items).toMatchObject([{ closedWhy: REASONS[first] }]);
  });

  it('come to one end when they commit at the same moment, all of them', async () => {
    const rows = await begun();
    const contexts = await Promise.all(Object.keys(CAUSES).map(() => processOver(rows)));
    await Promise.all(Object.values(CAUSES).map((cause, index) => settle(cause, contexts[index] as EngineContext)));
    await matchAt(100, LATER_MS)(await processOver(rows));
    expect(await rows.ledger.load('s')).toMatchObject({ positions: new Map(), orders: new Map(), totals: { trades: 1, fills: 2 } });
  });

  it('are each tried on the position that is there: none of them is a test of nothing', async () => {
    for (const [name, cause] of Object.entries(CAUSES)) {
      const rows = await begun();
      await cause(await processOver(rows));
      const account = await rows.ledger.load('s');
      const isAsked = account?.orders.get(EXIT_ID)?.version === 2;
      expect([name, isAsked || account?.positions.size === 0]).toEqual([name, true]);
    }
  });
});
