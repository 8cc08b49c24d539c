import { isListed } from '../../config/contracts.ts';
import type { EpochMs } from '../../kernel/time.ts';
import { contractSymbol, parseContractSymbol } from '../../market/contract-symbol.ts';
import type { Quote, Tick } from '../../market/price.ts';
import type { ChainSource } from '../ports.ts';
import { type ContractsView, withContracts } from './contracts-view.ts';

/** A contract's price for the desk, and for the orders that wait for it. */
export interface ContractPrice {
  readonly quote: Quote;
  readonly tick: Tick;
}

/**
 * The prices of the contracts that somebody holds or has ordered, as they are quoted now. What nobody asks for is not told: a
 * chain has a thousand contracts, and every price that is published costs. Triggers go by the mark, as at the venues.
 */
export function contractPrices(source: ChainSource | null, symbols: Iterable<string>, nowMs: EpochMs): readonly ContractPrice[] {
  if (source === null) return [];
  const view = withContracts(nothingAt(nowMs), source);
  return [...symbols].flatMap((symbol): readonly ContractPrice[] => {
    const quote = parseContractSymbol(symbol) === null ? null : view.quote(symbol);
    return quote === null ? [] : [{ quote, tick: tickOf(quote) }];
  });
}

function tickOf({ symbol, last, exchangeMs, receivedMs, source, evidence }: Quote): Tick {
  return { symbol, price: last, quantity: 0, motion: 'print', exchangeMs, receivedMs, source, evidence };
}

const nothingAt = (nowMs: EpochMs): Pick<ContractsView, 'nowMs' | 'quote'> => ({ nowMs, quote: () => null });

/** The perpetuals on a source's underlyings. */
export const perpetualsOf = (source: ChainSource | null): readonly string[] =>
  (source?.underlyings ?? [])
    .filter((underlying) => isListed('perpetual', underlying))
    .map((underlying) => contractSymbol({ kind: 'perpetual', underlying }));
