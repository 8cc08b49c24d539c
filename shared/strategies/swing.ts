import { type SwingConfig, swingConfig } from '../config/strategies.ts';
import type { TimeframeView } from '../indicators/generation.ts';
import { HOUR_MS } from '../kernel/time.ts';
import { TIMEFRAME_MS } from '../market/timeframe.ts';
import { type BaseBar, baseBar, quiet } from './base-bar.ts';
import { weighWithOdds } from './components/ml.ts';
import { confluence } from './components/technical.ts';
import { trend } from './components/trend.ts';
import { volume } from './components/volume.ts';
import { signOf } from './direction.ts';
import { breakout } from './patterns/breakout.ts';
import { engulfing, pinBar } from './patterns/candlesticks.ts';
import { divergence } from './patterns/divergence.ts';
import { flagAndPennant } from './patterns/flag.ts';
import { type Pattern, patternReading, strongest } from './patterns/pattern.ts';
import { pullback } from './patterns/pullback.ts';
import { bounce, levelBreak } from './patterns/support-resistance.ts';
import type { Direction, Opportunity, Quiet, Strategy, StrategyView } from './strategy.ts';
import { trendDirection } from './trend-direction.ts';

// Twice the usual volume is as much as a quarter of an hour needs to convince.
const FULL_VOLUME_RATIO = 2;

/**
 * A trend, entered where a pullback ends, a range, a level, a flag or a pennant is broken, support holds, or a divergence shows
 * that the move against it is spent.
 *
 * The middle timeframe names the direction: fast over slow average, directional lines and ADX agreeing. The slowest may
 * not oppose it. The base timeframe gives the moment. The stop is a fixed share away and trails the best price.
 */
export function createSwing(config: SwingConfig = swingConfig.parse({})): Strategy {
  const strategy: Strategy = {
    name: 'swing',
    timeframes: config.timeframes,
    readsDerivatives: false,
    evaluate: (view, named) => {
      const base = baseBar(view, strategy, named ?? config.timeframes[0] ?? '15m', named !== undefined);
      return base.kind === 'quiet' ? base : judge(config, view, base);
    },
  };
  return strategy;
}

function judge(config: SwingConfig, view: StrategyView, base: BaseBar): Opportunity | Quiet {
  const { chart } = view;
  const slower = config.timeframes
    .filter((timeframe) => TIMEFRAME_MS[timeframe] > TIMEFRAME_MS[base.view.timeframe])
    .map((timeframe) => chart.timeframe(timeframe));
  const direction = trendDirection(base.view, slower, config.leastAdx);
  if (direction === null) return quiet('no_trend', 'The timeframes show no common trend');
  const setups = setupsOf(base, direction);
  const setup = strongest(setups);
  if (setup.score < config.leastPattern)
    return quiet('no_setup', `A ${direction} trend without a setup on ${base.view.timeframe}: ${setup.name} (${setup.score.toFixed(2)})`);
  return propose(config, view, base, direction, slower, setup, setups);
}

function setupsOf({ view, atr }: BaseBar, direction: Direction): readonly Pattern[] {
  const { candles, rsis } = view;
  const { donchian, emaFast, emaSlow } = view.indicators;
  const rested = flagAndPennant(candles, atr, direction);
  const setups: Pattern[] = [
    { name: 'divergence', score: divergence(candles, rsis, direction) },
    { name: 'flag', score: rested.flag },
    { name: 'pennant', score: rested.pennant },
    { name: 'bounce off a level', score: bounce(candles, atr, direction) },
    { name: 'break of a level', score: levelBreak(candles, atr, direction) },
  ];
  if (donchian) setups.push({ name: 'break-out', score: breakout(candles, donchian, atr, direction) });
  if (emaFast !== null && emaSlow !== null)
    setups.push({ name: 'pullback', score: pullback(candles, { fast: emaFast, slow: emaSlow }, atr, direction) });
  return setups;
}

function propose(
  config: SwingConfig,
  view: StrategyView,
  base: BaseBar,
  direction: Direction,
  slower: readonly TimeframeView[],
  setup: Pattern,
  setups: readonly Pattern[],
): Opportunity {
  const { candles } = base.view;
  const sign = signOf(direction);
  const levels = {
    direction,
    stop: base.price * (1 - sign * config.stopShare),
    target: base.price * (1 + sign * config.targetShare),
    maxHoldingMs: config.maxHoldingHours * HOUR_MS,
  };
  const judged = weighWithOdds(view, { strategy: 'swing', base, ...levels, leastConfidence: config.leastOdds }, config.weights, {
    technical: confluence([base.view, ...slower], direction),
    pattern: patternReading([
      ...setups,
      { name: 'engulfing', score: engulfing(candles, direction) },
      { name: 'pin bar', score: pinBar(candles, direction) },
    ]),
    volume: volume(base.view, FULL_VOLUME_RATIO),
    trend: trend(slower, direction),
  });
  return {
    kind: 'opportunity',
    entry: base.price,
    ...levels,
    trailingShare: config.trailingShare,
    ...judged,
    leastConfidence: config.leastConfidence,
    volatility: base.volatility,
    why: `A ${setup.name} with the ${direction} trend on ${base.view.timeframe}`,
  };
}
