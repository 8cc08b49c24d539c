import type { FeedSink, MarketSource } from '../engine/market-source.ts';
import type { Clock } from '../kernel/clock.ts';
import { messageOf } from '../kernel/errors.ts';
import type { Log } from '../kernel/log.ts';
import type { Rng } from '../kernel/rng.ts';
import { type EpochMs, MINUTE_MS } from '../kernel/time.ts';
import type { Market } from '../market/instrument.ts';
import type { Bar } from '../market/price.ts';
import type { RolledCandle } from '../market/rollup.ts';
import { createBarBuilder } from './bar-builder.ts';
import type { BinanceUrls } from './binance-endpoints.ts';
import { createBinanceParser } from './binance-frame.ts';
import { createBinanceRest } from './binance-rest.ts';
import { type BinanceFeed, type BinanceFeedState, type BinanceTiming, connectBinance } from './binance-socket.ts';
import { BINANCE_SYMBOLS } from './binance-symbols.ts';
import { createFrameIntake, intakeCounts } from './frame-intake.ts';
import { mergeBars } from './merge-bars.ts';
import { createMinuteShelf } from './minute-shelf.ts';
import { createPriceLane, type PriceLane } from './price-lane.ts';
import { assumedUsdtRate } from './rates.ts';
import { SourceError } from './source-error.ts';
import { createGate } from './validation.ts';

export interface BinanceSourceOptions {
  readonly clock: Clock;
  readonly urls: BinanceUrls;
  /** Draws the back-off of reconnects. */
  readonly random: Rng;
  readonly log: Log;
  readonly timing?: Partial<BinanceTiming>;
  readonly fetch?: typeof fetch;
  /** How many prices may wait for the engine before tops of book give way to newer ones. */
  readonly mostWaiting?: number;
}

const SOURCE = 'binance';
const EVIDENCE = 'live';
const MARKETS: readonly Market[] = ['CRYPTO'];
const MOST_WAITING = 5_000;

/**
 * Binance spot, live: it keeps trying whatever happens, and while it is down says so instead of inventing prices. A minute in
 * which it was down has `missing` bars, until `minutes` has fetched it over REST: from then on they are `backfilled`.
 * Frames are judged and built into bars when they come; what they tell waits in one lane for the engine.
 * A symbol of which no price was ever seen (not up yet, no history fetched) has no bar.
 */
export function binanceSource(options: BinanceSourceOptions): MarketSource {
  const { clock, urls, log, random, timing = {}, mostWaiting = MOST_WAITING } = options;
  const symbols = [...BINANCE_SYMBOLS.values()];
  const gate = createGate();
  const builder = createBarBuilder({ symbols, evidence: EVIDENCE });
  const shelf = createMinuteShelf();
  const fetched = createMinuteShelf();
  const rest = createBinanceRest({ urls: urls.rest, clock, log, ...(options.fetch === undefined ? {} : { fetch: options.fetch }) });
  const parse = createBinanceParser({ symbols: BINANCE_SYMBOLS, source: SOURCE, evidence: EVIDENCE });
  const intake = createFrameIntake({
    parse,
    gate,
    builder,
    source: SOURCE,
    onControl: ({ control, detail }) => log(control === 'error' ? 'warn' : 'info', 'binance.control', { control, detail }),
  });
  const createdMs = clock.now();
  let feed: BinanceFeed | null = null;
  let lane: PriceLane | null = null;

  function onState({ status, lastFrameMs }: BinanceFeedState): void {
    if (status === 'up') builder.feedUp(clock.now());
    else if (status === 'down' && lastFrameMs !== null) builder.feedDown(lastFrameMs);
  }

  function connect(sink: FeedSink): void {
    const open = createPriceLane({ sink, mostWaiting, onError: (error) => log('error', 'feed.sink_failed', { error: messageOf(error) }) });
    lane = open;
    feed = connectBinance({
      symbols: [...BINANCE_SYMBOLS.keys()],
      urls: urls.webSocket,
      clock,
      random,
      log,
      timing,
      onState,
      onFrame: (text, receivedMs) => {
        for (const price of intake(text, receivedMs)) open.push(price);
      },
    });
  }

  /** What history tells of a symbol: where its minutes go on, and by what its next price is judged. */
  function learn(bar: Bar): void {
    fetched.put([bar]);
    builder.seed(bar.symbol, bar);
    gate.anchor(SOURCE, bar.symbol, bar.close, bar.openMs + MINUTE_MS);
  }

  async function* minutesOf(venueSymbol: string, symbol: string, fromMs: EpochMs, toMs: EpochMs): AsyncGenerator<Bar> {
    let last: Bar | null = null;
    for await (const candle of rest.fetchKlines({ symbol: venueSymbol, interval: '1m', fromMs, toMs })) {
      last = { ...candle, symbol, origin: 'backfilled', evidence: EVIDENCE };
      fetched.put([last]);
      yield last;
    }
    if (last !== null) learn(last);
  }

  async function quartersOf(venueSymbol: string, fromMs: EpochMs, toMs: EpochMs): Promise<readonly RolledCandle[]> {
    const candles: RolledCandle[] = [];
    for await (const candle of rest.fetchKlines({ symbol: venueSymbol, interval: '15m', fromMs, toMs }))
      candles.push({ ...candle, isComplete: true });
    return candles;
  }

  /** The bar that was received, else the one that was fetched, else that the minute is missing. */
  function barOf(symbol: string, minuteMs: EpochMs): Bar | null {
    const built = shelf.bar(symbol, minuteMs);
    return built?.origin === 'received' ? built : (fetched.bar(symbol, minuteMs) ?? built);
  }

  return {
    name: SOURCE,
    markets: MARKETS,
    evidence: EVIDENCE,
    async start(sink) {
      if (feed !== null) throw new SourceError('already_started', 'Binance is connected already; stop it first', { source: SOURCE });
      connect(sink);
    },
    async stop() {
      const closing = feed;
      feed = null;
      await closing?.close();
      await lane?.close();
    },
    closeMinute(minuteMs) {
      if (minuteMs + MINUTE_MS > clock.now()) return [];
      shelf.put(builder.closeUpTo(minuteMs + MINUTE_MS));
      return symbols.flatMap((symbol) => barOf(symbol, minuteMs) ?? []);
    },
    cursor: () => null,
    states() {
      const { accepted, refused } = intakeCounts(gate, builder);
      const conflated = lane?.conflated() ?? 0;
      const counts = { accepted, refused: conflated > 0 ? { ...refused, conflated_book: conflated } : refused };
      const common = { source: SOURCE, markets: [...MARKETS], evidence: EVIDENCE } as const;
      if (feed === null) return [{ ...common, ...counts, status: 'down', detail: 'not connected', sinceMs: createdMs, reconnects: 0 }];
      const { status, sinceMs, reconnects } = feed.state();
      return [{ ...common, ...counts, status, detail: detailOf(feed.state()), sinceMs, reconnects }];
    },
    rates: () => [assumedUsdtRate(clock.now())],
    minutes: (fromMs, toMs) => mergeBars([...BINANCE_SYMBOLS].map(([venueSymbol, symbol]) => minutesOf(venueSymbol, symbol, fromMs, toMs))),
    async quarters(fromMs, toMs) {
      const all = [...BINANCE_SYMBOLS].map(async ([venueSymbol, symbol]) => [symbol, await quartersOf(venueSymbol, fromMs, toMs)] as const);
      return new Map(await Promise.all(all));
    },
  };
}

function detailOf({ status, reason, detail, endpoint }: BinanceFeedState): string {
  if (status === 'up') return `connected to ${endpoint}`;
  if (status === 'connecting') return 'connecting';
  return [reason, detail].filter((part) => part !== null).join(': ');
}
