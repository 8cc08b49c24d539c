import { type EpochMs, MINUTE_MS, minuteOf } from '../../kernel/time.ts';
import type { Bar, Candle, Evidence, Tick } from '../../market/price.ts';
import type { ClosedBar } from '../binance/binance-frame.ts';
import { addQuantity, type ExactQuantity, NO_QUANTITY, quantityNumber } from './exact-quantity.ts';

export type BarIntake = 'taken' | 'late' | 'unknown_symbol';

export interface BarBuilder {
  /** Takes a trade into the minute of its exchange stamp; the order of arrival within a minute does not matter. */
  addTick(tick: Tick): BarIntake;
  /** Takes a minute that the venue itself closed: it wins over our aggregate. */
  addClosedBar(bar: ClosedBar): BarIntake;
  /**
   * The last bar known from history (warm-up, or a backfill after an outage): the series goes on at the minute after it,
   * and minutes without a trade have a close to stay at. A bar older than what was given already changes nothing, but for the
   * close of the last minute given where an outage had made that unknown.
   */
  seed(symbol: string, last: Candle): void;
  /** From this instant prices arrive. A builder begins with the feed down. */
  feedUp(atMs: EpochMs): void;
  /** From this instant (that of the last frame, not that of its discovery) no prices arrive. */
  feedDown(atMs: EpochMs): void;
  /**
   * The bars of every minute that ended at or before the instant and was not given before, oldest first, each minute in
   * the order of the symbols. Call it a little after the minute's end: what comes later for these minutes is late.
   * `heardToMs` is the newest instant by the venue's clock that is known to have been heard in full: a minute that ends after it
   * is `missing` unless the venue's own closed bar came. Without it silence is taken for a market without trades.
   */
  closeUpTo(exchangeMs: EpochMs, heardToMs?: EpochMs): readonly Bar[];
  /** Trades and bars that came after their minute had been given, or for symbols not built here. */
  lateCount(): number;
  state(): BarBuilderState;
}

/** Everything the builder remembers, as plain JSON: part of the cursor of a replay. */
export interface BarBuilderState {
  readonly series: Readonly<Record<string, Series>>;
  readonly outages: readonly Outage[];
  readonly late: number;
}

export interface BarBuilderOptions {
  readonly symbols: readonly string[];
  readonly evidence: Evidence;
  /** A symbol silent for longer than this many minutes is not filled up minute by minute; its series starts anew. */
  readonly mostFilledMinutes?: number;
}

/** A trade's place in time: its exchange stamp, then the venue's number within one millisecond. */
interface Place {
  readonly atMs: EpochMs;
  readonly sequence: number;
}

interface Partial {
  readonly openMs: EpochMs;
  open: number;
  high: number;
  low: number;
  close: number;
  volume: ExactQuantity;
  first: Place;
  last: Place;
}

interface Series {
  /** The first minute not yet given; null until a price is known. */
  nextMs: EpochMs | null;
  previousClose: number | null;
  /** Whether there may have been trades after `previousClose` that an outage kept from us: it is not the close any more. */
  isCloseLost?: boolean;
  /** Whether a trade with a size was seen: prices without one (tickers) then no longer shape the bars. */
  isSized: boolean;
  partials: Partial[];
  venueBars: Candle[];
}

interface Outage {
  readonly fromMs: EpochMs;
  /** null while it lasts. */
  toMs: EpochMs | null;
}

const MOST_FILLED_MINUTES = 1_440;

/**
 * Builds the one-minute bars of each symbol from its trades, by exchange minute.
 *
 * A minute without a trade while the feed was up is a flat bar at the previous close with volume 0 (`received`). A minute in
 * which the feed was down, wholly or in part, is `missing` unless the venue's own closed bar came: flat, or what was seen of it.
 * After an outage the previous close is not known until a price is: flat bars are `missing` until then.
 * Volumes are summed in integer units of 1e-8, so that they equal the venue's own exactly.
 */
export function createBarBuilder(
  { symbols, evidence, mostFilledMinutes = MOST_FILLED_MINUTES }: BarBuilderOptions,
  saved?: BarBuilderState,
): BarBuilder {
  const restored = structuredClone(saved);
  const series = new Map<string, Series>(symbols.map((symbol) => [symbol, restored?.series[symbol] ?? emptySeries()]));
  let outages: Outage[] = [...(restored?.outages ?? [{ fromMs: 0, toMs: null }])];
  let late = restored?.late ?? 0;

  function intake(symbol: string, openMs: EpochMs, take: (known: Series) => void): BarIntake {
    const known = series.get(symbol);
    const isLate = known?.nextMs !== undefined && known.nextMs !== null && openMs < known.nextMs;
    if (known === undefined || isLate) {
      late++;
      return known === undefined ? 'unknown_symbol' : 'late';
    }
    known.nextMs ??= openMs;
    take(known);
    return 'taken';
  }

  const isLost = (fromMs: EpochMs, toMs: EpochMs): boolean => outages.some((outage) => overlaps(outage, fromMs, toMs));

  function closeMinute(symbol: string, known: Series, openMs: EpochMs, heardToMs: EpochMs): Bar | null {
    const venueBar = taken(known.venueBars, openMs);
    const partial = taken(known.partials, openMs);
    const candle = venueBar ?? (partial === null ? flat(known.previousClose, openMs) : candleOf(partial));
    if (candle === null) return null;
    const endMs = openMs + MINUTE_MS;
    const isHeard = endMs <= heardToMs;
    const wasLost = known.isCloseLost === true;
    known.previousClose = candle.close;
    known.isCloseLost = venueBar === null && (!isHeard || isLost(partial?.last.atMs ?? openMs, endMs) || (partial === null && wasLost));
    const isWhole = venueBar !== null || (isHeard && !isLost(openMs, endMs) && !(partial === null && wasLost));
    return { ...candle, symbol, origin: isWhole ? 'received' : 'missing', evidence };
  }

  function closeSeries(symbol: string, known: Series, untilMs: EpochMs, heardToMs: EpochMs): readonly Bar[] {
    const bars: Bar[] = [];
    while (known.nextMs !== null && known.nextMs + MINUTE_MS <= untilMs) {
      const fromMs = known.nextMs;
      const dataMs = Math.min(untilMs, ...known.partials.map(({ openMs }) => openMs), ...known.venueBars.map(({ openMs }) => openMs));
      if (dataMs - fromMs > mostFilledMinutes * MINUTE_MS) {
        known.nextMs = minuteOf(dataMs);
        continue;
      }
      known.nextMs = fromMs + MINUTE_MS;
      const bar = closeMinute(symbol, known, fromMs, heardToMs);
      if (bar !== null) bars.push(bar);
    }
    return bars;
  }

  return {
    addTick(tick) {
      return intake(tick.symbol, minuteOf(tick.exchangeMs), (known) => {
        if (tick.quantity > 0) known.isSized = true;
        else if (known.isSized) return;
        addTrade(known, tick);
      });
    },
    addClosedBar({ symbol, openMs, open, high, low, close, volume }) {
      return intake(symbol, openMs, (known) => {
        taken(known.venueBars, openMs);
        known.venueBars.push({ openMs, open, high, low, close, volume });
      });
    },
    seed(symbol, last) {
      const known = series.get(symbol);
      if (known === undefined) return;
      const isLastGiven = known.nextMs === last.openMs + MINUTE_MS && known.isCloseLost === true;
      if (known.nextMs !== null && known.nextMs > last.openMs && !isLastGiven) return;
      known.previousClose = last.close;
      known.isCloseLost = false;
      known.nextMs = last.openMs + MINUTE_MS;
      known.partials = known.partials.filter(({ openMs }) => openMs > last.openMs);
      known.venueBars = known.venueBars.filter(({ openMs }) => openMs > last.openMs);
    },
    feedUp(atMs) {
      const current = outages.at(-1);
      if (current !== undefined && current.toMs === null) current.toMs = atMs;
    },
    feedDown(atMs) {
      if (outages.at(-1)?.toMs !== null) outages.push({ fromMs: atMs, toMs: null });
    },
    closeUpTo(exchangeMs, heardToMs = Number.POSITIVE_INFINITY) {
      const bars = [...series].flatMap(([symbol, known]) => closeSeries(symbol, known, exchangeMs, heardToMs));
      outages = outages.filter(({ toMs }) => toMs === null || [...series.values()].some(({ nextMs }) => (nextMs ?? minuteOf(exchangeMs)) < toMs));
      return bars.sort((a, b) => a.openMs - b.openMs);
    },
    lateCount: () => late,
    state: () => structuredClone({ series: Object.fromEntries(series), outages, late }),
  };
}

const emptySeries = (): Series => ({ nextMs: null, previousClose: null, isSized: false, partials: [], venueBars: [] });

function addTrade(known: Series, { exchangeMs, sequence = 0, price, quantity }: Tick): void {
  const openMs = minuteOf(exchangeMs);
  const place: Place = { atMs: exchangeMs, sequence };
  const partial = known.partials.find((candidate) => candidate.openMs === openMs);
  if (partial === undefined) {
    const volume = addQuantity(NO_QUANTITY, quantity);
    known.partials.push({ openMs, open: price, high: price, low: price, close: price, volume, first: place, last: place });
    return;
  }
  partial.high = Math.max(partial.high, price);
  partial.low = Math.min(partial.low, price);
  partial.volume = addQuantity(partial.volume, quantity);
  if (isBefore(place, partial.first)) {
    partial.open = price;
    partial.first = place;
  }
  if (!isBefore(place, partial.last)) {
    partial.close = price;
    partial.last = place;
  }
}

const isBefore = (a: Place, b: Place): boolean => a.atMs < b.atMs || (a.atMs === b.atMs && a.sequence < b.sequence);

const candleOf = ({ openMs, open, high, low, close, volume }: Partial): Candle => ({
  openMs,
  open,
  high,
  low,
  close,
  volume: quantityNumber(volume),
});

const flat = (price: number | null, openMs: EpochMs): Candle | null =>
  price === null ? null : { openMs, open: price, high: price, low: price, close: price, volume: 0 };

const overlaps = (outage: Outage, fromMs: EpochMs, toMs: EpochMs): boolean => outage.fromMs < toMs && (outage.toMs === null || outage.toMs > fromMs);

/** Removes the minute's item from the list and gives it. */
function taken<Item extends { readonly openMs: EpochMs }>(items: Item[], openMs: EpochMs): Item | null {
  const index = items.findIndex((item) => item.openMs === openMs);
  return index < 0 ? null : (items.splice(index, 1)[0] ?? null);
}
