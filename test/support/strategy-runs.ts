import { NSE_CALENDAR } from '../../shared/config/nse-calendar.ts';
import { createChart } from '../../shared/indicators/chart.ts';
import { decimal } from '../../shared/kernel/decimal.ts';
import { MINUTE_MS } from '../../shared/kernel/time.ts';
import type { Instrument, Market } from '../../shared/market/instrument.ts';
import type { Bar } from '../../shared/market/price.ts';
import type { Opportunity, Quiet, Strategy, StructureOpportunity } from '../../shared/strategies/strategy.ts';

/** An instrument of the market with a grid of a cent. */
export const instrumentOf = (symbol: string, market: Market = 'CRYPTO'): Instrument => ({
  symbol,
  venueSymbol: symbol,
  market,
  venue: market === 'NSE' ? 'nse' : 'binance',
  quote: market === 'NSE' ? 'INR' : 'USDT',
  tickSize: () => decimal('0.01'),
  lotStep: decimal('0.00001'),
  minNotional: decimal('10'),
  shortSale: market === 'NSE' ? 'intraday' : 'never',
  contract: null,
});

/** What a strategy said at the close of a bar. */
export interface Answer {
  readonly atMs: number;
  readonly said: Opportunity | StructureOpportunity | Quiet;
}

/** Feeds the bars to a chart and asks the strategies at each close from `fromMs` on. */
export function answers(strategies: readonly Strategy[], instrument: Instrument, bars: readonly Bar[], fromMs = 0): readonly Answer[] {
  const chart = createChart(instrument);
  return bars.flatMap((bar) => {
    chart.add(bar);
    const atMs = bar.openMs + MINUTE_MS;
    return bar.openMs < fromMs
      ? []
      : strategies.map(({ evaluate }) => ({
          atMs,
          said: inFull(evaluate({ instrument, nowMs: atMs, chart, calendar: NSE_CALENDAR, derivatives: null })),
        }));
  });
}

/** An answer with its words, that a quiet one only puts together when it is asked for them. */
export const inFull = (said: Answer['said']): Answer['said'] => (said.kind === 'quiet' ? { kind: said.kind, reason: said.reason, why: said.why } : said);

/** The proposals among answers. */
export const opportunities = (given: readonly Answer[]): readonly Opportunity[] =>
  given.flatMap(({ said }) => (said.kind === 'opportunity' ? [said] : []));
