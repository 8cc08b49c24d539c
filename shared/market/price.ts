import { type EpochMs, MINUTE_MS } from '../kernel/time.ts';

/** What kind of reality a price, and so every trade made on it, is evidence of. Never mixed silently. */
export type Evidence = 'live' | 'delayed' | 'replay' | 'simulated';

/** The three stamps of anything that came from a venue; `storedMs` is added by the store. */
export interface Stamps {
  readonly exchangeMs: EpochMs;
  readonly receivedMs: EpochMs;
}

/**
 * One traded price.
 * A recorded or live trade is a `print`: between two prints nothing could be traded. A point of a bar played as ticks
 * after its open is a `sweep`: the market traded through every price since the tick before.
 */
export interface Tick extends Stamps {
  readonly symbol: string;
  readonly price: number;
  /** Units traded; 0 where the source tells a price without a size. */
  readonly quantity: number;
  readonly motion: 'print' | 'sweep';
  /**
   * For a tick that stands for part of a bar: the range the market still reaches before the bar ends, in an order nobody
   * knows. The matcher uses it to assume the worst (stop before target).
   */
  readonly ahead?: { readonly low: number; readonly high: number };
  /** The venue's own rising number of this trade; absent where the source has none. Tells a repeated print from a new one. */
  readonly sequence?: number;
  readonly source: string;
  readonly evidence: Evidence;
}

/** Best bid and ask. A size of `null` means that the source does not tell it. */
export interface BookTop extends Stamps {
  readonly symbol: string;
  readonly bid: number;
  readonly ask: number;
  readonly bidSize: number | null;
  readonly askSize: number | null;
  /** The venue's own rising number of this book update; absent where the source has none. */
  readonly sequence?: number;
  readonly source: string;
  readonly evidence: Evidence;
}

/**
 * Best bid and ask of a symbol on another venue than the one we trade on: it contradicts or confirms, and is never traded on.
 * `currency` is what it quotes in: a dollar quote is compared with a Tether quote by their rate.
 */
export interface ReferencePrice extends Stamps {
  readonly symbol: string;
  readonly bid: number;
  readonly ask: number;
  readonly currency: 'USD' | 'USDT';
  readonly source: string;
}

/** What other venues say of our price. `stale`: ours is too old to be compared. `single-source`: nobody else has told one lately. */
export type CheckState = 'agreed' | 'diverged' | 'single-source' | 'stale';

/** A price held against those of other venues: see `cross-check.ts` for when it is what. */
export interface QuoteCheck {
  readonly state: CheckState;
  /** Our mid over the median of theirs, less one, in hundredths of a per cent; null where nothing was compared. */
  readonly spreadBps: number | null;
  /** Whom it was compared with. */
  readonly against: readonly string[];
  /** Since when the state has been this one. */
  readonly sinceMs: EpochMs;
  readonly isWarning: boolean;
}

/** What is known of a symbol's price now: last trade, and top of book where a source gives one. */
export interface Quote extends Stamps {
  readonly symbol: string;
  readonly last: number;
  readonly bid: number | null;
  readonly ask: number | null;
  readonly bidSize: number | null;
  readonly askSize: number | null;
  readonly source: string;
  readonly evidence: Evidence;
  /** Null where no second source is to be had: simulated and replayed prices, and NSE. */
  readonly check: QuoteCheck | null;
}

/** One bar. `openMs` is the start of its span; volume is in units of the base. */
export interface Candle {
  readonly openMs: EpochMs;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
}

/**
 * How a bar came to us. A scan never reads across a `missing` one without knowing it. The prices of a `missing` bar are what was
 * seen of it, else the last close known, else 0: they are not read.
 */
export type BarOrigin = 'received' | 'backfilled' | 'missing';

/** A one-minute bar of a symbol as stored and sent through the system. */
export interface Bar extends Candle {
  readonly symbol: string;
  readonly origin: BarOrigin;
  readonly evidence: Evidence;
  /**
   * Of data that is coarser than minutes: how many minutes the bar tells of, up to and with the one that begins at `openMs`, which
   * is when it is known. Absent for a bar of that minute alone.
   */
  readonly spanMinutes?: number;
}

/** How many minutes a bar tells of. */
export const minutesOf = ({ spanMinutes }: Pick<Bar, 'spanMinutes'>): number => spanMinutes ?? 1;

/** Where the span of a bar begins. */
export const startOfBar = (bar: Pick<Bar, 'openMs' | 'spanMinutes'>): EpochMs => bar.openMs - (minutesOf(bar) - 1) * MINUTE_MS;

/** True for a number that can be a price: positive and finite. */
export const isPrice = (value: number): boolean => Number.isFinite(value) && value > 0;

/** True for a number that can be what stands at a price: positive and finite too, where nothing stands there is no level. */
export const isSize = (value: number): boolean => isPrice(value);
