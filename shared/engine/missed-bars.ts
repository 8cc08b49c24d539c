import type { Rate } from '../contracts/terms.ts';
import { type EpochMs, HOUR_MS, minuteOf } from '../kernel/time.ts';
import type { Account } from '../ledger/account.ts';
import { ticksOfBar } from '../market/bar-ticks.ts';
import type { ListedRules } from '../market/listed-rules.ts';
import type { Bar, Tick } from '../market/price.ts';
import { createDesk } from './desk.ts';
import type { MarketStore } from './ports.ts';
import type { MarketView } from './view.ts';

/** A point of a bar that no feed heard, with the market as it was known then. */
export interface PastTick {
  readonly tick: Tick;
  /** Of the desk as it is now: to be looked at before the next one is asked for. */
  readonly view: MarketView;
  /** Start of its bar: nobody knows when within it the price was there. */
  readonly barMs: EpochMs;
}

/** What is known besides the bars: as it is now, for nobody kept what it was then. */
interface Known {
  readonly rates: readonly Rate[];
  readonly rules: readonly ListedRules[];
}

/**
 * What was traded while no feed ran, of the symbols that the account has orders in, from the minutes that were fetched since:
 * from that in which the feed before spoke last, up to `toMs`.
 */
export async function missedTicks(
  market: Pick<MarketStore, 'bars'>,
  account: Account,
  span: { readonly sinceMs: EpochMs; readonly toMs: EpochMs },
  known: Known,
): Promise<Iterable<PastTick>> {
  const fromMs = minuteOf(span.sinceMs);
  if (fromMs >= span.toMs || account.orders.size === 0) return [];
  const symbols = new Set([...account.orders.values()].map(({ symbol }) => symbol));
  const stored = await market.bars(account.scope, fromMs - HOUR_MS, span.toMs);
  const bars = [...stored].flatMap(([symbol, ofSymbol]) => (symbols.has(symbol) ? ofSymbol : []));
  const [before, missed] = [bars.filter(({ openMs }) => openMs < fromMs), bars.filter(({ openMs }) => openMs >= fromMs)];
  return pastTicks(missed, { ...known, before });
}

/**
 * Bars played as ticks, oldest first, on a desk of their own: the live one must not take old prices for new. Nobody knows the
 * books of then.
 * @param known.before bars of the time before, for the tapes
 */
function* pastTicks(bars: readonly Bar[], known: Known & { readonly before: readonly Bar[] }): Generator<PastTick> {
  const desk = createDesk();
  desk.rates(known.rates);
  desk.listed(known.rules);
  for (const bar of known.before) desk.bar(bar);
  for (const bar of bars.toSorted((a, b) => a.openMs - b.openMs || (a.symbol < b.symbol ? -1 : 1))) {
    for (const tick of ticksOfBar(bar, 'missed bars')) {
      desk.tick(tick);
      yield { tick, barMs: bar.openMs, view: desk.view(tick.receivedMs) };
    }
    desk.bar(bar);
  }
}
