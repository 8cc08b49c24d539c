import * as z from 'zod';
import type { FeedSink, MarketSource } from '../engine/market-source.ts';
import type { Tick } from '../market/price.ts';
import { mergeBars } from './bars/merge-bars.ts';
import { readCursor } from './replay/price-player.ts';
import { SourceError } from './source-error.ts';

/**
 * Several sources as one, each for markets of its own: live crypto beside simulated NSE. Its evidence is that of the first;
 * every price and bar carries its own. Ticks of all of them reach the engine one after the other.
 * @throws SourceError `two_sources` when two of them give the same market or have the same name
 */
export function compositeSource(sources: readonly [MarketSource, ...MarketSource[]]): MarketSource {
  const markets = sources.flatMap((source) => source.markets);
  const names = sources.map(({ name }) => name);
  if (new Set(markets).size < markets.length || new Set(names).size < names.length) {
    const given = sources.map((source) => `${source.name} for ${source.markets.join(' and ')}`);
    throw new SourceError('two_sources', `A market has one source, and a source one name; given are ${given.join(', ')}`, { given });
  }
  const cursorSchema = z.record(z.string(), z.unknown());
  const listing = sources.filter(({ listings }) => listings !== undefined);

  return {
    name: names.join('+'),
    markets,
    evidence: sources[0].evidence,
    parts: sources,
    async start(sink, cursor) {
      const cursors = readCursor(cursorSchema, cursor) ?? {};
      const shared = oneAtATime(sink);
      await Promise.all(sources.map((source) => source.start(shared, cursors[source.name] ?? null)));
    },
    async stop() {
      await Promise.all(sources.map((source) => source.stop()));
    },
    closeMinute: (minuteMs) => sources.flatMap((source) => source.closeMinute(minuteMs)),
    cursor: () => Object.fromEntries(sources.map((source) => [source.name, source.cursor()])),
    states: () => sources.flatMap((source) => source.states()),
    rates: () => sources.flatMap((source) => source.rates()),
    minutes: (fromMs, toMs) => mergeBars(sources.map((source) => source.minutes(fromMs, toMs))),
    async quarters(fromMs, toMs) {
      const parts = await Promise.all(sources.map((source) => source.quarters(fromMs, toMs)));
      return new Map(parts.flatMap((part) => [...part]));
    },
    ...(listing.length === 0 ? {} : { listings: async () => (await Promise.all(listing.map((source) => source.listings?.() ?? []))).flat() }),
  };
}

/** A sink whose next tick waits for the one before it, whichever source it is from. */
function oneAtATime(sink: FeedSink): FeedSink {
  let last: Promise<void> | null = null;

  function after(handled: Promise<void>): Promise<void> {
    const settled: Promise<void> = handled
      .catch(() => undefined)
      .then(() => {
        if (last === settled) last = null;
      });
    last = settled;
    return handled;
  }

  return {
    tick(tick: Tick) {
      if (last !== null) return after(last.then(() => sink.tick(tick)));
      const handled = sink.tick(tick);
      return handled === undefined ? undefined : after(handled);
    },
    top: sink.top,
    depth: sink.depth,
    reference: sink.reference,
    repaired: sink.repaired,
  };
}
