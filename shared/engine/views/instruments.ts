import { ALL_SYMBOLS, instrumentBySymbol } from '../../config/instruments.ts';
import type { InstrumentsAnswer } from '../../contracts/v8/market-data.ts';
import { fromNumber, text } from '../../kernel/decimal.ts';
import { iso } from '../../kernel/time.ts';
import type { Market } from '../../market/instrument.ts';
import { listedAs } from '../../market/listed-rules.ts';
import type { EngineContext } from '../context.ts';
import { ageAt } from './instants.ts';

/** What can be traded, with the grids in force now. @throws StoreError when the market cannot be read */
export async function instruments({ clock, market: store, world }: EngineContext, market: Market | undefined): Promise<InstrumentsAnswer> {
  const nowMs = clock.now();
  const snapshot = await store.snapshot(world.scope);
  const prices = new Map((snapshot?.quotes ?? []).map(({ symbol, last }) => [symbol, last]));
  const rules = new Map((snapshot?.rules ?? []).map((each) => [each.symbol, each]));
  const listed = ALL_SYMBOLS.map((symbol) => instrumentBySymbol(symbol, nowMs)).filter((each) => market === undefined || each.market === market);
  return {
    instruments: listed.map((shipped) => {
      const told = rules.get(shipped.symbol) ?? null;
      const instrument = listedAs(shipped, told);
      const last = prices.get(instrument.symbol);
      return {
        symbol: instrument.symbol,
        venueSymbol: instrument.venueSymbol,
        name: instrument.name,
        market: instrument.market,
        venue: instrument.venue,
        currency: instrument.quote,
        isin: instrument.isin,
        tickSize: last === undefined && told === null ? null : text(instrument.tickSize(fromNumber(last ?? 0))),
        lotStep: text(instrument.lotStep),
        minNotional: text(instrument.minNotional),
        shortSale: instrument.shortSale,
        listing: told === null ? null : { status: told.status, source: told.source, ageMs: ageAt(nowMs, told.asOfMs) },
      };
    }),
    timestamp: iso(nowMs),
  };
}
