import { CROSS_CHECK } from '../../config/cross-check.ts';
import type { Rate } from '../../contracts/terms.ts';
import type { FeedSink } from '../../engine/market-source.ts';
import type { Cancel, Clock } from '../../kernel/clock.ts';
import type { EpochMs } from '../../kernel/time.ts';
import { createTetherBook, type RateDoubt, type TetherRate } from '../rates/tether-rate.ts';
import type { ReferenceQuote } from './reference-frame.ts';

export type ReferenceRefusal = 'not_ours' | 'stamp_in_future' | 'stamp_too_old' | 'older' | 'duplicate' | RateDoubt;

/** The newest quotes of a reference venue, on their way to the engine. */
export interface ReferenceBook {
  /** Takes a quote in, if it is newer than what is known; else says why not. */
  take(quote: ReferenceQuote, receivedMs: EpochMs): ReferenceRefusal | 'taken';
  /** The venue would have told a change of these pairs, and told none: what it said last holds now too. */
  confirm(pairs: Iterable<string>, nowMs: EpochMs): void;
  /** What a Tether was worth in dollars when that was last told and believed; none before. */
  rates(): readonly Rate[];
  /** That rate, to go on with after a restart; null before the first. */
  tetherRate(): TetherRate | null;
  restore(rate: TetherRate): void;
  deliverTo(sink: FeedSink | null): void;
  /** Quotes that gave way to a newer one of their pair before they were delivered. */
  conflated(): number;
}

export interface ReferenceBookOptions {
  readonly source: string;
  readonly clock: Clock;
  /** The venue's pairs to our symbols. */
  readonly pairs: ReadonlyMap<string, string>;
  readonly currency: 'USD' | 'USDT';
  /** The pair that tells what a Tether is worth. */
  readonly tether: string;
  /**
   * The venue tells every change of a book, so that what it told last stands, however long ago that was. Else it tells the book
   * of its last trade, which is the book of that instant.
   */
  readonly isStanding: boolean;
}

interface Known {
  readonly quote: ReferenceQuote;
  readonly exchangeMs: EpochMs;
  /** The last instant at which it was known to hold. */
  heldMs: EpochMs;
  receivedMs: EpochMs;
  /** Quotes in a row that were older than this one. */
  olderInARow: number;
}

/** A check compares by the second: more often than this a symbol need not be told. */
const DELIVER_EVERY_MS = 100;
/** The venue's clock may run ahead of ours by this much. */
const MOST_FUTURE_MS = 5_000;
/** Assumption: this many in a row with lower numbers mean that the venue began to number anew, not that they are late. */
const OLDER_TO_BELIEVE = 100;

export function createReferenceBook({ source, clock, pairs, currency, tether, isStanding }: ReferenceBookOptions): ReferenceBook {
  const known = new Map<string, Known>();
  const waiting = new Set<string>();
  const tetherBook = createTetherBook();
  let sink: FeedSink | null = null;
  let timer: Cancel | null = null;
  let deliveredMs = Number.NEGATIVE_INFINITY;
  let conflated = 0;

  function take(quote: ReferenceQuote, receivedMs: EpochMs): ReferenceRefusal | 'taken' {
    const exchangeMs = quote.exchangeMs ?? receivedMs;
    const heldMs = isStanding ? receivedMs : Math.min(exchangeMs, receivedMs);
    return refusalOf(quote, exchangeMs, receivedMs) ?? put({ quote, exchangeMs, receivedMs, heldMs, olderInARow: 0 });
  }

  function refusalOf(quote: ReferenceQuote, exchangeMs: EpochMs, receivedMs: EpochMs): ReferenceRefusal | null {
    const { pair } = quote;
    if (!pairs.has(pair) && pair !== tether) return 'not_ours';
    if (exchangeMs - receivedMs > MOST_FUTURE_MS) return 'stamp_in_future';
    const before = known.get(pair);
    if (before === undefined) return null;
    const order = orderOf(before, quote, exchangeMs);
    if (order === 'duplicate') return 'duplicate';
    return order === 'older' && ++before.olderInARow <= OLDER_TO_BELIEVE ? 'older' : null;
  }

  function put(entry: Known): ReferenceRefusal | 'taken' {
    const { pair, bid, ask } = entry.quote;
    known.set(pair, entry);
    const doubt = pair === tether ? tetherBook.hear(bid, ask, entry.heldMs) : null;
    if (doubt !== null) return doubt;
    if (!isStanding && entry.receivedMs - entry.exchangeMs > CROSS_CHECK.referenceMaxAgeMs) return 'stamp_too_old';
    announce(pair);
    return 'taken';
  }

  function announce(pair: string): void {
    if (sink === null || !pairs.has(pair)) return;
    if (waiting.has(pair)) conflated++;
    waiting.add(pair);
    if (timer !== null) return;
    const nowMs = clock.now();
    const dueMs = deliveredMs + DELIVER_EVERY_MS;
    if (dueMs <= nowMs) deliver();
    else {
      timer = clock.at(dueMs, 'reference.deliver', () => {
        timer = null;
        deliver();
      });
    }
  }

  function deliver(): void {
    deliveredMs = clock.now();
    for (const pair of waiting) {
      const entry = known.get(pair);
      const symbol = pairs.get(pair);
      if (entry === undefined || symbol === undefined) continue;
      const { bid, ask } = entry.quote;
      sink?.reference({ symbol, bid, ask, currency, exchangeMs: entry.exchangeMs, receivedMs: entry.receivedMs, source });
    }
    waiting.clear();
  }

  return {
    take,
    confirm(confirmed, nowMs) {
      for (const pair of confirmed) {
        const entry = known.get(pair);
        if (entry === undefined || entry.heldMs >= nowMs) continue;
        entry.heldMs = nowMs;
        entry.receivedMs = nowMs;
        if (pair === tether) tetherBook.hear(entry.quote.bid, entry.quote.ask, nowMs);
        announce(pair);
      }
    },
    rates: () => tetherBook.rates(source),
    tetherRate: tetherBook.known,
    restore: tetherBook.restore,
    deliverTo(next) {
      sink = next;
      timer?.();
      timer = null;
      waiting.clear();
    },
    conflated: () => conflated,
  };
}

function orderOf(before: Known, quote: ReferenceQuote, exchangeMs: EpochMs): 'taken' | 'older' | 'duplicate' {
  const last = before.quote.sequence;
  if (quote.sequence !== null && last !== null) {
    if (quote.sequence === last) return 'duplicate';
    return quote.sequence < last ? 'older' : 'taken';
  }
  return exchangeMs < before.exchangeMs ? 'older' : 'taken';
}
