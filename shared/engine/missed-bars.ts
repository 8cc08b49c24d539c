import type { Rate } from '../contracts/terms.ts';
import { type EpochMs, HOUR_MS, minuteOf } from '../kernel/time.ts';
import type { Account } from '../ledger/account.ts';
import { ticksOfBar } from '../market/bar-ticks.ts';
import type { ListedRules } from '../market/listed-rules.ts';
import { type Bar, startOfBar, type Tick } from '../market/price.ts';
import { createDesk } from './desk.ts';
import type { MarketStore } from './ports.ts';
import type { MarketView } from './view.ts';

/** The source of such prices: what was filled on one keeps it. */
export const MISSED_BARS = 'missed bars';

/** A point of a bar that no feed heard, with the market as it was known then. */
export interface PastTick {
  readonly tick: Tick;
  /** Of the desk as it is now: to be looked at before the next one is asked for. */
  readonly view: MarketView;
  /** Start of its bar: nobody knows when within it the price was there. */
  readonly barMs: EpochMs;
  /** Whether a feed has heard a part of its bar, or what came after it. */
  readonly isPartlyHeard: boolean;
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
  { sinceMs, toMs }: { readonly sinceMs: EpochMs; readonly toMs: EpochMs },
  known: Known,
): Promise<Iterable<PastTick>> {
  const fromMs = minuteOf(sinceMs);
  const symbols = symbolsOf(account);
  if (fromMs >= toMs || symbols.size === 0) return [];
  const stored = await market.bars(account.scope, fromMs - HOUR_MS, toMs);
  const bars = [...stored].flatMap(([symbol, ofSymbol]) => (symbols.has(symbol) ? ofSymbol : []));
  const [before, missed] = [bars.filter(({ openMs }) => openMs < fromMs), bars.filter(({ openMs }) => openMs >= fromMs)];
  return pastTicks(missed, { ...known, before, wholeFromMs: sinceMs });
}

/** The same of minutes that were told only when the feed was running again: it has heard later prices, or a part of them. */
export async function lateTicks(
  market: Pick<MarketStore, 'bars'>,
  account: Account,
  bars: readonly Bar[],
  known: Known,
): Promise<Iterable<PastTick>> {
  const symbols = symbolsOf(account);
  const missed = bars.filter(({ symbol }) => symbols.has(symbol));
  if (missed.length === 0) return [];
  const fromMs = Math.min(...missed.map(({ openMs }) => openMs));
  const before = [...(await market.bars(account.scope, fromMs - HOUR_MS, fromMs)).values()].flat();
  return pastTicks(missed, { ...known, before, wholeFromMs: Number.POSITIVE_INFINITY });
}

const symbolsOf = ({ orders }: Account): ReadonlySet<string> => new Set([...orders.values()].map(({ symbol }) => symbol));

interface KnownBefore extends Known {
  /** Bars of the time before, for the tapes. */
  readonly before: readonly Bar[];
  /** No feed has heard anything of bars that begin from here on. */
  readonly wholeFromMs: EpochMs;
}

/**
 * Bars played as ticks, oldest first, on a desk of their own: the live one must not take old prices for new. Nobody knows the
 * books of then.
 */
function* pastTicks(bars: readonly Bar[], known: KnownBefore): Generator<PastTick> {
  const desk = createDesk();
  desk.rates(known.rates);
  desk.listed(known.rules);
  for (const bar of known.before) desk.bar(bar);
  for (const bar of bars.toSorted((a, b) => a.openMs - b.openMs || (a.symbol < b.symbol ? -1 : 1))) {
    for (const tick of ticksOfBar(bar, MISSED_BARS)) {
      desk.tick(tick);
      const barMs = startOfBar(bar);
      yield { tick, barMs, isPartlyHeard: barMs < known.wholeFromMs, view: desk.view(tick.receivedMs) };
    }
    desk.bar(bar);
  }
}
