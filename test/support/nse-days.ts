import { NSE_CALENDAR } from '../../shared/config/nse-calendar.ts';
import { type Chart, createChart } from '../../shared/indicators/chart.ts';
import { rng } from '../../shared/kernel/rng.ts';
import { HOUR_MS, MINUTE_MS } from '../../shared/kernel/time.ts';
import { tradingDay } from '../../shared/market/calendar.ts';
import { dateOfDay, dayOfDate } from '../../shared/market/ist.ts';
import type { Bar, Candle } from '../../shared/market/price.ts';
import { candle } from './series.ts';

/** The last `count` days before the date on which NSE had a session, oldest first. */
function sessionsBefore(date: string, count: number): readonly string[] {
  const dates: string[] = [];
  for (let day = dayOfDate(date) - 1; dates.length < count; day--) {
    if (tradingDay(NSE_CALENDAR, dateOfDay(day)).kind === 'session') dates.unshift(dateOfDay(day));
  }
  return dates;
}

const openOf = (date: string): number => Date.parse(`${date}T09:15+05:30`);

/** A quiet day of hours: it wanders 0.4 % an hour around 100, a thousand shares in each. */
function quietHours(date: string): readonly Candle[] {
  const random = rng('quiet-hours', date);
  return Array.from({ length: 7 }, (_, i) => {
    const [open, close] = [100 + 0.4 * random.normal(), 100 + 0.4 * random.normal()];
    return candle(open, Math.max(open, close) + 0.2, Math.min(open, close) - 0.2, close, 1000, openOf(date) + i * HOUR_MS);
  });
}

/** The same candle in another unit of price. */
export const scaled = <C extends Candle>(bar: C, by: number): C => ({
  ...bar,
  open: bar.open * by,
  high: bar.high * by,
  low: bar.low * by,
  close: bar.close * by,
});

const merged = (hours: readonly Candle[]): Candle => ({
  openMs: hours[0]?.openMs ?? 0,
  open: hours[0]?.open ?? 0,
  high: Math.max(...hours.map(({ high }) => high)),
  low: Math.min(...hours.map(({ low }) => low)),
  close: hours.at(-1)?.close ?? 0,
  volume: hours.reduce((sum, { volume }) => sum + volume, 0),
});

export interface DaySketch {
  /** Price at the end over that of the quiet days, as a share: the day gets there in a straight line. */
  readonly gain?: number;
  /** Share of the gain that is given back in the last half hour. */
  readonly giveBack?: number;
  /** Shares traded a minute in the last hour of continuous trading; before it a thousand in each hour, as on the quiet days. */
  readonly lastHourVolume?: number;
  readonly symbol?: string;
}

/** The minutes of continuous trading of a day. */
export function dayOfMinutes(date: string, { gain = 0.03, giveBack = 0, lastHourVolume = 40, symbol = 'INFY' }: DaySketch = {}): readonly Bar[] {
  const day = tradingDay(NSE_CALENDAR, date);
  const closeMs = day.continuousCloseMs ?? 0;
  const minutes = (closeMs - (day.openMs ?? 0)) / MINUTE_MS;
  const priceAt = (minute: number): number => {
    const back = (giveBack * Math.max(0, minute - (minutes - 30))) / 30;
    return 100 * (1 + gain * (minute / minutes) * (1 - back));
  };
  return Array.from({ length: minutes }, (_, i) => {
    const [open, close] = [priceAt(i), priceAt(i + 1)];
    const wick = 0.0002 * (1 + (i % 3));
    const volume = i >= minutes - 60 ? lastHourVolume : 1000 / 60;
    const bar = candle(
      open,
      Math.max(open, close) * (1 + wick),
      Math.min(open, close) * (1 - wick),
      close,
      volume,
      (day.openMs ?? 0) + i * MINUTE_MS,
    );
    return { ...bar, symbol, origin: 'received', evidence: 'simulated' };
  });
}

export interface QuietDays {
  readonly days?: number;
  /** History before is left out, by timeframe. */
  readonly fromMs?: (timeframe: '1h' | '1d') => number;
  /** All prices times this. */
  readonly scale?: number;
}

/** A chart that knows 25 quiet days before the date, and nothing of the date itself. */
export function chartBefore(date: string, { days: count = 25, fromMs = () => 0, scale = 1 }: QuietDays = {}): Chart {
  const chart = createChart({ symbol: 'INFY', market: 'NSE' });
  const days = sessionsBefore(date, count).map((day) => quietHours(day).map((hour) => scaled(hour, scale)));
  const seed = (timeframe: '1h' | '1d', candle: Candle): void => {
    if (candle.openMs >= fromMs(timeframe)) chart.addRolled(timeframe, { ...candle, isComplete: true });
  };
  for (const hours of days) seed('1d', merged(hours));
  for (const hour of days.flat()) seed('1h', hour);
  return chart;
}
