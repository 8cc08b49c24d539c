import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { NSE_CALENDAR } from '../../shared/config/nse-calendar.ts';
import { NSE_CALENDAR_FACTS } from '../../shared/config/nse-calendar-facts.ts';
import { createChart } from '../../shared/indicators/chart.ts';
import { VolumeRatio } from '../../shared/indicators/volume-ratio.ts';
import { MINUTE_MS } from '../../shared/kernel/time.ts';
import { marketPhase, tradingDay } from '../../shared/market/calendar.ts';
import type { InstrumentGroup } from '../../shared/market/calendar-facts.ts';
import { clockMs, dateOfDay, dayOfDate, istMidnight, isWeekend } from '../../shared/market/ist.ts';
import type { Bar } from '../../shared/market/price.ts';
import { createRollup, type RolledCandle } from '../../shared/market/rollup.ts';
import { NO_RECORDED_DATA, recordedDataFolder, recordedFiles } from '../support/recorded-data.ts';

const isThere = recordedFiles('calendars', /\.csv$/).length > 0;
if (!isThere) process.stderr.write(`NSE sessions as they were: ${NO_RECORDED_DATA}\n`);

const read = (name: string): string => readFileSync(join(recordedDataFolder() ?? '', 'calendars', name), 'utf8');
const rowsOf = (name: string): readonly (readonly string[])[] =>
  read(name)
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => line.split(','));

const FIRST = '2019-10-01';
// The source has no file for these two sessions: 2022-08-08 was a usual day, 2021-11-04 Muhurat (its index minutes are recorded).
const SESSIONS_MISSING_IN_SOURCE = ['2021-11-04', '2022-08-08'];

function actualSessions(): readonly string[] {
  const published = rowsOf('nse_actual_sessions_2019-2026_from_bhavcopy.csv').map(([date = '']) => date);
  return [...published.filter((date) => date >= FIRST), ...SESSIONS_MISSING_IN_SOURCE].sort();
}

function datesBetween(from: string, to: string): readonly string[] {
  const dates: string[] = [];
  for (let day = dayOfDate(from); day <= dayOfDate(to); day++) dates.push(dateOfDay(day));
  return dates;
}

const hasSession = (date: string, group?: InstrumentGroup): boolean => tradingDay(NSE_CALENDAR, date, group).kind === 'session';

describe.skipIf(!isThere)('every recorded NSE day', () => {
  const actual = isThere ? actualSessions() : [];
  const last = actual.at(-1) ?? FIRST;
  const days = datesBetween(FIRST, last);

  it('from 2019-10-01 to the last bhavcopy has a session exactly when the exchange published one', () => {
    expect(last >= '2026-08-21').toBe(true);
    for (const group of ['closing-auction', 'regular', 'derivatives'] as const) {
      expect(days.filter((date) => hasSession(date, group))).toEqual(actual);
    }
  });

  it('has the name that the exchange gave it, from 2024 to 2026', () => {
    for (const [date = '', , kind, name = ''] of rowsOf('nse_holidays_and_special_sessions_2024-2026.csv')) {
      const day = tradingDay(NSE_CALENDAR, date);
      expect([date, day.isTradingDay]).toEqual([date, kind === 'special_session']);
      if (kind === 'holiday') expect([date, day.kind, day.name]).toEqual([date, 'holiday', name.replace(/^"|"$/g, '')]);
      else expect([date, day.name === null]).toEqual([date, false]);
    }
    const listed = new Set(rowsOf('nse_holidays_and_special_sessions_2024-2026.csv').map(([date]) => date));
    const ours = [...NSE_CALENDAR_FACTS.holidays, ...NSE_CALENDAR_FACTS.specialSessions]
      .map(({ date }) => date)
      .filter((date) => date >= '2024-01-01');
    expect(ours.filter((date) => !listed.has(date))).toEqual([]);
  });

  /** Where another calendar is not what the exchange did: [closed there although it traded, open there although it did not]. */
  const errorsOf = (isOpenThere: (date: string) => boolean, dates = days): readonly [readonly string[], readonly string[]] => {
    const traded = new Set(actual);
    const told = new Set(dates.filter(isOpenThere));
    return [dates.filter((date) => traded.has(date) && !told.has(date)), dates.filter((date) => !traded.has(date) && told.has(date))];
  };
  const weekdaysBut = (closed: ReadonlySet<string>) => (date: string) => !isWeekend(dayOfDate(date)) && !closed.has(date);

  it('is told wrongly by published calendars, on these dates and no others', () => {
    const xbom = new Set(rowsOf('exchange_calendars_xbom_sessions_2015on.csv').map(([stamp = '']) => stamp.slice(0, 10)));
    expect(errorsOf((date) => xbom.has(date))).toEqual([
      '2019-10-27 2020-02-01 2020-11-14 2021-11-04 2022-10-24 2023-11-12 2024-03-02 2024-05-18 2024-11-01 2025-10-21 2026-02-01'.split(' '),
      [],
    ]);
    const bse = JSON.parse(read('pandas_market_calendars_bse_holidays.json')) as readonly { readonly date: string }[];
    const [closed, open] = errorsOf(weekdaysBut(new Set(bse.map(({ date }) => date))));
    expect(closed.filter((date) => !isWeekend(dayOfDate(date)))).toEqual('2020-07-31 2021-11-04 2022-10-24 2024-11-01 2025-10-21'.split(' '));
    expect(open).toEqual('2020-05-25 2024-01-22 2024-05-20 2024-11-20 2026-01-15'.split(' '));
  });

  it('is told wrongly by a broker list of 2025, and by a list of fixed dates', () => {
    const years = JSON.parse(read('openalgo_holidays_2025_2026.json')) as Record<string, readonly { date: string; closed: readonly string[] }[]>;
    const closedThere = new Set(Object.values(years).flatMap((list) => list.filter(({ closed }) => closed.includes('NSE')).map(({ date }) => date)));
    const [closed, open] = errorsOf(weekdaysBut(closedThere), datesBetween('2025-01-01', last));
    expect(closed.filter((date) => !isWeekend(dayOfDate(date)))).toEqual(['2025-10-21', '2025-11-14']);
    expect(open).toEqual(['2025-10-22', '2025-11-05']);
    const lean = JSON.parse(read('lean_market_hours_india.json')) as Record<string, { readonly holidays: readonly string[] }>;
    const fixed = (lean['Equity-india-[*]']?.holidays ?? []).map((date) => new Date(`${date} UTC`).toISOString().slice(0, 10));
    expect(errorsOf(weekdaysBut(new Set(fixed)), datesBetween('2024-01-01', last))[1]).toHaveLength(25);
  });
});

const FUTURES = recordedFiles('nse-fo/udiff-subset', /\d{8}\.csv\.gz$/).map((file) =>
  basename(file).replace(/^.*_(\d{4})(\d\d)(\d\d)\.csv\.gz$/, '$1-$2-$3'),
);

describe.skipIf(FUTURES.length === 0)('every recorded day of derivatives', () => {
  it('has a session of derivatives, and the days between had none', () => {
    // The file of the budget Sunday was not found; its session was.
    const known = [...FUTURES, '2026-02-01'].sort();
    const spans = [known.filter((date) => date < '2026'), known.filter((date) => date > '2026')];
    for (const span of spans) {
      expect(datesBetween(span[0] ?? '', span.at(-1) ?? '').filter((date) => hasSession(date, 'derivatives'))).toEqual(span);
    }
    expect(known.length).toBeGreaterThan(45);
  });
});

const MINUTES = recordedFiles('nse-eq/index-minute-2021-23', /_NIFTY\.txt\.gz$/);
// Minutes that the recorder missed at the end of the day.
const CUT_SHORT = ['2021-07-23'];

describe.skipIf(MINUTES.length === 0)('every recorded minute of the index', () => {
  it('begins and ends with continuous trading, special sessions and the halt of 2021-02-24 included', () => {
    const days = new Map<string, string[]>();
    for (const file of MINUTES) {
      for (const line of gunzipSync(readFileSync(file)).toString('utf8').trim().split('\n')) {
        const [, day = '', clock = ''] = line.split(',');
        const date = `${day.slice(0, 4)}-${day.slice(4, 6)}-${day.slice(6, 8)}`;
        const known = days.get(date);
        if (known === undefined) days.set(date, [clock]);
        else known.push(clock);
      }
    }
    expect(days.size).toBeGreaterThan(350);
    const wrong: string[] = [];
    for (const [date, clocks] of days) {
      // A label is the end of its minute; a few labels before and after are auctions and leftovers, in no phase that trades.
      const midnightMs = istMidnight(dayOfDate(date));
      const startsMs = clocks.map((clock) => midnightMs + clockMs(clock) - MINUTE_MS);
      const open = startsMs.filter((ms) => marketPhase(NSE_CALENDAR, 'NSE', ms, 'regular').phase === 'continuous').sort((a, b) => a - b);
      const { openMs, continuousCloseMs } = tradingDay(NSE_CALENDAR, date, 'regular');
      const ends = [open[0], (open.at(-1) ?? 0) + MINUTE_MS];
      if (ends[0] !== openMs || (ends[1] !== continuousCloseMs && !CUT_SHORT.includes(date))) wrong.push(`${date} ${clocks[0]} ${clocks.at(-1)}`);
      if (clocks.length - open.length > 6) wrong.push(`${date}: ${clocks.length - open.length} minutes outside`);
    }
    expect(wrong).toEqual([]);
  });
});

const AUCTION = recordedFiles('nse-eq', /^CAS_example_RELIANCE_20260818\.csv$/);

/** The recorded minutes: three of the open, six before the close of continuous trading, and all after it. */
const auctionBars = (): readonly Bar[] =>
  readFileSync(AUCTION[0] ?? '', 'utf8')
    .trim()
    .split('\n')
    .slice(1)
    .map((row) => {
      const [stamp = '', ...figures] = row.split(',');
      const [open = 0, high = 0, low = 0, close = 0, volume = 0] = figures.map(Number);
      const openMs = Number(stamp.slice(0, -6));
      return { symbol: 'RELIANCE', openMs, open, high, low, close, volume, origin: 'received', evidence: 'replay' };
    });

describe.skipIf(AUCTION.length === 0)('a recorded day with a closing auction', () => {
  it('trades in continuous trading and once more when the auction is matched', () => {
    const phases = new Map<string, number>();
    for (const { openMs, volume } of auctionBars()) {
      const { phase } = marketPhase(NSE_CALENDAR, 'NSE', openMs);
      // The data has the auction's trades at the last minute before they are matched.
      phases.set(phase, (phases.get(phase) ?? 0) + volume);
    }
    expect(phases.get('continuous')).toBeGreaterThan(0);
    expect(phases.get('reference-price')).toBe(0);
    expect(phases.get('closing-auction-entry')).toBe(0);
    expect(phases.get('closing-auction-limit-entry')).toBeGreaterThan(0);
    expect(phases.get('closed')).toBeUndefined();
  });

  it('closes at the price of the auction, on every timeframe', () => {
    for (const timeframe of ['1d', '1h', '15m', '5m', '3m', '1m'] as const) {
      const chart = createChart({ symbol: 'RELIANCE', market: 'NSE' }, [timeframe]);
      for (const bar of auctionBars()) chart.add(bar);
      const view = chart.timeframe(timeframe);
      expect(view.candles.at(-1)?.close, timeframe).toBe(1322);
      expect(view.closedMs, timeframe).toBe(Date.parse('2026-08-18T15:30+05:30'));
    }
    const day: RolledCandle[] = [];
    const rollup = createRollup('NSE', '1d', (candle) => day.push(candle));
    for (const bar of auctionBars()) rollup.add(bar);
    expect(day).toMatchObject([{ openMs: Date.parse('2026-08-18T09:15+05:30'), open: 1314, close: 1322, high: 1323 }]);
  });

  it('has no usual volume from the minutes in which nothing could trade', () => {
    const bars = auctionBars();
    const ratio = new VolumeRatio(5);
    for (const { volume } of bars) ratio.add(volume);
    const traded = bars.filter(({ volume }) => volume > 0).map(({ volume }) => volume);
    expect(ratio.value()).toBeCloseTo((551_084 * 5) / traded.slice(-6, -1).reduce((sum, volume) => sum + volume, 0), 9);
  });
});
