import type { Account } from '../../ledger/account.ts';
import { parseContractSymbol } from '../../market/contract-symbol.ts';
import type { EngineContext } from '../context.ts';
import type { ChainSource } from '../ports.ts';
import { storedChains } from './stored-chains.ts';

/** Whether an account holds or works contracts: only then do their chains matter to those who look after it. */
export function hasContracts({ positions, orders }: Pick<Account, 'positions' | 'orders'>): boolean {
  const isContract = ({ symbol }: { readonly symbol: string }): boolean => parseContractSymbol(symbol) !== null;
  return [...positions.values()].some(isContract) || [...orders.values()].some(isContract);
}

/**
 * The futures and options of this world: those of a source in this process or, where there is none, the chains that the feed has
 * published. Null in a world without derivatives.
 */
export async function chainSourceOf({ chains, market, world }: EngineContext): Promise<ChainSource | null> {
  return chains ?? (await storedChains(market, world.scope));
}
