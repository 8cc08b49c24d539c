import type { FeedState } from '../contracts/market-snapshot.ts';
import type { Rate } from '../contracts/terms.ts';
import type { EpochMs } from '../kernel/time.ts';
import type { Market } from '../market/instrument.ts';
import type { ListedRules } from '../market/listed-rules.ts';
import type { OrderBook } from '../market/order-book.ts';
import type { Bar, BookTop, Evidence, ReferencePrice, Tick } from '../market/price.ts';
import type { CandlesBySymbol, DailiesBySymbol } from './ports.ts';

/** Where a source delivers. A tick may make the matcher fill and commit: the next one waits for it. */
export interface FeedSink {
  readonly tick: (tick: Tick) => Promise<void> | void;
  readonly top: (top: BookTop) => void;
  /** A symbol's book with its depth, whole: it takes the place of the one before. */
  readonly depth: (book: OrderBook) => void;
  /** What another venue says of a symbol. */
  readonly reference: (price: ReferencePrice) => void;
  /**
   * Bars of minutes that were given before as `missing`, or not at all, and are known now: in order of time, after an outage.
   * A `received` one is the venue's own, come late: it goes before what was made of the minute's trades.
   */
  readonly repaired: (bars: readonly Bar[]) => void;
}

/**
 * A source of prices, seen from the engine: live sockets, recorded data and the simulated market look the same. What it
 * delivers has passed its validation and is in neutral form.
 */
export interface MarketSource {
  readonly name: string;
  readonly markets: readonly Market[];
  readonly evidence: Evidence;
  /** The sources that this one is made of, each asked for its own history; absent for a single one. */
  readonly parts?: readonly MarketSource[];
  /** Begins to deliver, from where `cursor` stands or from the clock's now when it is null. */
  start(sink: FeedSink, cursor: unknown): Promise<void>;
  /** Stops delivering; nothing is delivered after the promise resolves. */
  stop(): Promise<void>;
  /**
   * The bars of a minute that has ended, asked for once a minute, some seconds after its end. While its market trades every symbol
   * has one: `missing` where the source was down or its data has a hole. None for a market that is closed.
   */
  closeMinute(minuteMs: EpochMs): readonly Bar[];
  /** Where the source stands, as plain JSON: `start` goes on from exactly here. Null when it always goes on from now. */
  cursor(): unknown;
  /** How it is, with counts of what was refused: one state, or one for each source that it is made of. */
  states(): readonly FeedState[];
  /** Rates to the base currency that this source knows, for its own instruments. */
  rates(): readonly Rate[];
  /** Past one-minute bars in [fromMs, toMs), in order of time: warm-up, and what was missed while the program was off. */
  minutes(fromMs: EpochMs, toMs: EpochMs): AsyncIterable<Bar>;
  /** Past 15-minute candles in [fromMs, toMs) by symbol. */
  quarters(fromMs: EpochMs, toMs: EpochMs): Promise<CandlesBySymbol>;
  /**
   * Closes of the trading days in [fromMs, toMs) that are over, by symbol, oldest first, adjusted for corporate actions; absent
   * where a source has no days of its own.
   */
  dailies?(fromMs: EpochMs, toMs: EpochMs): Promise<DailiesBySymbol>;
  /** The rules that the venue lists its instruments with now; absent where there is no venue to ask. */
  listings?(): Promise<readonly ListedRules[]>;
}
