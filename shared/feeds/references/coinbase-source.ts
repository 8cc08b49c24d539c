import { REFERENCE_VENUES } from '../../config/reference-venues.ts';
import type { MarketSource } from '../../engine/market-source.ts';
import { MINUTE_MS, SECOND_MS } from '../../kernel/time.ts';
import type { Converse, VenueLine } from '../connection/venue-socket.ts';
import { type CoinbaseFrame, parseCoinbaseFrame } from './coinbase-frame.ts';
import { type ReferenceDesk, type ReferenceProtocol, type ReferenceSourceOptions, referenceSource } from './reference-source.ts';

const NOTHING_SERVED_MS = 5 * MINUTE_MS;
const CHANNELS = ['ticker', 'heartbeat'];

/** Heartbeats come once a second; between two trades of the busiest pair pass seconds, not half a minute. */
const PROTOCOL: ReferenceProtocol = {
  name: 'coinbase',
  venue: REFERENCE_VENUES.coinbase,
  isStanding: false,
  timing: { suspectMs: 10 * SECOND_MS, silenceMs: 5 * SECOND_MS, starvedMs: 30 * SECOND_MS, rotationMs: null },
  converse,
};

/**
 * Coinbase Exchange as a second source: the best bid and ask of each trade. Quotes older than what is known are refused; a
 * heartbeat that names a trade whose ticker never came is counted as a gap.
 * @see docs.cdp.coinbase.com, Exchange WebSocket feed
 */
export const coinbaseSource = (options: ReferenceSourceOptions): MarketSource => referenceSource(PROTOCOL, options);

function converse(desk: ReferenceDesk): Converse {
  /** The newest trade of each pair that anything told of: over all connections, so that one gap is counted once. */
  const trades = new Map<string, number>();

  function sawTrade(pair: string, tradeId: number): void {
    trades.set(pair, Math.max(tradeId, trades.get(pair) ?? 0));
  }

  function heard(pair: string, lastTradeId: number): void {
    const known = trades.get(pair);
    if (known !== undefined && lastTradeId > known) desk.counted('sequence_gap');
    if (known !== undefined) sawTrade(pair, lastTradeId);
  }

  function quoted({ quote, tradeId }: Extract<CoinbaseFrame, { readonly kind: 'quote' }>, line: VenueLine, receivedMs: number): void {
    const taken = desk.book.take(quote, receivedMs);
    if (taken === 'not_ours') return;
    line.delivers();
    sawTrade(quote.pair, tradeId);
    if (taken === 'taken') desk.accepted();
    else desk.counted(taken);
  }

  return (line) => {
    /** Products that this connection was refused: the next one asks for all of them again. */
    const wrong = new Set<string>();

    function subscribe(): void {
      const asked = desk.pairs.filter((pair) => !wrong.has(pair));
      if (asked.length === 0) line.fail({ reason: 'rejected', detail: 'none of the pairs is served', retryAfterMs: NOTHING_SERVED_MS });
      else line.send(JSON.stringify({ type: 'subscribe', product_ids: asked, channels: CHANNELS }));
    }

    /** One wrong product refuses the whole request: it is asked again without it. */
    function refusedRequest(message: string): void {
      const named = desk.pairs.find((pair) => !wrong.has(pair) && message.includes(pair));
      if (named === undefined) {
        line.fail({ reason: 'rejected', detail: message });
        return;
      }
      wrong.add(named);
      desk.rejected(named, message);
      subscribe();
    }

    function subscribed(pairs: readonly string[]): void {
      for (const pair of desk.pairs) {
        if (pairs.includes(pair)) desk.rejected(pair, null);
        else if (!wrong.has(pair)) desk.rejected(pair, 'left out of the subscription');
      }
    }

    subscribe();
    return (text, receivedMs) => {
      const frame = parseCoinbaseFrame(text);
      if (frame.kind === 'quote') quoted(frame, line, receivedMs);
      else if (frame.kind === 'heartbeat') heard(frame.pair, frame.lastTradeId);
      else if (frame.kind === 'subscribed') subscribed(frame.pairs);
      else if (frame.kind === 'error') refusedRequest(frame.message);
      else if (frame.kind === 'refused') desk.counted(frame.reason);
    };
  };
}
