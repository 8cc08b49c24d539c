import { createBtst } from './btst.ts';
import { createFoArbitrage } from './fo-arbitrage.ts';
import { createOptions } from './options.ts';
import { createScalping } from './scalping.ts';
import type { Strategy, StrategyName } from './strategy.ts';
import { createSwing } from './swing.ts';

/** The strategies that are built, with their default settings: what a session trades unless it names others. */
export const BUILT_STRATEGIES: readonly Strategy[] = [createScalping(), createSwing(), createBtst(), createOptions(), createFoArbitrage()];

/** The built strategy of that name; undefined for one whose capability is not built. */
export function strategyByName(name: StrategyName): Strategy | undefined {
  return BUILT_STRATEGIES.find((strategy) => strategy.name === name);
}
