import type { Account } from '../../ledger/account.ts';
import type { Market } from '../../market/instrument.ts';
import { type AskedSymbols, type AskedView, type Question, symbolsOf } from '../ask-strategies.ts';
import { type MarketScan, questionsOf } from '../scan-market.ts';
import type { Lanes } from './lanes.ts';

/** The questions of a scan. */
export interface Questioning {
  readonly all: readonly Question[];
  /** Those about symbols that something is known of. */
  readonly known: readonly Question[];
  /** The symbols of those. */
  readonly about: AskedSymbols;
}

/** What each minute's scan of a market asks: mostly the same as in the minute before. */
export function createQuestioning(
  lanes: Lanes,
): (account: Account, view: AskedView, asks: Pick<MarketScan, 'market' | 'minuteMs' | 'strategyOf'>) => Questioning {
  const before = new Map<Market, Questioning & { readonly revision: number }>();
  return (account, view, asks) => {
    const revision = lanes.revision();
    const last = before.get(asks.market);
    const all = questionsOf(account, view, asks);
    if (last?.all === all && last.revision === revision) return last;
    const known = all.filter(({ strategy, instrument }) => strategy.readsDerivatives || lanes.chart(instrument.symbol) !== null);
    const made = { all, known, about: symbolsOf(known), revision };
    before.set(asks.market, made);
    return made;
  };
}
