import { commitDecision } from '../../shared/engine/commit.ts';
import { decideMatch } from '../../shared/engine/decide-match.ts';
import { MINUTE_MS } from '../../shared/kernel/time.ts';
import { exitId } from '../../shared/ledger/resting-exit.ts';
import type { Tick } from '../../shared/market/price.ts';
import { orderPlaced } from '../support/ledger-fixtures.ts';
import {
  BENCH_SYMBOLS,
  type BenchBooks,
  type BenchSymbol,
  bareTransactions,
  bracketOrder,
  commitEvents,
  openBooks,
  openPositions,
  printAt,
  refreshPrices,
  stopAt,
} from './engine.ts';
import { againstTarget, msLine, type Percentiles, percentiles } from './figures.ts';

/** Open while the fills are made: an account is not empty. */
const STANDING = 50;
const ROUND_TRIPS_EMBEDDED = 300;
const ROUND_TRIPS_MEMORY = 4_000;
const WARM_UP = 200;
/** Prices are told again before they are too old to fill on. */
const TRIPS_A_REFRESH = 50;

/** A fill from its decision to its commit: entries at market, and exits at their stops, with 50 positions open. */
export async function benchFills(): Promise<readonly string[]> {
  const embedded = await fillsOn('embedded', ROUND_TRIPS_EMBEDDED);
  const memory = await fillsOn('memory', ROUND_TRIPS_MEMORY);
  return [
    ...linesOf('embedded', embedded),
    ...linesOf('memory', memory),
    `fills through memory        ${Math.round(memory.bySecond)} fills/s, one after the other`,
    againstTarget('fills/s through memory', memory.bySecond, '>=', 1_000),
  ];
}

interface Fills {
  readonly entries: Percentiles;
  readonly exits: Percentiles;
  readonly bare: Percentiles;
  readonly bySecond: number;
}

function linesOf(store: string, { entries, exits, bare }: Fills): readonly string[] {
  const line = (what: string, figures: string): string => `${`${store}: ${what}`.padEnd(28)}${figures}`;
  return [
    line('entry filled', msLine(entries)),
    line('exit filled', msLine(exits)),
    line('bare 5-action', msLine(bare)),
    line('exit to bare', `p50 ${(exits.p50 / bare.p50).toFixed(1)}, p99 ${(exits.p99 / bare.p99).toFixed(1)}`),
  ];
}

async function fillsOn(store: 'embedded' | 'memory', roundTrips: number): Promise<Fills> {
  const books = await openBooks(store);
  try {
    const bare = await bareTransactions(books, roundTrips);
    await openPositions(books, STANDING, 0);
    const [entries, exits]: [number[], number[]] = [[], []];
    for (let trip = -WARM_UP; trip < roundTrips; trip++) {
      if (trip % TRIPS_A_REFRESH === 0) refreshPrices(books);
      const symbol = BENCH_SYMBOLS[Math.abs(trip) % BENCH_SYMBOLS.length] as BenchSymbol;
      const order = bracketOrder(`T:${trip}`, symbol, 0);
      // The gate lets no more than a few a minute be accepted, and an account keeps their times.
      await commitEvents(books, order.id, [{ ...orderPlaced(order), atMs: order.acceptedMs + (trip + WARM_UP) * MINUTE_MS }]);
      const entryMs = await timedFill(books, order.id, null);
      const exitMs = await timedFill(books, exitId(order.positionId, 1), printAt(symbol, stopAt(symbol, 0) * 0.9999));
      if (trip < 0) continue;
      entries.push(entryMs);
      exits.push(exitMs);
    }
    const totalMs = [...entries, ...exits].reduce((sum, ms) => sum + ms, 0);
    return { entries: percentiles(entries), exits: percentiles(exits), bare, bySecond: (2 * roundTrips * 1_000) / totalMs };
  } finally {
    await books.close();
  }
}

/** Fills an order as the matcher does, and says how long it took, ms. */
async function timedFill({ context, desk, lease: { scope, epoch }, sessionId }: BenchBooks, orderId: string, tick: Tick | null): Promise<number> {
  const began = performance.now();
  const result = await commitDecision(context, sessionId, (account) => {
    const draft = decideMatch(account, desk.view(context.clock.now()), {
      orderId,
      tick,
      extreme: null,
      queueAhead: null,
      configVersion: context.settings.configVersion,
    });
    return draft === null ? null : { draft, fence: { scope, epoch }, outcome: { fill: draft.commandId } };
  });
  const ms = performance.now() - began;
  const row = result.kind === 'committed' ? result.decided.draft.rows.at(-1) : undefined;
  if (row?.event.type !== 'filled') throw new Error(`Order ${orderId} did not fill: ${row?.event.type ?? result.kind}`);
  return ms;
}
