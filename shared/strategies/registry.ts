import { createBtst } from './btst.ts';
import { createFoArbitrage } from './fo-arbitrage.ts';
import { createOptions } from './options.ts';
import { createScalping } from './scalping.ts';
import { STRATEGY_NAMES, type Strategy, type StrategyName } from './strategy.ts';
import { createSwing } from './swing.ts';

const STRATEGIES: Readonly<Record<StrategyName, Strategy>> = {
  scalping: createScalping(),
  swing: createSwing(),
  btst: createBtst(),
  options: createOptions(),
  fo_arbitrage: createFoArbitrage(),
};

/** All strategies with their default settings: what a session trades unless it names some. */
export const BUILT_STRATEGIES: readonly Strategy[] = STRATEGY_NAMES.map((name) => STRATEGIES[name]);

/** The strategy of that name. */
export const strategyByName = (name: StrategyName): Strategy => STRATEGIES[name];
