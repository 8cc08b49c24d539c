import type { MarketStore } from '../engine/ports.ts';
import type { Items } from './items.ts';
import { createMarket, type MarketOptions } from './market.ts';
import { createMemoryItems } from './memory-items.ts';

/** The market in memory. */
export const createMemoryMarket = (options: MarketOptions, items: Items = createMemoryItems()): MarketStore => createMarket(items, options);
