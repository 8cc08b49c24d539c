import { NSE_CALENDAR } from '../../shared/config/nse-calendar.ts';
import { createChart } from '../../shared/indicators/chart.ts';
import { DAY_MS, MINUTE_MS } from '../../shared/kernel/time.ts';
import type { DerivativeChain } from '../../shared/market/derivative.ts';
import type { Bar } from '../../shared/market/price.ts';
import type { StrategyView } from '../../shared/strategies/strategy.ts';
import { type PricedChain, pricedChain } from './option-chains.ts';
import { barsOf, walk } from './series.ts';
import { instrumentOf } from './strategy-runs.ts';

export const VIEW_FROM = Date.parse('2026-08-01T00:00Z');

/** Minutes of a number of days after `VIEW_FROM`: prices that swing around a line, and go nowhere but along it. */
export function waves(days: number, { price = 80_000, dailyDrift = 0, swing = 0.013, phase = 0 } = {}): readonly Bar[] {
  const calm = walk('waves', days * 1440, { fromMs: VIEW_FROM, price: 1, step: 0.00005 });
  let level = 1;
  return barsOf(
    calm.map((candle, minute) => {
      const day = minute / 1440;
      const line =
        price * (1 + dailyDrift) ** day * (1 + swing * Math.sin(2 * Math.PI * (day / 3.7 + phase)) + 0.003 * Math.sin(2 * Math.PI * day * 5));
      const at = (value: number): number => (line * value) / level;
      level = candle.open;
      return { ...candle, open: at(candle.open), high: at(candle.high), low: at(candle.low), close: at(candle.close) };
    }),
    'BTC',
  );
}

/** What the strategy sees at the end of the bars: a chain of Black-76 prices with three expiries, and a tight spot quote. */
export function optionView(bars: readonly Bar[], iv: PricedChain['iv'], change: Partial<PricedChain> = {}): StrategyView {
  const instrument = instrumentOf('BTC');
  const chart = createChart(instrument);
  for (const bar of bars) chart.add(bar);
  const last = bars.at(-1) as Bar;
  const nowMs = last.openMs + MINUTE_MS;
  return { instrument, nowMs, chart, derivatives: derivativesAt(last.close, nowMs, iv, change), calendar: NSE_CALENDAR };
}

export function derivativesAt(
  spot: number,
  nowMs: number,
  iv: PricedChain['iv'],
  change: Partial<PricedChain> = {},
): NonNullable<StrategyView['derivatives']> {
  const today = Math.floor(nowMs / DAY_MS) * DAY_MS;
  const expiries = [9, 25, 50].map((days) => new Date(today + days * DAY_MS).toISOString().slice(0, 10));
  const chain: DerivativeChain = pricedChain({ underlying: 'BTC', atMs: nowMs, spot, expiries, step: spot / 40, strikesEachSide: 20, iv, ...change });
  return { chains: [chain], ivHistory: [], spot: { bid: spot * 0.9999, ask: spot * 1.0001, last: spot, bidSize: 1, askSize: 1 } };
}
