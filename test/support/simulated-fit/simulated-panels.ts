import { NSE_INDICES } from '../../../shared/config/indices.ts';
import { instrumentBySymbol } from '../../../shared/config/instruments.ts';
import { dailyPrice, dayNumberOf } from '../../../shared/feeds/simulated/daily-walk.ts';
import { type InstrumentParameters, type SimulationParameters, simulationParameters } from '../../../shared/feeds/simulated/parameters.ts';
import { type DayKind, priceProcess } from '../../../shared/feeds/simulated/process-day.ts';
import { createSimulatedMarket, type SimulatedMarket } from '../../../shared/feeds/simulated-market.ts';
import { DAY_MS, MINUTE_MS } from '../../../shared/kernel/time.ts';
import { istDayOf, istMidnight, isWeekend } from '../../../shared/market/ist.ts';
import type { Bar } from '../../../shared/market/price.ts';
import { inSteps, type Panel, type SeriesDay } from './panel.ts';
import { CRYPTO_SYMBOLS, NSE_SYMBOLS, type RecordedPanels } from './recorded-panels.ts';

/** How many days of each kind are simulated. */
export interface SimulatedSizes {
  readonly crypto: number;
  readonly index: number;
  readonly stocks: number;
  readonly daily: number;
}

/** Days are simulated in runs of this many, each run some way from the next: slow swings of volatility are seen from many sides. */
const RUN_DAYS = 4;
const RUN_EVERY_DAYS = 60;

/** Prices at which the recorded symbols stood: what the venue's price step hides depends on them. */
const RECORDED_LEVELS: Readonly<Record<string, number>> = { BTC: 28_000, ETH: 1_850, SOL: 21.5, DOGE: 0.078, ADA: 0.38, DOT: 6.1 };

/** The panels of the recorded data, simulated: the same symbols and steps, sessions of 375 minutes each weekday on NSE. */
export function simulatedPanels(seed: string, sizes: SimulatedSizes, parameters: SimulationParameters = simulationParameters()) {
  const instruments = Object.entries(parameters.instruments).map(
    ([symbol, own]) => [symbol, { ...own, level: RECORDED_LEVELS[symbol] ?? own.level }] as const,
  );
  const market = createSimulatedMarket({
    seed,
    instruments: [...[...CRYPTO_SYMBOLS, ...NSE_SYMBOLS].map((symbol) => instrumentBySymbol(symbol)), ...NSE_INDICES],
    phaseAt: (_, atMs) => weekdaySession(atMs),
    parameters: { ...parameters, instruments: Object.fromEntries(instruments) },
  });
  const from = Date.parse(`${parameters.levelDate}T00:00:00Z`) / DAY_MS;
  const crypto = panel(
    market,
    CRYPTO_SYMBOLS,
    daysInRuns(from, sizes.crypto, () => true),
    (day) => day * DAY_MS,
    1440,
  );
  const nse = (symbols: readonly string[], count: number): Panel =>
    panel(
      market,
      symbols,
      daysInRuns(from, count, (day) => !isWeekend(day)),
      istMidnight,
      375,
    );
  const minutes = nse(NSE_SYMBOLS, sizes.stocks);
  return {
    crypto,
    quarters: inSteps(crypto, 15),
    nifty: nse(['NIFTY'], sizes.index),
    minutes,
    fives: inSteps(minutes, 5),
    daily: daily(parameters, seed, sizes.daily),
  } satisfies RecordedPanels;
}

function weekdaySession(atMs: number): 'continuous' | 'closed' {
  const day = istDayOf(atMs);
  const minute = (atMs - istMidnight(day)) / MINUTE_MS;
  return !isWeekend(day) && minute >= 9.25 * 60 && minute < 15.5 * 60 ? 'continuous' : 'closed';
}

function daysInRuns(to: number, count: number, isDay: (day: number) => boolean): readonly number[] {
  const days: number[] = [];
  for (let day = to - Math.ceil(count / RUN_DAYS) * RUN_EVERY_DAYS; days.length < count; day++) {
    if (day % RUN_EVERY_DAYS < 1.5 * RUN_DAYS && isDay(day)) days.push(day);
  }
  return days;
}

function panel(market: SimulatedMarket, symbols: readonly string[], days: readonly number[], startOf: (day: number) => number, steps: number): Panel {
  const bySymbol = symbols.map((symbol) => {
    let last: { readonly day: number; readonly close: number } | null = null;
    return days.map((day) => {
      const bars = market.bars(symbol, startOf(day), startOf(day) + DAY_MS);
      if (bars.length !== steps) throw new Error(`${symbol} has ${bars.length} bars on day ${day}, expected ${steps}`);
      const made = seriesOf(bars, last !== null && day - last.day < 5 ? last.close : null);
      last = { day, close: made.close.at(-1) ?? Number.NaN };
      return made;
    });
  });
  return { symbols, days: days.map((day, index) => ({ day, series: bySymbol.map((of) => of[index] ?? null) })) };
}

function seriesOf(bars: readonly Bar[], lastClose: number | null): SeriesDay {
  const day = {
    close: new Float64Array(bars.length),
    high: new Float64Array(bars.length),
    low: new Float64Array(bars.length),
    volume: new Float64Array(bars.length),
  };
  bars.forEach((bar, i) => {
    day.close[i] = bar.close;
    day.high[i] = bar.high;
    day.low[i] = bar.low;
    day.volume[i] = bar.volume;
  });
  return { open: bars[0]?.open ?? Number.NaN, lastClose, ...day };
}

/** The daily life of the stocks by itself, without the minutes: weekdays only. */
function daily({ markets, instruments, levelDate }: SimulationParameters, seed: string, count: number): Panel {
  const kindOf = (day: number): DayKind => ({ openShare: isWeekend(day) ? 0 : 1, volShare: 1, closedGaps: markets.NSE.closedDayGaps });
  const common = priceProcess(seed, 'NSE', markets.NSE.common, { kindOf, leader: null });
  const zeroDay = dayNumberOf(levelDate);
  const days = Array.from({ length: Math.ceil((count * 7) / 5) }, (_, index) => zeroDay - index)
    .reverse()
    .filter((day) => !isWeekend(day));
  const bySymbol = NSE_SYMBOLS.map((symbol) => {
    const own = instruments[symbol] as InstrumentParameters;
    const price = dailyPrice(
      own,
      { common, own: priceProcess(seed, symbol, markets.NSE.own, { kindOf, leader: { who: 'NSE', dayLevels: markets.NSE.common.dayLevels } }) },
      zeroDay,
    );
    const nothing = new Float64Array(1);
    return days.map((day, index): SeriesDay => {
      const before = days[index - 1];
      const lastClose = before === undefined ? null : Math.exp(price.logClose(before));
      const close = Float64Array.of(Math.exp(price.logClose(day)));
      return { open: Math.exp(price.logOpen(day)), lastClose, close, high: close, low: close, volume: nothing };
    });
  });
  return { symbols: NSE_SYMBOLS, days: days.map((day, index) => ({ day, series: bySymbol.map((of) => of[index] ?? null) })) };
}
