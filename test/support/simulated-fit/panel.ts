/** What one symbol did on one day, in equal steps. Arrays are as long as the session has steps. */
export interface SeriesDay {
  /** First price of the day. */
  readonly open: number;
  /** Last price of the day before; null on the first day, or where a split lies between. */
  readonly lastClose: number | null;
  readonly close: Float64Array;
  readonly high: Float64Array;
  readonly low: Float64Array;
  readonly volume: Float64Array;
}

/** One day of a panel; null where the symbol has no whole day. */
export interface PanelDay {
  /** Days since 1970-01-01. */
  readonly day: number;
  readonly series: readonly (SeriesDay | null)[];
}

/** Days of several symbols, whole days only, in order. */
export interface Panel {
  readonly symbols: readonly string[];
  readonly days: readonly PanelDay[];
}

/** Days are dealt out by their number: the market is fitted on even ones and held against odd ones. */
export const isFitted = (day: number): boolean => day % 2 === 0;

/** The even days of a panel. */
export const fittedHalf = ({ symbols, days }: Panel): Panel => ({ symbols, days: days.filter(({ day }) => isFitted(day)) });

/** A panel with the steps of its days put together by `by`. */
export const inSteps = ({ symbols, days }: Panel, by: number): Panel => ({
  symbols,
  days: days.map(({ day, series }) => ({ day, series: series.map((of) => (of === null ? null : { ...of, ...rolledBy(of, by) })) })),
});

function rolledBy(day: SeriesDay, by: number): Pick<SeriesDay, 'high' | 'low' | 'close' | 'volume'> {
  const length = Math.floor(day.close.length / by);
  const rolled = { high: new Float64Array(length), low: new Float64Array(length), close: new Float64Array(length), volume: new Float64Array(length) };
  for (let i = 0; i < length; i++) {
    let high = 0;
    let low = Number.POSITIVE_INFINITY;
    let volume = 0;
    for (let j = i * by; j < (i + 1) * by; j++) {
      high = Math.max(high, day.high[j] as number);
      low = Math.min(low, day.low[j] as number);
      volume += day.volume[j] as number;
    }
    rolled.high[i] = high;
    rolled.low[i] = low;
    rolled.close[i] = day.close[(i + 1) * by - 1] as number;
    rolled.volume[i] = volume;
  }
  return rolled;
}
