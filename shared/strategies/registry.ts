import { optionsConfig } from '../config/strategies.ts';
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

/**
 * The strategies where a chain may be of another age for options to be traded at it: one that was recorded now and then is seldom
 * young. Arbitrage keeps its own limit: prices of different minutes are none.
 */
export function strategiesWith({ quoteAgeSeconds }: { readonly quoteAgeSeconds: number }): (name: StrategyName) => Strategy {
  const others: Readonly<Record<StrategyName, Strategy>> = {
    ...STRATEGIES,
    options: createOptions(optionsConfig.parse({ maxQuoteAgeSeconds: quoteAgeSeconds })),
  };
  return (name) => others[name];
}

/** The strategy of that name. */
export const strategyByName = (name: StrategyName): Strategy => STRATEGIES[name];
