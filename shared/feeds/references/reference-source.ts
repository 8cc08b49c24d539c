import { type ReferenceVenue, referencePairs } from '../../config/reference-venues.ts';
import type { MarketSource } from '../../engine/market-source.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { Log } from '../../kernel/log.ts';
import type { Rng } from '../../kernel/rng.ts';
import { createConnectBudget } from '../connection/connect-budget.ts';
import { type Converse, connectVenue, type VenueFeed, type VenueTiming, venueInWords } from '../connection/venue-socket.ts';
import type { Dial } from '../connection/wire.ts';
import { tetherRateSchema } from '../rates/tether-rate.ts';
import { readCursor } from '../replay/price-player.ts';
import { SourceError } from '../source-error.ts';
import { createReferenceBook, type ReferenceBook } from './reference-book.ts';

export interface ReferenceSourceOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** Draws the back-off of reconnects. */
  readonly random: Rng;
  /** Base URLs in the order of preference. */
  readonly urls: readonly string[];
  readonly timing?: Partial<VenueTiming>;
  readonly dial?: Dial;
}

/** What a venue's protocol tells about itself beside quotes. */
export interface ReferenceDesk {
  readonly book: ReferenceBook;
  /** Every pair to ask for: those of our symbols, and the one that tells what a Tether is worth. */
  readonly pairs: readonly string[];
  readonly log: Log;
  readonly accepted: () => void;
  readonly counted: (what: string) => void;
  /** A pair that the venue does not serve, and why; the others go on. Null: it is served. */
  readonly rejected: (pair: string, why: string | null) => void;
  /** What the venue says of itself, when it is not as usual. */
  readonly noted: (note: string | null) => void;
}

export interface ReferenceProtocol {
  readonly name: string;
  readonly venue: ReferenceVenue;
  readonly isStanding: boolean;
  readonly timing: Partial<VenueTiming>;
  readonly converse: (desk: ReferenceDesk) => Converse;
}

/**
 * A venue that confirms or contradicts the prices we trade on: it delivers its best bid and ask of our crypto instruments as
 * reference prices, and tells what a Tether is worth in dollars: while it is away, what that was last. It gives no market, no
 * bar and no history. The cursor is that rate, so that it outlives the process.
 */
export function referenceSource(protocol: ReferenceProtocol, options: ReferenceSourceOptions): MarketSource {
  const { name, venue, isStanding } = protocol;
  const { clock, log, random, urls } = options;
  const symbols = referencePairs(venue);
  const book = createReferenceBook({ source: name, clock, pairs: symbols, currency: venue.quote, tether: venue.tether, isStanding });
  const budget = createConnectBudget(venue.connects);
  const counts: Record<string, number> = {};
  const rejections = new Map<string, string>();
  const createdMs = clock.now();
  let accepted = 0;
  let note: string | null = null;
  let feed: VenueFeed | null = null;

  const desk: ReferenceDesk = {
    book,
    pairs: [...symbols.keys(), venue.tether],
    log,
    accepted: () => {
      accepted++;
    },
    counted: (what) => {
      counts[what] = (counts[what] ?? 0) + 1;
    },
    rejected(pair, why) {
      if (why === null) rejections.delete(pair);
      else if (rejections.get(pair) !== why) {
        rejections.set(pair, why);
        log('warn', `${name}.rejected`, { pair, why });
      }
    },
    noted: (next) => {
      note = next;
    },
  };

  function detail(open: VenueFeed): string {
    const missing = [...rejections].map(([pair, why]) => `${pair} is not served: ${why}`);
    return [venueInWords(open.state()), ...(note === null ? [] : [note]), ...missing].join('; ');
  }

  return {
    name,
    markets: [],
    evidence: 'live',
    async start(sink, cursor) {
      if (feed !== null) throw new SourceError('already_started', `${name} is connected already; stop it first`, { source: name });
      const rate = readCursor(tetherRateSchema, cursor);
      if (rate !== null) book.restore(rate);
      book.deliverTo(sink);
      feed = connectVenue({
        venue: name,
        urls,
        converse: protocol.converse(desk),
        clock,
        random,
        log,
        budget,
        sends: venue.sends,
        timing: { ...protocol.timing, ...options.timing },
        ...(options.dial === undefined ? {} : { dial: options.dial }),
      });
    },
    async stop() {
      const closing = feed;
      feed = null;
      book.deliverTo(null);
      await closing?.close();
    },
    closeMinute: () => [],
    cursor: book.tetherRate,
    states() {
      const common = { source: name, markets: [], evidence: 'live', accepted, refused: { ...counts } } as const;
      if (feed === null) return [{ ...common, status: 'down', detail: 'not connected', sinceMs: createdMs, reconnects: 0 }];
      const { status, sinceMs, reconnects } = feed.state();
      return [{ ...common, status, detail: detail(feed), sinceMs, reconnects }];
    },
    rates: book.rates,
    async *minutes() {},
    quarters: async () => new Map(),
  };
}
