import { NSE_CALENDAR } from '../../../shared/config/nse-calendar.ts';
import { marketsOf } from '../../../shared/feeds/replay/recorded-klines.ts';
import { iso } from '../../../shared/kernel/time.ts';
import { istDate } from '../../../shared/market/ist.ts';
import type { StrategyName } from '../../../shared/strategies/strategy.ts';
import type { BacktestRequest, BacktestResult } from './run-backtest.ts';

/** What of a request came to nothing for want of data, and why: said with its result. */
export function notesOn(
  { data, contracts, strategies, bounds }: Pick<BacktestRequest, 'data' | 'contracts' | 'strategies' | 'bounds'>,
  { bars }: Pick<BacktestResult, 'bars'>,
): readonly string[] {
  const notes: string[] = [];
  if (bars === 0) notes.push(`No bar was played: none is recorded between ${iso(bounds.startMs)} and ${iso(bounds.endMs)}.`);
  const { unknownDays, series } = data;
  if (unknownDays !== undefined) {
    const { from, to } = NSE_CALENDAR.facts.coverage;
    const { files, firstMs, lastMs } = unknownDays;
    notes.push(
      `${files} ${files === 1 ? 'file' : 'files'} with bars of ${istDate(firstMs)} to ${istDate(lastMs)} left out: the calendar of NSE knows ${from} to ${to}.`,
    );
  }
  if (strategies.includes('btst') && !marketsOf(series).includes('NSE')) notes.push('btst trades shares of NSE, and the data has none.');
  const onContracts = strategies.filter((name) => CONTRACT_STRATEGIES.includes(name));
  if (contracts === null && onContracts.length > 0)
    notes.push(`No contracts lie beside the data: nothing for ${onContracts.join(' and ')} to trade.`);
  return notes;
}

const CONTRACT_STRATEGIES: readonly StrategyName[] = ['options', 'fo_arbitrage'];
