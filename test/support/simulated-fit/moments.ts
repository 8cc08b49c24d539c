import { rng } from '../../../shared/kernel/rng.ts';
import { isWeekend } from '../../../shared/market/ist.ts';
import { isFitted, type Panel, type PanelDay, type SeriesDay } from './panel.ts';

/**
 * A figure of a panel of days. Each day gives a row of numbers for each symbol (or pair of symbols); a figure is made of the
 * rows of any set of days, so that days can be drawn anew with all their symbols together.
 */
export interface Moment {
  readonly name: string;
  readonly unit: string;
  readonly of: 'symbol' | 'pair';
  /** Null where the day tells nothing. */
  readonly row: (input: RowInput) => readonly number[] | null;
  /**
   * The value of the sums of a symbol's rows, averaged over symbols; or 'typical-day': the median over days of the mean over
   * symbols of a row's one number, whatever the worst day was.
   */
  readonly figure: 'typical-day' | ((sums: Iterable<number>) => number);
}

interface RowInput {
  /** Days since 1970-01-01. */
  readonly number: number;
  readonly day: SeriesDay;
  /** The other symbol of a pair. */
  readonly with: SeriesDay | null;
  /** The same symbol on the panel's day before, and the calendar days in between; null when that lies too far back. */
  readonly before: { readonly day: SeriesDay; readonly daysAgo: number } | null;
}

/** The days of a moment: for a typical day one number each, else its symbols' rows one after the other. */
interface MomentDays {
  readonly width: number;
  readonly days: readonly Float64Array[];
}

export interface Halves {
  readonly fitted: MomentDays;
  readonly other: MomentDays;
  readonly all: MomentDays;
}

const FOLLOWS_DAYS = 6;

/** The rows of a moment over the days of a panel, dealt out into the two halves. */
export function momentDays(moment: Moment, panel: Panel): Halves {
  const days = panel.days.map((of, index) => {
    const before = panel.days[index - 1];
    const follows = before !== undefined && of.day - before.day <= FOLLOWS_DAYS ? before : null;
    return { day: of.day, rows: moment.of === 'symbol' ? symbolRows(moment, of, follows) : pairRows(moment, of) };
  });
  const width = days.reduce((most, { rows }) => rows.reduce((wide, row) => Math.max(wide, row?.length ?? 0), most), 0);
  const half = (isPart: (day: number) => boolean): MomentDays => ({
    width,
    days: days
      .filter(({ day }) => isPart(day))
      .map(({ rows }) => (moment.figure === 'typical-day' ? meanOf(rows) : flat(rows, width)))
      .filter((values) => values.length > 0),
  });
  return { fitted: half(isFitted), other: half((day) => !isFitted(day)), all: half(() => true) };
}

type DayRows = readonly (readonly number[] | null)[];

const symbolRows = (moment: Moment, { day: number, series }: PanelDay, follows: PanelDay | null): DayRows =>
  series.map((day, symbol) => {
    const last = follows?.series[symbol] ?? null;
    const before = last === null || follows === null ? null : { day: last, daysAgo: number - follows.day };
    return day === null ? null : moment.row({ number, day, with: null, before });
  });

const pairRows = (moment: Moment, { day: number, series }: PanelDay): DayRows =>
  series.flatMap((day, i) =>
    series.slice(0, i).map((other) => (day === null || other === null ? null : moment.row({ number, day, with: other, before: null }))),
  );

function meanOf(rows: DayRows): Float64Array {
  const known = rows.flatMap((row) => row ?? []);
  return known.length === 0 ? new Float64Array(0) : Float64Array.of(known.reduce((total, value) => total + value, 0) / known.length);
}

// Sums of nothing are zeros, and their value is not a number: such symbols are left out.
function flat(rows: DayRows, width: number): Float64Array {
  const values = new Float64Array(rows.length * width);
  rows.forEach((row, unit) => {
    if (row !== null) values.set(row, unit * width);
  });
  return values;
}

/** A moment's figure over some days. */
export function momentOf({ figure }: Moment, { width, days }: MomentDays): number {
  if (figure === 'typical-day') return medianOf(Float64Array.from(days, ([value]) => value ?? Number.NaN));
  const sums = new Float64Array(days[0]?.length ?? 0);
  for (const day of days) for (let i = 0; i < sums.length; i++) sums[i] = (sums[i] as number) + (day[i] as number);
  let total = 0;
  let count = 0;
  for (let unit = 0; unit < sums.length; unit += width) {
    const value = figure(sums.subarray(unit, unit + width));
    if (!Number.isFinite(value)) continue;
    total += value;
    count += 1;
  }
  return total / count;
}

function medianOf(values: Float64Array): number {
  values.sort();
  return ((values[(values.length - 1) >> 1] ?? Number.NaN) + (values[values.length >> 1] ?? Number.NaN)) / 2;
}

export interface Interval {
  readonly least: number;
  readonly most: number;
  readonly deviation: number;
}

/**
 * The 95 % interval of a moment by drawing its days anew, with all symbols of a day together: percentiles of `draws` draws.
 * Days come in circular blocks of consecutive ones, as many as the cube root of their number, because each remembers the one before.
 * @see Politis, Romano: "A circular block-resampling procedure for stationary data" (1992)
 */
export function bootstrapInterval(moment: Moment, { width, days }: MomentDays, draws = 999): Interval {
  const random = rng('bootstrap', moment.name);
  const block = Math.round(Math.cbrt(days.length));
  const drawn = (): MomentDays => {
    let place = 0;
    return {
      width,
      days: days.map((_, index) => {
        place = index % block === 0 ? Math.floor(random.next() * days.length) : (place + 1) % days.length;
        return days[place] as Float64Array;
      }),
    };
  };
  const figures = Float64Array.from({ length: draws }, () => momentOf(moment, drawn())).sort();
  const mean = figures.reduce((total, figure) => total + figure, 0) / draws;
  const at = (share: number): number => figures[Math.round(share * (draws + 1)) - 1] ?? Number.NaN;
  return { least: at(0.025), most: at(0.975), deviation: Math.sqrt(figures.reduce((total, figure) => total + (figure - mean) ** 2, 0) / draws) };
}

// ---- the figures ----

/** Log returns over `steps` steps, within the day; from step `from` on. Many moments ask for the same ones: they are made once. */
function returnsOf(day: SeriesDay, steps = 1, from = 0): Float64Array {
  let made = RETURNS.get(day);
  if (made === undefined) {
    made = new Map();
    RETURNS.set(day, made);
  }
  const key = steps * 1e4 + from;
  let returns = made.get(key);
  if (returns === undefined) {
    returns = makeReturns(day, steps, from);
    made.set(key, returns);
  }
  return returns;
}

const RETURNS = new WeakMap<SeriesDay, Map<number, Float64Array>>();

function makeReturns({ open, close }: SeriesDay, steps: number, from: number): Float64Array {
  const count = Math.floor((close.length - from) / steps);
  const returns = new Float64Array(count);
  let last = from === 0 ? open : (close[from - 1] ?? open);
  for (let i = 0; i < count; i++) {
    const next = close[from + (i + 1) * steps - 1] ?? last;
    returns[i] = Math.log(next / last);
    last = next;
  }
  return returns;
}

function sumOf(values: Float64Array, of: (value: number) => number = (value) => value): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += of(values[i] as number);
  return total;
}
const square = (value: number): number => value * value;

const RMS = ([squares = 0, count = 0]: Iterable<number>): number => Math.sqrt(squares / count);
const MEAN = ([total = 0, count = 0]: Iterable<number>): number => total / count;
const DEVIATION = ([total = 0, squares = 0, count = 0]: Iterable<number>): number => Math.sqrt(squares / count - square(total / count));
const CORRELATION = ([x = 0, y = 0, xy = 0, xx = 0, yy = 0, n = 0]: Iterable<number>): number =>
  (xy / n - (x / n) * (y / n)) / Math.sqrt((xx / n - square(x / n)) * (yy / n - square(y / n)));

function correlationRow(a: Float64Array, b: Float64Array): readonly number[] {
  let [sumA, sumB, product, squareA, squareB] = [0, 0, 0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    const x = a[i] as number;
    const y = b[i] as number;
    sumA += x;
    sumB += y;
    product += x * y;
    squareA += x * x;
    squareB += y * y;
  }
  return [sumA, sumB, product, squareA, squareB, a.length];
}
const correlationOf = (a: Float64Array, b: Float64Array): number => CORRELATION(correlationRow(a, b));
const lagged = (values: Float64Array, lag: number): number => correlationOf(values.subarray(lag), values.subarray(0, values.length - lag));

const typical = (figure: (day: SeriesDay) => number): Pick<Moment, 'of' | 'row' | 'figure'> => ({
  of: 'symbol',
  row: ({ day }) => {
    const value = figure(day);
    return Number.isFinite(value) ? [value] : null;
  },
  figure: 'typical-day',
});
const finite = (figure: number): readonly number[] | null => (Number.isFinite(figure) ? [figure, 1] : null);

const kurtosis = (returns: Float64Array): number => (returns.length * sumOf(returns, (r) => r ** 4)) / square(sumOf(returns, square));

/** Deviation of returns over some steps of the panel, in basis points. */
export const returnDeviation = (name: string, steps: number): Moment => ({
  name,
  unit: 'bp',
  of: 'symbol',
  row: ({ day }) => {
    const returns = returnsOf(day, steps);
    return [1e8 * sumOf(returns, square), returns.length];
  },
  figure: RMS,
});

/** Deviation of one-step returns on a typical day, in basis points. */
export const typicalDeviation = (name: string): Moment => ({
  name,
  unit: 'bp',
  ...typical((day) => {
    const returns = returnsOf(day);
    return 1e4 * Math.sqrt(sumOf(returns, square) / returns.length);
  }),
});

/** Kurtosis of a typical day. 3 for a normal law. */
export const typicalKurtosis = (name: string, steps: number, from = 0): Moment => ({
  name,
  unit: '',
  ...typical((day) => kurtosis(returnsOf(day, steps, from))),
});

/** Autocorrelation of the size of one-step returns within a day. */
export const clustering = (name: string, lag: number, from = 0): Moment => ({
  name,
  unit: '',
  ...typical((day) => lagged(returnsOf(day, 1, from).map(Math.abs), lag)),
});

/** How often a step moves more than five deviations of its own day, in 10,000 steps. */
export const jumpFrequency = (name: string, from = 0): Moment => ({
  name,
  unit: '/10k',
  of: 'symbol',
  row: ({ day }) => {
    const returns = returnsOf(day, 1, from);
    const limit = 5 * Math.sqrt(sumOf(returns, square) / returns.length);
    return [1e4 * sumOf(returns, (r) => (Math.abs(r) > limit ? 1 : 0)), returns.length];
  },
  figure: MEAN,
});

const logVolatility = (day: SeriesDay): number => Math.log(sumOf(returnsOf(day), square)) / 2;

/** Deviation from day to day of the log of a day's realised volatility. */
export const volatilityOfVolatility = (name: string): Moment => ({
  name,
  unit: '',
  of: 'symbol',
  row: ({ day }) => {
    const level = logVolatility(day);
    return [level, level * level, 1];
  },
  figure: DEVIATION,
});

/** Correlation over days of two symbols' log realised volatility, averaged over pairs. */
export const volatilityCorrelation = (name: string): Moment => pairOverDays(name, logVolatility);

/** Mean size of the change of log realised volatility from one day to the next. */
export const volatilityChange = (name: string): Moment => ({
  name,
  unit: '',
  of: 'symbol',
  row: ({ day, before }) => (before === null ? null : finite(Math.abs(logVolatility(day) - logVolatility(before.day)))),
  figure: MEAN,
});

/** Variance over `steps` steps by `steps` times the variance over one. */
export const varianceRatio = (name: string, steps: number, from = 0): Moment => ({
  name,
  unit: '',
  of: 'symbol',
  row: ({ day }) => [sumOf(returnsOf(day, steps, from), square), sumOf(returnsOf(day, 1, from), square)],
  figure: MEAN,
});

/** A share of a day, averaged over days; or that of a typical day, where the days are few and one of them is a special one. */
const shareOf = (name: string, days: 'all' | 'typical', share: (day: SeriesDay) => number): Moment => ({
  name,
  unit: '',
  of: 'symbol',
  row: ({ day }) => {
    const value = share(day);
    if (!Number.isFinite(value)) return null;
    return days === 'all' ? [value, 1] : [value];
  },
  figure: days === 'all' ? MEAN : 'typical-day',
});

/** Share of a day's variance in the steps [from, to). */
export const varianceShare = (name: string, days: 'all' | 'typical', from: number, to: number): Moment =>
  shareOf(name, days, (day) => {
    const returns = returnsOf(day);
    return sumOf(returns.subarray(from, to), square) / sumOf(returns, square);
  });

/** Share of the volume since step `since` in the steps [from, to). */
export const volumeShare = (name: string, days: 'all' | 'typical', from: number, to: number, since = 0): Moment =>
  shareOf(name, days, ({ volume }) => sumOf(volume.subarray(from, to)) / sumOf(volume.subarray(since)));

const logVolumes = ({ volume }: SeriesDay, from: number): Float64Array => volume.subarray(from).map((v) => Math.log(Math.max(v, 1e-9)));
/** Steps without a trade are left out. */
const traded = (day: SeriesDay, from: number): Float64Array => logVolumes(day, from).filter((v) => v > -20);

export const volumeDeviation = (name: string, from = 0): Moment => ({
  name,
  unit: '',
  ...typical((day) => {
    const logs = traded(day, from);
    return DEVIATION([sumOf(logs), sumOf(logs, square), logs.length]);
  }),
});

export const volumeClustering = (name: string, lag: number, from = 0): Moment => ({
  name,
  unit: '',
  ...typical((day) => lagged(traded(day, from), lag)),
});

/** Correlation of a step's log volume with the size of its move. */
export const volumeWithMove = (name: string, from = 0): Moment => ({
  name,
  unit: '',
  ...typical((day) => correlationOf(logVolumes(day, from), returnsOf(day, 1, from).map(Math.abs))),
});

/** Mean size of the change of log volume from one day to the next. */
export const volumeChange = (name: string): Moment => ({
  name,
  unit: '',
  of: 'symbol',
  row: ({ day, before }) => (before === null ? null : finite(Math.abs(Math.log(sumOf(day.volume) / sumOf(before.day.volume))))),
  figure: MEAN,
});

/** Mean range of a step, high to low, by the deviation of a step's return: on a typical day. */
export const rangeByMove = (name: string, from = 0): Moment => ({
  name,
  unit: '',
  ...typical((day) => {
    let ranges = 0;
    for (let i = from; i < day.high.length; i++) ranges += Math.log((day.high[i] ?? 1) / (day.low[i] ?? 1));
    const returns = returnsOf(day, 1, from);
    return ranges / returns.length / Math.sqrt(sumOf(returns, square) / returns.length);
  }),
});

/** Correlation of two symbols' returns over some steps, averaged over pairs. */
export const pairCorrelation = (name: string, steps: number): Moment => ({
  name,
  unit: '',
  of: 'pair',
  row: ({ day, with: other }) => (other === null ? null : correlationRow(returnsOf(day, steps), returnsOf(other, steps))),
  figure: CORRELATION,
});

const gapOf = ({ open, lastClose }: SeriesDay): number => (lastClose === null ? Number.NaN : Math.log(open / lastClose));
const sessionOf = ({ open, close }: SeriesDay): number => Math.log((close.at(-1) ?? Number.NaN) / open);
const dayMove = ({ close, lastClose }: SeriesDay): number => (lastClose === null ? Number.NaN : Math.log((close.at(-1) ?? Number.NaN) / lastClose));

/** Deviation of a whole day's return, last close to close, in per cent. */
export const dailyDeviation = (name: string): Moment => ({
  name,
  unit: '%',
  of: 'symbol',
  row: ({ day }) => finite(1e4 * square(dayMove(day))),
  figure: RMS,
});

/** Share of the variance of gap plus session that is the gap's. */
export const gapVarianceShare = (name: string): Moment => ({
  name,
  unit: '',
  of: 'symbol',
  row: ({ day }) => {
    const [gap, session] = [square(gapOf(day)), square(sessionOf(day))];
    return Number.isFinite(gap) ? [gap, gap + session] : null;
  },
  figure: MEAN,
});

/** Mean size by deviation: 0.80 for a normal law, less the fatter the tails. */
const tails = (name: string, figure: (day: SeriesDay) => number): Moment => ({
  name,
  unit: '',
  of: 'symbol',
  row: ({ day }) => {
    const value = figure(day);
    return Number.isFinite(value) ? [Math.abs(value), square(value), 1] : null;
  },
  figure: ([sizes = 0, squares = 0, count = 0]) => sizes / count / Math.sqrt(squares / count),
});
export const gapTails = (name: string): Moment => tails(name, gapOf);
export const sessionTails = (name: string): Moment => tails(name, sessionOf);
export const dayTails = (name: string): Moment => tails(name, dayMove);

/** Mean size of the gap after days without a session, by that of an ordinary night. */
export const gapAfterClosedDays = (name: string): Moment => ({
  name,
  unit: '',
  of: 'symbol',
  row: ({ day, before }) => {
    const gap = Math.abs(gapOf(day));
    if (before === null || !Number.isFinite(gap)) return null;
    return before.daysAgo > 1 ? [gap, 1, 0, 0] : [0, 0, gap, 1];
  },
  figure: ([after = 0, breaks = 0, gap = 0, nights = 0]) => after / breaks / (gap / nights),
});

/** Correlation of two symbols' gaps, or of their moves within the session, over days. */
const pairOverDays = (name: string, figure: (day: SeriesDay) => number): Moment => ({
  name,
  unit: '',
  of: 'pair',
  row: ({ day, with: other }) => {
    const [x, y] = [figure(day), other === null ? Number.NaN : figure(other)];
    return Number.isFinite(x + y) ? [x, y, x * y, x * x, y * y, 1] : null;
  },
  figure: CORRELATION,
});
export const gapCorrelation = (name: string): Moment => pairOverDays(name, gapOf);
export const sessionCorrelation = (name: string): Moment => pairOverDays(name, sessionOf);

/** Volatility of the weekend by that of the days next to it: Saturday by Friday, Sunday by Monday. Geometric mean. */
export const weekendVolatility = (name: string): Moment => ({
  name,
  unit: '',
  of: 'symbol',
  row: ({ number, day, before }) => {
    if (before === null || isWeekend(number) === isWeekend(number - 1)) return null;
    const change = logVolatility(day) - logVolatility(before.day);
    return [isWeekend(number) ? change : -change, 1];
  },
  figure: (sums) => Math.exp(MEAN(sums)),
});

/** Correlation over days of the size of a day's move with that of the day before: of their roots, so that no single day makes it. */
export const dayClustering = (name: string): Moment => ({
  name,
  unit: '',
  of: 'symbol',
  row: ({ day, before }) => {
    const [x, y] = [Math.sqrt(Math.abs(dayMove(day))), before === null ? Number.NaN : Math.sqrt(Math.abs(dayMove(before.day)))];
    return Number.isFinite(x + y) ? [x, y, x * y, x * x, y * y, 1] : null;
  },
  figure: CORRELATION,
});
