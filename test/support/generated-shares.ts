import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { NSE_CALENDAR } from '../../shared/config/nse-calendar.ts';
import { rng } from '../../shared/kernel/rng.ts';
import { MINUTE_MS } from '../../shared/kernel/time.ts';
import { type SessionDay, tradingDay } from '../../shared/market/calendar.ts';
import { dateOfDay, dayOfDate } from '../../shared/market/ist.ts';

/** A market of shares that nobody recorded, in the forms in which shares were. */
export interface GeneratedShares {
  readonly seed: string;
  readonly symbols: readonly string[];
  /** The first date with bars of five minutes, and the last. */
  readonly from: string;
  readonly to: string;
  /** Sessions before them of which the day alone is told. */
  readonly days: number;
  /** What a price is multiplied by on a date, as by a split. */
  readonly splits?: Readonly<Record<string, { readonly date: string; readonly factor: number }>>;
}

const BAR_MS = 5 * MINUTE_MS;
const DAILY_HEAD =
  'Date,SYMBOL,SERIES,DATE1,PREV_CLOSE,OPEN_PRICE,HIGH_PRICE,LOW_PRICE,LAST_PRICE,CLOSE_PRICE,AVG_PRICE,TTL_TRD_QNTY,TURNOVER_LACS,NO_OF_TRADES,DELIV_QTY,DELIV_PER';

/** Writes `bars/SYMBOL.csv`, `daily/SYMBOL.csv` and `fx/usdinr.csv`. @returns the folder of the bars */
export function writeGeneratedShares(folder: string, { seed, symbols, from, to, days, splits = {} }: GeneratedShares): string {
  for (const name of ['bars', 'daily', 'fx']) mkdirSync(join(folder, name), { recursive: true });
  const sessions = sessionsBetween(dayOfDate(from) - Math.ceil(days * 1.6) - 10, dayOfDate(to));
  const before = sessions.filter(({ date }) => date < from).slice(-days);
  for (const symbol of symbols) {
    const draw = rng('generated-shares', seed, symbol);
    let last = 1_000;
    const daily = before.map(({ date }) => {
      const [open, close] = [last, last * Math.exp(0.012 * draw.normal())];
      last = close;
      const prices = [open, open, Math.max(open, close) * 1.004, Math.min(open, close) * 0.996, close, close, close].map((price) => price.toFixed(2));
      return [date, symbol, 'EQ', date, ...prices, 5_000_000, 1, 1, 1, 50].join(',');
    });
    writeFileSync(join(folder, 'daily', `${symbol}.csv`), [DAILY_HEAD, ...daily].join('\n'));
    const bars = sessions.flatMap(({ date, openMs, continuousCloseMs }) => {
      if (date < from) return [];
      if (date === splits[symbol]?.date) last *= splits[symbol].factor;
      const trend = draw.next() < 0.7 ? 0.0006 : -0.0004;
      return Array.from({ length: (continuousCloseMs - openMs) / BAR_MS }, (_, index) => {
        const burst = draw.next() < 0.04 ? (draw.next() < 0.8 ? 1 : -1) * 0.008 : 0;
        const open = last;
        last = open * Math.exp(trend + burst + 0.0012 * draw.normal());
        const wick = 1 + 0.0006 * Math.abs(draw.normal());
        const prices = [open, Math.max(open, last) * wick, Math.min(open, last) / wick, last].map((price) => price.toFixed(2));
        const volume = Math.round(40_000 * (burst === 0 ? 1 : 7) * (index > 68 ? 2 : 1) * Math.exp(0.2 * draw.normal()));
        return [
          new Date(openMs + index * BAR_MS + 330 * MINUTE_MS).toISOString().slice(0, 19).replace('T', ' ').concat('+05:30'),
          ...prices,
          volume,
          0,
          0,
        ].join(',');
      });
    });
    writeFileSync(join(folder, 'bars', `${symbol}.csv`), ['Datetime,Open,High,Low,Close,Volume,Dividends,Stock Splits', ...bars].join('\n'));
  }
  const rates = sessions.map(({ date }, index) => `${date},1.1,91,${(83 + 0.01 * index).toFixed(4)}`);
  writeFileSync(join(folder, 'fx', 'usdinr.csv'), ['date,eur_usd,eur_inr,usd_inr_cross', ...rates].join('\n'));
  return join(folder, 'bars');
}

function sessionsBetween(fromDay: number, toDay: number): readonly SessionDay[] {
  const found: SessionDay[] = [];
  for (let day = fromDay; day <= toDay; day++) {
    const session = tradingDay(NSE_CALENDAR, dateOfDay(day));
    if (session.kind === 'session') found.push(session);
  }
  return found;
}
