import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Window } from '../../shared/indicators/window.ts';
import { DAY_MS } from '../../shared/kernel/time.ts';
import type { Bar } from '../../shared/market/price.ts';
import type { Opportunity, Quiet, Strategy } from '../../shared/strategies/strategy.ts';

const [FAST, SLOW] = [20, 50];
const [STOP_SHARE, TARGET_SHARE] = [0.01, 0.02];
/** Of return a minute: what slippage and size are judged by. */
const VOLATILITY = 0.0008;

const QUIET: Quiet = { kind: 'quiet', reason: 'no_cross', why: 'The averages have not crossed' };

/** Long where the fast average of closes crosses above the slow one, out where it crosses below. Of one symbol, asked every minute. */
export function createSmaCross(): Strategy {
  const [fast, slow] = [new Window(FAST), new Window(SLOW)];
  let isAbove: boolean | null = null;
  return {
    name: 'swing',
    // It makes its averages itself, of the minutes as they come.
    timeframes: [],
    readsDerivatives: false,
    evaluate: ({ chart }) => {
      const close = chart.last1m?.close ?? 0;
      fast.add(close);
      slow.add(close);
      const [fastMean, slowMean] = [fast.value(), slow.value()];
      if (fastMean === null || slowMean === null) return QUIET;
      const before = isAbove;
      isAbove = fastMean > slowMean;
      return before === null || before === isAbove ? QUIET : crossed(close, isAbove);
    },
  };
}

function crossed(price: number, isAbove: boolean): Opportunity {
  const sign = isAbove ? 1 : -1;
  return {
    kind: 'opportunity',
    direction: isAbove ? 'long' : 'short',
    entry: price,
    stop: price * (1 - sign * STOP_SHARE),
    target: price * (1 + sign * TARGET_SHARE),
    trailingShare: null,
    maxHoldingMs: 30 * DAY_MS,
    confidence: 1,
    leastConfidence: 0.5,
    parts: [],
    volatility: VOLATILITY,
    why: 'The averages crossed',
  };
}

export interface PeerRun {
  readonly bars: number;
  readonly ms: number;
  readonly trades: number;
}

interface PeerBar {
  readonly time: Date;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
  readonly isAbove: boolean;
  readonly isBelow: boolean;
}

/** The bars as the peer takes them, with the crosses worked out before its clock starts. */
export function withAverages(bars: readonly Bar[]): readonly PeerBar[] {
  const [fast, slow] = [new Window(FAST), new Window(SLOW)];
  let before = 0;
  return bars.map(({ openMs, open, high, low, close, volume }) => {
    fast.add(close);
    slow.add(close);
    const side = Math.sign((fast.value() ?? 0) - (slow.value() ?? fast.value() ?? 0));
    const cross = before === 0 || side === before ? 0 : side;
    if (side !== 0) before = side;
    return { time: new Date(openMs), open, high, low, close, volume, isAbove: cross > 0, isBelow: cross < 0 };
  });
}

interface Grademark {
  readonly backtest: (strategy: unknown, series: unknown) => readonly unknown[];
}

/** The same rules in grademark, where it is installed: in the folder that NIGHTDESK_PEERS names. */
export function runGrademark(bars: readonly PeerBar[]): PeerRun | null {
  const folder = process.env.NIGHTDESK_PEERS;
  if (folder === undefined) return null;
  const load = createRequire(join(folder, 'package.json'));
  const { backtest }: Grademark = load('grademark');
  const { DataFrame }: { DataFrame: new (rows: unknown) => unknown } = load('data-forge');
  const strategy = {
    entryRule: (enter: () => void, { bar }: { bar: PeerBar }): void => void (bar.isAbove && enter()),
    exitRule: (exit: () => void, { bar }: { bar: PeerBar }): void => void (bar.isBelow && exit()),
    stopLoss: ({ entryPrice }: { entryPrice: number }): number => entryPrice * STOP_SHARE,
    profitTarget: ({ entryPrice }: { entryPrice: number }): number => entryPrice * TARGET_SHARE,
  };
  const series = new DataFrame([...bars]);
  const began = process.cpuUsage();
  const trades = backtest(strategy, series);
  const { user, system } = process.cpuUsage(began);
  return { bars: bars.length, ms: (user + system) / 1_000, trades: trades.length };
}
