import type { Account } from '../../ledger/account.ts';
import { strategyByName } from '../../strategies/registry.ts';
import type { EngineContext } from '../context.ts';
import type { ChainSource } from '../ports.ts';
import { chainSourceOf, hasContracts } from './chain-source.ts';

/** The chains where a scan of the account needs them: a strategy of it reads them, or it holds contracts. */
export async function chainsAsked(context: EngineContext, account: Account): Promise<ChainSource | null> {
  const isRead = account.strategies.some((name) => strategyByName(name).readsDerivatives);
  return context.chains !== null || isRead || hasContracts(account) ? chainSourceOf(context) : null;
}
