import { type EpochMs, SECOND_MS } from '../../kernel/time.ts';
import type { Desk } from '../desk.ts';
import type { ChainSource } from '../ports.ts';
import { type ContractPrice, contractPrices } from './contract-prices.ts';

/** How often contracts that are held or ordered are told, in whatever plays the market: what waits for a chain meets it at the same second. */
export const CONTRACTS_EVERY_MS = SECOND_MS;

/** The prices to tell of the contracts that are wanted at an instant. */
export type ContractTeller = (wanted: ReadonlySet<string>, nowMs: EpochMs) => readonly ContractPrice[];

/** Contracts are told when somebody holds or has ordered them, and forgotten by the desk when nobody does any more. */
export function createContractTeller(source: ChainSource | null, desk: Pick<Desk, 'forget'>): ContractTeller {
  let told: ReadonlySet<string> = new Set();
  return (wanted, nowMs) => {
    for (const symbol of told) if (!wanted.has(symbol)) desk.forget(symbol);
    told = wanted;
    return wanted.size === 0 ? [] : contractPrices(source, wanted, nowMs);
  };
}
