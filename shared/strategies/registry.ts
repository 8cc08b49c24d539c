import { foArbitrageConfig, optionsConfig } from '../config/strategies.ts';
import { SECOND_MS } from '../kernel/time.ts';
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

/** The strategies where quotes of contracts may be of another age than by default: chains that were recorded now and then are seldom young. */
export function strategiesWith({ quoteAgeSeconds }: { readonly quoteAgeSeconds: number }): (name: StrategyName) => Strategy {
  const others: Readonly<Record<StrategyName, Strategy>> = {
    ...STRATEGIES,
    options: createOptions(optionsConfig.parse({ maxQuoteAgeSeconds: quoteAgeSeconds })),
    fo_arbitrage: createFoArbitrage(foArbitrageConfig.parse({ maxQuoteAgeMs: quoteAgeSeconds * SECOND_MS })),
  };
  return (name) => others[name];
}

/** The strategy of that name. */
export const strategyByName = (name: StrategyName): Strategy => STRATEGIES[name];
