import { instrumentBySymbol } from '../../shared/config/instruments.ts';
import { commitDecision } from '../../shared/engine/commit.ts';
import { withContracts } from '../../shared/engine/contracts/contracts-view.ts';
import { decideScan } from '../../shared/engine/decide-scan.ts';
import { createChart } from '../../shared/indicators/chart.ts';
import type { Account } from '../../shared/ledger/account.ts';
import { NO_MODELS } from '../../shared/ml/no-models.ts';
import type { Strategy } from '../../shared/strategies/strategy.ts';
import { opportunityOf } from '../support/engine-fixtures.ts';
import {
  accountOf,
  BENCH_SYMBOLS,
  type BenchEngine,
  type BenchSymbol,
  bareTransactions,
  openEngine,
  PRICES,
  printAt,
  refreshPrices,
} from './engine.ts';
import { againstTarget, msLine, percentiles } from './figures.ts';

const SIGNALS = 200;

interface Taken {
  readonly totalMs: number;
  /** Simulated latency of the order: modelled time, no work of ours. */
  readonly latencyMs: number;
}

/** From a strategy's signal (gate, size, order committed) over the nudge and the order's latency to the committed fill. */
export async function benchSignals(): Promise<readonly string[]> {
  const engine = await openEngine('embedded');
  try {
    const bare = await bareTransactions(engine, 300);
    const taken: Taken[] = [];
    for (let index = 0; index < SIGNALS; index++) {
      const symbol = BENCH_SYMBOLS[index % BENCH_SYMBOLS.length] as BenchSymbol;
      refreshPrices(engine);
      taken.push(await signal(engine, symbol, index));
      await leave(engine, symbol);
    }
    const own = percentiles(taken.map(({ totalMs, latencyMs }) => totalMs - latencyMs));
    const total = percentiles(taken.map(({ totalMs }) => totalMs));
    return [
      `signal to booked position   ${msLine(total)}`,
      `  of it simulated latency   ${msLine(percentiles(taken.map(({ latencyMs }) => latencyMs)))}`,
      `  of it ours                ${msLine(own)}`,
      `bare 5-action transaction   ${msLine(bare)}`,
      `ratio of ours to two        p50 ${(own.p50 / (2 * bare.p50)).toFixed(1)}, p99 ${(own.p99 / (2 * bare.p99)).toFixed(1)}`,
      againstTarget('p99 with latency (ms)', total.p99, '<', 500),
    ];
  } finally {
    await engine.close();
  }
}

/** A strategy that always sees a chance at the symbol's price; all after it is the engine's own. */
function eager(symbol: BenchSymbol): Strategy {
  const entry = PRICES[symbol];
  return {
    name: 'scalping',
    timeframes: ['1m'],
    readsDerivatives: false,
    evaluate: () => opportunityOf({ entry, stop: entry * 0.99, target: entry * 1.03 }),
  };
}

async function signal({ context, desk, sessionId }: BenchEngine, symbol: BenchSymbol, index: number): Promise<Taken> {
  const instrument = instrumentBySymbol(symbol);
  const [chart, id] = [createChart(instrument), `ask:bench-${index}`];
  const began = performance.now();
  const filled = untilChanged(context, (account) => account.positions.size > 0);
  const result = await commitDecision(context, sessionId, (current) => {
    const view = { ...withContracts(desk.view(Date.now()), null), chart: () => chart, model: NO_MODELS };
    const questions = [{ strategy: eager(symbol), instrument, base: null }];
    const command = { id, ordinal: index, minuteMs: 0, markets: ['CRYPTO'], questions, configVersion: 'bench' } as const;
    const { draft, record } = decideScan(current, view, command);
    return { draft, scan: record, outcome: { scan: id } };
  });
  if (result.kind !== 'committed') throw new Error(`The signal on ${symbol} placed nothing`);
  await context.nudge(sessionId);
  await filled;
  const totalMs = performance.now() - began;
  const [placed] = result.decided.draft.rows;
  if (placed?.event.type !== 'order-placed') throw new Error('The first row of a signal is its order');
  return { totalMs, latencyMs: placed.event.order.activeFromMs - placed.event.order.acceptedMs };
}

/** Leaves the position by its target, so that the next signal finds the same account and no loss stops the day. */
async function leave(engine: BenchEngine, symbol: BenchSymbol): Promise<void> {
  const { context, desk, matcher } = engine;
  const [exit] = (await accountOf(engine)).orders.values();
  if (exit === undefined) throw new Error(`The position in ${symbol} has no exit`);
  while (Date.now() <= exit.activeFromMs) await context.sleep(1);
  // A print through a target fills no more than it was of: it is as large as the position.
  const tick = { ...printAt(symbol, PRICES[symbol] * 1.04), quantity: 1e9 };
  desk.tick(tick);
  await matcher.tick(tick);
  if ((await accountOf(engine)).positions.size > 0) throw new Error(`The target in ${symbol} was passed and the position is open`);
}

function untilChanged({ accounts }: BenchEngine['context'], isReached: (account: Account) => boolean): Promise<void> {
  return new Promise((resolve) => {
    accounts.onChange((account) => {
      if (isReached(account)) resolve();
    });
  });
}
