import { REFERENCE_VENUES } from '../../config/reference-venues.ts';
import type { MarketSource } from '../../engine/market-source.ts';
import { type EpochMs, MINUTE_MS, SECOND_MS } from '../../kernel/time.ts';
import type { Converse } from '../connection/venue-socket.ts';
import { type KrakenFrame, parseKrakenFrame } from './kraken-frame.ts';
import { type ReferenceDesk, type ReferenceProtocol, type ReferenceSourceOptions, referenceSource } from './reference-source.ts';

/** Heartbeats come about once a second when nothing else does. Back-off: `reference-venues.json`, a reconnect every 5 s at most. */
const PROTOCOL: ReferenceProtocol = {
  name: 'kraken',
  venue: REFERENCE_VENUES.kraken,
  isStanding: true,
  timing: { suspectMs: 15 * SECOND_MS, silenceMs: 5 * SECOND_MS, starvedMs: 30 * SECOND_MS, rotationMs: null, backoffCapMs: 8 * SECOND_MS },
  converse,
};

/** States of the venue in which orders match; in others its books are not a market. */
const MATCHING: ReadonlySet<string> = new Set(['online']);
const CONFIRM_EVERY_MS = SECOND_MS;
const NOTHING_SERVED_MS = 5 * MINUTE_MS;

/**
 * Kraken (WebSocket v2) as a second source: the best bid and ask at each of their changes. While the connection is alive and
 * brings no change of a pair, its quote stands, and is confirmed once a second. A pair that the venue rejects is shown; the
 * others go on. While the venue does not match orders nothing of it is taken.
 * @see docs.kraken.com, Spot WebSocket v2, ticker and status
 */
export const krakenSource = (options: ReferenceSourceOptions): MarketSource => referenceSource(PROTOCOL, options);

function converse(desk: ReferenceDesk): Converse {
  return (line) => {
    /** Pairs of which this connection has told the book. */
    const standing = new Set<string>();
    const rejected = new Set<string>();
    let isMatching = true;
    let confirmedMs = 0;
    line.send(
      JSON.stringify({ method: 'subscribe', params: { channel: 'ticker', symbol: desk.pairs, event_trigger: 'bbo', snapshot: true }, req_id: 1 }),
    );

    function quoted({ quotes, refused }: Extract<KrakenFrame, { readonly kind: 'quotes' }>, receivedMs: EpochMs): void {
      for (const { reason } of refused) desk.counted(reason);
      for (const quote of quotes) {
        if (!isMatching) {
          desk.counted('not_matching');
          continue;
        }
        const taken = desk.book.take(quote, receivedMs);
        if (taken === 'not_ours') continue;
        line.delivers();
        if (taken === 'taken') {
          standing.add(quote.pair);
          desk.accepted();
        } else desk.counted(taken);
      }
    }

    function confirm(nowMs: EpochMs): void {
      if (!isMatching || nowMs - confirmedMs < CONFIRM_EVERY_MS) return;
      confirmedMs = nowMs;
      desk.book.confirm(standing, nowMs);
    }

    function system(state: string): void {
      isMatching = MATCHING.has(state);
      if (!isMatching) standing.clear();
      desk.noted(isMatching ? null : `the venue says it is in ${state.replaceAll('_', ' ')} and matches no orders`);
    }

    function refusedPair(pair: string | null, error: string): void {
      if (pair === null) {
        line.fail({ reason: 'rejected', detail: error });
        return;
      }
      rejected.add(pair);
      desk.rejected(pair, error);
      if (desk.pairs.every((each) => rejected.has(each)))
        line.fail({ reason: 'rejected', detail: 'none of the pairs is served', retryAfterMs: NOTHING_SERVED_MS });
    }

    function read(text: string, receivedMs: EpochMs): void {
      const frame = parseKrakenFrame(text);
      if (frame.kind === 'quotes') quoted(frame, receivedMs);
      else if (frame.kind === 'status') system(frame.system);
      else if (frame.kind === 'acknowledged') desk.rejected(frame.pair, null);
      else if (frame.kind === 'rejected') refusedPair(frame.pair, frame.error);
      else if (frame.kind === 'refused') desk.counted(frame.reason);
    }

    return (text, receivedMs) => {
      read(text, receivedMs);
      confirm(receivedMs);
    };
  };
}
