import { historyNeededFromMs } from '../../indicators/chart.ts';
import { DAY_MS, type EpochMs } from '../../kernel/time.ts';
import type { Bar } from '../../market/price.ts';
import type { StoredHistory } from '../adjusted-history.ts';
import { dayOf } from '../history-packs.ts';
import type { MarketSource } from '../market-source.ts';

/** The past of a source as a feed that starts at `startMs` with an empty store fetches it: quarters of older days, then minutes. */
export async function historyBefore(
  source: Pick<MarketSource, 'markets' | 'quarters' | 'minutes'>,
  startMs: EpochMs,
  historyDays: number,
): Promise<StoredHistory> {
  const firstDayMs = dayOf(startMs) - historyDays * DAY_MS;
  const minutesFromMs = Math.max(firstDayMs, Math.min(...source.markets.map((market) => historyNeededFromMs(market, '1m', startMs))));
  const bars = new Map<string, Bar[]>();
  for await (const bar of source.minutes(minutesFromMs, startMs)) {
    const ofSymbol = bars.get(bar.symbol) ?? [];
    ofSymbol.push(bar);
    bars.set(bar.symbol, ofSymbol);
  }
  return { days: firstDayMs < minutesFromMs ? await source.quarters(firstDayMs, minutesFromMs) : new Map(), bars };
}
