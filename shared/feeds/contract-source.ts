import type { MarketSource } from '../engine/market-source.ts';
import type { ChainSource } from '../engine/ports.ts';

/** A feed of contracts: it gives no market of its own, and is started and watched with those that do. */
export type ContractSource = MarketSource & ChainSource;
