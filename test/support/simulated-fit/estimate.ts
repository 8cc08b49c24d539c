import type { SimulationParameters } from '../../../shared/feeds/simulated/parameters.ts';
import type { Panel, SeriesDay } from './panel.ts';
import type { RecordedPanels } from './recorded-panels.ts';

type Instruments = SimulationParameters['instruments'];

/** What is read off the recorded days directly: each symbol's volatility, correlation and turnover. */
export const withInstruments = (parameters: SimulationParameters, panels: RecordedPanels): SimulationParameters => ({
  ...parameters,
  instruments: instrumentsOf(parameters.instruments, panels),
});

/** The shapes of a day, read off panels. */
export interface Shapes {
  readonly crypto: { readonly volatility: number[]; readonly volume: number[] };
  readonly nse: { readonly common: number[]; readonly own: number[]; readonly volume: number[] };
}

export const shapesOf = (panels: RecordedPanels): Shapes => ({
  crypto: { volatility: volShape(panels.quarters, 24, meanOf), volume: volumeShape(panels.quarters, 24, meanOf) },
  nse: { common: volShape(panels.nifty, 75, meanOf), own: volShape(panels.fives, 75, medianOf), volume: volumeShape(panels.fives, 75, medianOf) },
});

/**
 * The shapes that make simulated days look like recorded ones: those in force, times recorded over simulated. A slice's typical
 * share of its day is not its mean one, where volatility wanders.
 */
export function withShapes(parameters: SimulationParameters, recorded: Shapes, simulated: Shapes): SimulationParameters {
  const { CRYPTO, NSE } = parameters.markets;
  const crypto = corrected(CRYPTO.common.shape, recorded.crypto.volatility, simulated.crypto.volatility);
  return {
    ...parameters,
    markets: {
      CRYPTO: {
        ...CRYPTO,
        common: { ...CRYPTO.common, shape: crypto },
        own: { ...CRYPTO.own, shape: crypto },
        volumeShape: corrected(CRYPTO.volumeShape, recorded.crypto.volume, simulated.crypto.volume),
      },
      NSE: {
        ...NSE,
        common: { ...NSE.common, shape: corrected(NSE.common.shape, recorded.nse.common, simulated.nse.common) },
        own: { ...NSE.own, shape: corrected(NSE.own.shape, recorded.nse.own, simulated.nse.own) },
        volumeShape: corrected(NSE.volumeShape, recorded.nse.volume, simulated.nse.volume),
      },
    },
  };
}

const corrected = (shape: readonly number[], recorded: readonly number[], simulated: readonly number[]): number[] =>
  recorded.map((value, slice) => {
    const now = simulated[slice] ?? Number.NaN;
    const factor = Number.isFinite(value / now) ? value / now : 1;
    return rounded((shape[Math.floor((slice * shape.length) / recorded.length)] ?? 1) * factor);
  });

const PLACES = 4;
export const rounded = (value: number): number => Number(value.toPrecision(PLACES));

const returnsOf = ({ open, close }: SeriesDay): Float64Array => close.map((price, i) => Math.log(price / (i === 0 ? open : (close[i - 1] ?? open))));
const meanOf = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0) / values.length;

type Middle = (values: readonly number[]) => number;

/** Relative volatility by slices of the day: the root of the middle over days of a slice's share of the day's variance. */
function volShape(panel: Panel, slices: number, middle: Middle): number[] {
  return sharesOf(panel, variances, slices, middle).map((share) => rounded(Math.sqrt(slices * share)));
}

/** Relative volume by slices of the day: the middle over days of a slice's share of the day's volume. */
function volumeShape(panel: Panel, slices: number, middle: Middle): number[] {
  return sharesOf(panel, ({ volume }) => volume, slices, middle).map((share) => rounded(slices * share));
}

function sharesOf({ days }: Panel, of: (day: SeriesDay) => Float64Array, slices: number, middle: Middle): readonly number[] {
  const shares = days.map(({ series }) =>
    meanShares(
      series.flatMap((day) => (day === null ? [] : [of(day)])),
      slices,
    ),
  );
  // The first bar of a day has no volume in some sources: such days do not tell of it.
  return Array.from({ length: slices }, (_, slice) => middle(shares.map((day) => day[slice] ?? 0).filter((share) => share > 0)));
}

const variances = (day: SeriesDay): Float64Array => returnsOf(day).map((move) => move ** 2);

function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return ((sorted[(sorted.length - 1) >> 1] ?? Number.NaN) + (sorted[sorted.length >> 1] ?? Number.NaN)) / 2;
}

/** Mean over the symbols of a day of the share of each slice. */
function meanShares(symbols: readonly Float64Array[], slices: number): readonly number[] {
  const shares = new Array<number>(slices).fill(0);
  for (const values of symbols) {
    const total = values.reduce((sum, value) => sum + value, 0);
    values.forEach((value, i) => {
      const slice = Math.floor((i * slices) / values.length);
      shares[slice] = (shares[slice] ?? 0) + value / total / symbols.length;
    });
  }
  return shares;
}

function instrumentsOf(instruments: Instruments, { quarters, crypto, fives, daily }: RecordedPanels): Instruments {
  const found: Record<string, Partial<Instruments[string]>> = {};
  const put = (panel: Panel, figures: readonly Partial<Instruments[string]>[]): void =>
    panel.symbols.forEach((symbol, i) => {
      found[symbol] = { ...found[symbol], ...figures[i] };
    });
  const coins = factorLoadings(correlations(quarters, returnsOf));
  put(
    quarters,
    quarters.symbols.map((_, i) => ({ dailyVol: rounded(deviation(quarters, i, returnsOf) * Math.sqrt(96)), correlation: rounded(coins[i] ?? 0) })),
  );
  put(
    crypto,
    crypto.symbols.map((_, i) => ({ turnoverAMinute: turnover(crypto, i, 1) })),
  );
  const session = (day: SeriesDay): Float64Array => Float64Array.of(Math.log((day.close[0] ?? 0) / day.open));
  const whole = (day: SeriesDay): Float64Array =>
    day.lastClose === null ? new Float64Array(0) : Float64Array.of(Math.log((day.close[0] ?? 0) / day.lastClose));
  const shares = factorLoadings(correlations(daily, session));
  put(
    daily,
    daily.symbols.map((_, i) => ({ dailyVol: rounded(deviation(daily, i, whole)), correlation: rounded(shares[i] ?? 0) })),
  );
  put(
    fives,
    fives.symbols.map((_, i) => ({ turnoverAMinute: turnover(fives, i, 5) })),
  );
  return Object.fromEntries(Object.entries(instruments).map(([symbol, own]) => [symbol, { ...own, ...found[symbol] }]));
}

function deviation(panel: Panel, symbol: number, movesOf: (day: SeriesDay) => Float64Array): number {
  let squares = 0;
  let count = 0;
  for (const { series } of panel.days) {
    const day = series[symbol];
    if (day === null || day === undefined) continue;
    for (const move of movesOf(day)) {
      squares += move ** 2;
      count += 1;
    }
  }
  return Math.sqrt(squares / count);
}

/** Geometric mean turnover of a minute in the last twelve recorded days of the symbol: the market of today, not of 2016. */
function turnover(panel: Panel, symbol: number, minutes: number): number {
  const days = panel.days.flatMap(({ series }) => series[symbol] ?? []).slice(-12);
  const logs = days.flatMap(({ volume, close }) =>
    [...volume].flatMap((units, i) => (units > 0 ? Math.log((units * (close[i] ?? 0)) / minutes) : [])),
  );
  return Number(Math.exp(meanOf(logs)).toPrecision(2));
}

/** Correlations about zero of all pairs of symbols, over the days that both have. */
function correlations({ symbols, days }: Panel, movesOf: (day: SeriesDay) => Float64Array): readonly (readonly number[])[] {
  const moves = days.map(({ series }) => series.map((day) => (day === null ? null : movesOf(day))));
  return symbols.map((_, i) =>
    symbols.map((__, j) => {
      let [xy, xx, yy] = [0, 0, 0];
      for (const of of moves) {
        const [one, other] = [of[i], of[j]];
        if (!one || !other) continue;
        one.forEach((x, k) => {
          const y = other[k] ?? 0;
          xy += x * y;
          xx += x * x;
          yy += y * y;
        });
      }
      return xy / Math.sqrt(xx * yy);
    }),
  );
}

/** Loadings on one common factor whose products come nearest to the correlations: coordinate descent on the squares. */
function factorLoadings(matrix: readonly (readonly number[])[]): readonly number[] {
  const loadings = matrix.map(() => 0.5);
  for (let round = 0; round < 200; round++) {
    for (let i = 0; i < loadings.length; i++) {
      let [product, square] = [0, 0];
      loadings.forEach((loading, j) => {
        if (j === i) return;
        product += loading * (matrix[i]?.[j] ?? 0);
        square += loading ** 2;
      });
      loadings[i] = Math.min(0.99, product / square);
    }
  }
  return loadings;
}
