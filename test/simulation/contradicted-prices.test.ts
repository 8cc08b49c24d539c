import { beforeAll, describe, expect, it } from 'vitest';
import { checkRules } from '../../shared/config/cross-check.ts';
import type { Trade } from '../../shared/contracts/fill.ts';
import type { JournalRow } from '../../shared/contracts/journal.ts';
import type { FeedSink, MarketSource } from '../../shared/engine/market-source.ts';
import { startSession } from '../../shared/engine/sessions.ts';
import { verifyLedger } from '../../shared/engine/verify-ledger.ts';
import type { Clock } from '../../shared/kernel/clock.ts';
import { decimal } from '../../shared/kernel/decimal.ts';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../../shared/kernel/time.ts';
import type { Tick } from '../../shared/market/price.ts';
import { brokenBooks, createRows, type EngineWorld, openWorld } from '../support/engine-world.ts';
import { historyFrom, type Script, scriptedSource, scriptOf } from '../support/scripted-source.ts';

/** Tuesday 2025-01-07, 11:30 in India. */
const START_MS = Date.UTC(2025, 0, 7, 6);
const HOURS = 4;
/** Another venue tells 3 % less for ETH in every second half hour. */
const SYMBOL = 'ETH';
const isContradicted = (atMs: number): boolean => Math.floor((atMs - START_MS) / (30 * MINUTE_MS)) % 2 === 1;
const TELL_EVERY_MS = 2 * SECOND_MS;

const SCRIPT: Script = scriptOf(3, {
  fromMs: historyFrom(START_MS),
  minutes: (START_MS - historyFrom(START_MS)) / MINUTE_MS + HOURS * 60 + 10,
  symbols: ['SOL', SYMBOL, 'DOT'],
});

/**
 * The script with a print every other second, as a venue has them; beside it, where `isChecked`, a second venue that tells the
 * same prices in dollars, or contradicts them.
 */
function venue(clock: Clock, isChecked: boolean): MarketSource {
  const script = scriptedSource(clock, SCRIPT);
  const last = new Map<string, Tick>();

  const tell = (sink: FeedSink, atMs: number): void => {
    clock.at(atMs, '1-venues', async () => {
      const stamps = { exchangeMs: atMs, receivedMs: atMs };
      for (const tick of last.values()) {
        const { symbol, source, evidence } = tick;
        const price = symbol === SYMBOL && isContradicted(atMs) ? tick.price * 0.97 : tick.price;
        if (isChecked) sink.reference({ symbol, bid: price, ask: price, currency: 'USD', source: 'elsewhere', ...stamps });
        await sink.tick({ symbol, price: tick.price, quantity: 0, motion: 'print', source, evidence, ...stamps });
      }
      tell(sink, atMs + TELL_EVERY_MS);
    });
  };

  return {
    ...script,
    start: async (sink, cursor) => {
      tell(sink, clock.now() + TELL_EVERY_MS);
      const tick: FeedSink['tick'] = (each) => {
        last.set(each.symbol, each);
        return sink.tick(each);
      };
      await script.start({ ...sink, tick }, cursor);
    },
  };
}

interface Run {
  readonly journal: readonly JournalRow[];
  readonly trades: readonly Trade[];
  readonly refusals: readonly { readonly symbol: string; readonly atMs: number }[];
  readonly faults: readonly string[];
  readonly isSound: boolean;
  readonly world: EngineWorld;
}

async function run(source: (clock: Clock) => MarketSource): Promise<Run> {
  const rows = createRows();
  const faults: string[] = [];
  const world = await openWorld({ rows, startMs: START_MS, source, afterStep: (account) => void faults.push(...brokenBooks(account)) });
  await world.start();
  const { account } = await startSession(world.context, { startingCapital: decimal('100000'), strategies: ['scalping'], riskLimits: {} }, null);
  await world.clock.run(START_MS + HOURS * HOUR_MS);
  const { sessionId } = account;
  const journal: JournalRow[] = [];
  for await (const row of rows.ledger.rows(sessionId, 0)) journal.push(row);
  const refusals = world.scans.flatMap(({ scan }) =>
    (scan?.decisions ?? []).filter(({ reason }) => reason === 'quote_diverged').map(({ symbol }) => ({ symbol, atMs: scan?.minuteMs ?? 0 })),
  );
  const { items: trades } = await rows.ledger.trades(sessionId, { limit: 500, cursor: null });
  faults.push(...world.failures);
  return { journal, trades, refusals, faults, isSound: (await verifyLedger(rows.ledger, sessionId)).isSound, world };
}

/** Fills of the contradicted symbol while it was, from the moment on at which that had lasted. */
const fillsWhileDiverged = ({ journal }: Run, purpose: 'entry' | 'exit') =>
  journal.flatMap(({ event }) => {
    if (event.type !== 'filled' || event.fill.purpose !== purpose || event.fill.symbol !== SYMBOL) return [];
    return isContradicted(event.atMs) && isContradicted(event.atMs - checkRules(SYMBOL).holdMs - TELL_EVERY_MS) ? [event.fill] : [];
  });

describe('hours in which another venue contradicts a price now and then', () => {
  let checked: Run;
  let alone: Run;
  beforeAll(async () => {
    [checked, alone] = [await run((clock) => venue(clock, true)), await run((clock) => venue(clock, false))];
  });

  it('would have had entries meanwhile, had nobody contradicted', () => {
    expect(fillsWhileDiverged(alone, 'entry').length).toBeGreaterThan(0);
    expect(
      alone.journal.map(({ event }) => JSON.stringify(event, (_, value) => (typeof value === 'bigint' ? String(value) : value))).join(),
    ).not.toMatch(/"check"|"flags"/);
  });

  it('have no entry on that price, each refused with the reason, and go on with the others', () => {
    expect(fillsWhileDiverged(checked, 'entry')).toEqual([]);
    expect(checked.refusals.length).toBeGreaterThan(0);
    expect(checked.refusals.filter(({ symbol, atMs }) => symbol !== SYMBOL || !isContradicted(atMs))).toEqual([]);
    const entered = new Set(
      checked.journal.flatMap(({ event }) => (event.type === 'filled' && event.fill.purpose === 'entry' ? event.fill.symbol : [])),
    );
    expect([...entered].sort()).toEqual(['DOT', SYMBOL, 'SOL']);
  });

  it('fill exits all the same, flagged, and flag no other trade', () => {
    const exits = fillsWhileDiverged(checked, 'exit');
    expect(exits.length).toBeGreaterThan(0);
    const flagged = checked.trades.filter(({ flags }) => flags?.includes('diverged_quote'));
    expect(flagged.map(({ id }) => id).sort()).toEqual(exits.map(({ positionId }) => positionId).sort());
    for (const { provenance } of exits)
      expect(provenance.quote.check).toMatchObject({ state: 'diverged', against: ['elsewhere'], spreadBps: 309.28 });
  });

  it('end every order with a reason and balance the books', () => {
    for (const each of [checked, alone]) expect([each.faults, each.isSound]).toEqual([[], true]);
    const open = new Set<string>();
    for (const { event } of checked.journal) {
      if (event.type === 'order-placed') open.add(event.order.id);
      if (event.type === 'order-ended') open.delete(event.orderId);
      if (event.type === 'filled') open.delete(event.fill.orderId);
    }
    expect([...open]).toEqual([]);
  });

  it('publish what was said of each price, for whoever reads it', async () => {
    const snapshot = await checked.world.context.market.snapshot('test');
    expect(snapshot?.quotes.map(({ symbol, check }) => [symbol, check?.against])).toEqual([
      ['DOT', ['elsewhere']],
      [SYMBOL, ['elsewhere']],
      ['SOL', ['elsewhere']],
    ]);
  });
});
