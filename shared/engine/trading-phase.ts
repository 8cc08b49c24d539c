import type { PhaseView } from '../market/calendar.ts';
import type { InstrumentGroup } from '../market/calendar-facts.ts';
import { parseContractSymbol } from '../market/contract-symbol.ts';
import type { Market } from '../market/instrument.ts';
import type { MarketView } from './view.ts';

/** The group of instruments whose hours hold for a symbol. */
export function groupOf({ symbol, market }: { readonly symbol: string; readonly market: Market }): InstrumentGroup {
  return market === 'NSE' && parseContractSymbol(symbol) !== null ? 'derivatives' : 'closing-auction';
}

/** Where the trading of an order's or a position's own instrument stands: futures and options of NSE know no closing auction. */
export const phaseOf = (view: MarketView, of: { readonly symbol: string; readonly market: Market }): PhaseView => view.phase(of.market, groupOf(of));
