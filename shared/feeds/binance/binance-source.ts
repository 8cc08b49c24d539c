import type { FeedSink, MarketSource } from '../../engine/market-source.ts';
import type { Clock } from '../../kernel/clock.ts';
import { messageOf } from '../../kernel/errors.ts';
import type { Log } from '../../kernel/log.ts';
import type { Rng } from '../../kernel/rng.ts';
import { type EpochMs, iso, MINUTE_MS, minuteOf, SECOND_MS } from '../../kernel/time.ts';
import type { Market } from '../../market/instrument.ts';
import type { Bar, Candle, Tick } from '../../market/price.ts';
import type { RolledCandle } from '../../market/rollup.ts';
import type { DailyClose } from '../../risk/var/risk-model.ts';
import { type BarBuilder, createBarBuilder } from '../bars/bar-builder.ts';
import { type BarRepairs, createBarRepairs, type RepairTiming } from '../bars/bar-repairs.ts';
import { mergeBars } from '../bars/merge-bars.ts';
import { createMinuteShelf } from '../bars/minute-shelf.ts';
import type { ConnectBudget } from '../connection/connect-budget.ts';
import { venueInWords } from '../connection/venue-socket.ts';
import { createFrameIntake, intakeCounts } from '../intake/frame-intake.ts';
import { createPriceLane, type PriceLane } from '../intake/price-lane.ts';
import { createGate } from '../intake/validation.ts';
import { assumedUsdtRate } from '../rates/rates.ts';
import { SourceError } from '../source-error.ts';
import type { BinanceUrls } from './binance-endpoints.ts';
import { type ClosedBar, createBinanceParser } from './binance-frame.ts';
import { createBinanceRest } from './binance-rest.ts';
import { type BinanceFeed, type BinanceFeedState, type BinanceTiming, binanceBudget, connectBinance } from './binance-socket.ts';
import { BINANCE_SYMBOLS } from './binance-symbols.ts';
import { createTradeContinuity } from './trade-continuity.ts';

export interface BinanceSourceOptions {
  readonly clock: Clock;
  readonly urls: BinanceUrls;
  /** Draws the back-off of reconnects. */
  readonly random: Rng;
  readonly log: Log;
  readonly timing?: Partial<BinanceTiming>;
  /** Shared with whoever else connects to Binance from this address. */
  readonly budget?: ConnectBudget;
  readonly repairTiming?: Partial<RepairTiming>;
  readonly fetch?: typeof fetch;
  /** How many prices may wait for the engine before tops of book and books give way to newer ones. */
  readonly mostWaiting?: number;
}

const SOURCE = 'binance';
const EVIDENCE = 'live';
const MARKETS: readonly Market[] = ['CRYPTO'];
const MOST_WAITING = 5_000;
/** A feed does not wait for its past: who asked for it asks again when the venue allows. */
const LONGEST_REST_WAIT_MS = 5 * SECOND_MS;

/**
 * Binance spot, live: it keeps trying whatever happens, and while it is down says so instead of inventing prices. A minute that
 * was not heard in full has `missing` bars; they are fetched over REST at once, again and again until they are there, and handed
 * to the sink as `backfilled`. Heard in full is what the venue itself closed, or what later trades prove to have been heard.
 * Frames are judged and built into bars when they come; what they tell waits in one lane for the engine.
 * A missing bar stays at the last close known; at 0 where none ever was.
 */
export function binanceSource(options: BinanceSourceOptions): MarketSource {
  const { clock, urls, log, random, timing = {}, mostWaiting = MOST_WAITING } = options;
  const symbols = [...BINANCE_SYMBOLS.values()];
  const venueSymbols = new Map([...BINANCE_SYMBOLS].map(([venueSymbol, symbol]) => [symbol, venueSymbol]));
  const gate = createGate();
  const builder = createBarBuilder({ symbols, evidence: EVIDENCE });
  const continuity = createTradeContinuity();
  /** Minutes not given yet that the venue itself has closed. */
  const closedByVenue = new Set<string>();
  const closes = new Map<string, number>();
  const shelf = createMinuteShelf();
  const fetched = createMinuteShelf();
  const rest = createBinanceRest({
    urls: urls.rest,
    clock,
    log,
    longestWaitMs: LONGEST_REST_WAIT_MS,
    ...(options.fetch === undefined ? {} : { fetch: options.fetch }),
  });
  const parse = createBinanceParser({ symbols: BINANCE_SYMBOLS, source: SOURCE, evidence: EVIDENCE });
  const intake = createFrameIntake({
    parse,
    gate,
    builder: watched(builder, { onTick: heardTick, onBar: heardBar }),
    source: SOURCE,
    onControl: ({ control, detail }) => log(control === 'error' ? 'warn' : 'info', 'binance.control', { control, detail }),
  });
  const budget = options.budget ?? binanceBudget();
  const createdMs = clock.now();
  let feed: BinanceFeed | null = null;
  let lane: PriceLane | null = null;
  let repairs: BarRepairs | null = null;
  let deliver: FeedSink['repaired'] = () => undefined;
  /** The newest instant by the venue's own clock that a trade or a closed bar has told of. */
  let heardToMs: EpochMs = 0;
  /** When the line came back; the outage ends with the first trade after it, by the venue's clock. */
  let upSinceMs: EpochMs | null = null;
  /** Minutes that history was asked for and that the venue had not closed yet. */
  const unsettled: [symbol: string, minuteMs: EpochMs][] = [];
  /** End of the last minute that was asked for. */
  let askedToMs: EpochMs = 0;

  function onState({ status, lastFrameMs }: BinanceFeedState): void {
    if (status === 'up') {
      upSinceMs = clock.now();
      repairs?.hurry();
    } else if (status === 'down' && lastFrameMs !== null) {
      upSinceMs = null;
      // After the machine slept old frames may have come last, with new stamps of ours: what they told is older.
      builder.feedDown(Math.min(lastFrameMs, heardToMs));
    }
  }

  function heardTick(tick: Tick): void {
    const { exchangeMs } = tick;
    continuity.heard(tick);
    heardToMs = Math.max(heardToMs, exchangeMs);
    if (upSinceMs === null) return;
    builder.feedUp(Math.max(upSinceMs, exchangeMs));
    upSinceMs = null;
  }

  /** The venue's own bar: one that comes after its minute was given puts right what was given. */
  function heardBar({ symbol, openMs, open, high, low, close, volume }: ClosedBar, isLate: boolean): void {
    heardToMs = Math.max(heardToMs, openMs + MINUTE_MS);
    if (!isLate) {
      closedByVenue.add(`${symbol} ${openMs}`);
      return;
    }
    const bar: Bar = { openMs, open, high, low, close, volume, symbol, origin: 'received', evidence: EVIDENCE };
    const given = shelf.bar(symbol, openMs);
    if (given !== null && given.origin === 'received' && isSameCandle(given, bar)) return;
    learnLate([bar]);
  }

  /** Bars of minutes that were given otherwise. */
  function learnLate(bars: readonly Bar[]): void {
    shelf.put(bars);
    for (const bar of bars) {
      repairs?.drop(bar.symbol, bar.openMs);
      learn(bar);
    }
    if (feed !== null && bars.length > 0) deliver(bars);
  }

  function repairsInto(sink: FeedSink): BarRepairs {
    deliver = sink.repaired;
    return createBarRepairs({
      clock,
      log,
      random,
      evidence: EVIDENCE,
      timing: options.repairTiming ?? {},
      fetchMinutes: (symbol, fromMs, toMs) => rest.fetchKlines({ symbol: venueSymbols.get(symbol) ?? symbol, interval: '1m', fromMs, toMs }),
      onRepaired(bars) {
        for (const bar of bars) learn(bar);
        sink.repaired(bars);
      },
    });
  }

  function connect(sink: FeedSink): void {
    const open = createPriceLane({ sink, mostWaiting, onError: (error) => log('error', 'feed.sink_failed', { error: messageOf(error) }) });
    lane = open;
    repairs = repairsInto(sink);
    for (const [symbol, minuteMs] of unsettled.splice(0)) repairs.want(symbol, minuteMs);
    feed = connectBinance({
      symbols: [...BINANCE_SYMBOLS.keys()],
      depth: true,
      urls: urls.webSocket,
      clock,
      random,
      log,
      timing,
      budget,
      onState,
      onFrame: (text, receivedMs) => {
        for (const price of intake(text, receivedMs)) open.push(price);
      },
    });
  }

  /** What history tells of a symbol: where its minutes go on, and by what its next price is judged. */
  function learn(bar: Bar): void {
    fetched.put([bar]);
    closes.set(bar.symbol, bar.close);
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
    if (last === null) return;
    learn(last);
    const settledToMs = Math.min(toMs, minuteOf(clock.now()));
    for (let openMs = Math.max(last.openMs, settledToMs - 2 * MINUTE_MS) + MINUTE_MS; openMs < settledToMs; openMs += MINUTE_MS) {
      if (repairs === null) unsettled.push([symbol, openMs]);
      else repairs.want(symbol, openMs);
    }
  }

  async function quartersOf(venueSymbol: string, fromMs: EpochMs, toMs: EpochMs): Promise<readonly RolledCandle[]> {
    const candles: RolledCandle[] = [];
    for await (const candle of rest.fetchKlines({ symbol: venueSymbol, interval: '15m', fromMs, toMs }))
      candles.push({ ...candle, isComplete: true });
    return candles;
  }

  /** The bar that was received, else the one that was fetched, else that the minute is missing. */
  function barOf(symbol: string, minuteMs: EpochMs): Bar {
    const built = shelf.bar(symbol, minuteMs);
    if (built?.origin === 'received') return built;
    return fetched.bar(symbol, minuteMs) ?? built ?? missingBar(symbol, minuteMs, closes.get(symbol) ?? 0);
  }

  /** A bar of trades is only believed when their numbers prove that none was lost: frames may be, without the line going down. */
  function withDoubt(bar: Bar): Bar {
    const { symbol, openMs, origin } = bar;
    const isClosedByVenue = closedByVenue.delete(`${symbol} ${openMs}`);
    if (origin !== 'received' || isClosedByVenue || continuity.isWhole(symbol, openMs, openMs + MINUTE_MS)) return bar;
    return { ...bar, origin: 'missing' };
  }

  /** Closes what has ended. A series that began late may have bars for minutes that were asked for already. */
  function close(endMs: EpochMs): void {
    const bars = builder.closeUpTo(endMs, heardToMs).map(withDoubt);
    shelf.put(bars);
    for (const { symbol, close } of bars) closes.set(symbol, close);
    learnLate(bars.filter(({ origin, openMs }) => origin === 'received' && openMs + MINUTE_MS <= askedToMs));
    askedToMs = Math.max(askedToMs, endMs);
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
      repairs?.stop();
      await closing?.close();
      await lane?.close();
    },
    closeMinute(minuteMs) {
      if (minuteMs + MINUTE_MS > clock.now()) return [];
      close(minuteMs + MINUTE_MS);
      const bars = symbols.map((symbol) => barOf(symbol, minuteMs));
      for (const { symbol, origin } of bars) if (origin === 'missing') repairs?.want(symbol, minuteMs);
      return bars;
    },
    cursor: () => null,
    states() {
      const { accepted, refused } = intakeCounts(gate, builder);
      const conflated = lane?.conflated() ?? 0;
      const counts = { accepted, refused: conflated > 0 ? { ...refused, conflated_book: conflated } : refused };
      const common = { source: SOURCE, markets: [...MARKETS], evidence: EVIDENCE } as const;
      if (feed === null) return [{ ...common, ...counts, status: 'down', detail: 'not connected', sinceMs: createdMs, reconnects: 0 }];
      const { status, sinceMs, reconnects } = feed.state();
      return [
        {
          ...common,
          ...counts,
          status,
          detail: [venueInWords(feed.state()), repairs?.inWords()].filter((words) => words).join('; '),
          sinceMs,
          reconnects,
        },
      ];
    },
    rates: () => [assumedUsdtRate(clock.now())],
    minutes: (fromMs, toMs) => mergeBars([...BINANCE_SYMBOLS].map(([venueSymbol, symbol]) => minutesOf(venueSymbol, symbol, fromMs, toMs))),
    async quarters(fromMs, toMs) {
      const all = [...BINANCE_SYMBOLS].map(async ([venueSymbol, symbol]) => [symbol, await quartersOf(venueSymbol, fromMs, toMs)] as const);
      return new Map(await Promise.all(all));
    },
    async dailies(fromMs, toMs) {
      const all = [...BINANCE_SYMBOLS].map(async ([venueSymbol, symbol]) => {
        const closes: DailyClose[] = [];
        for await (const { openMs, close } of rest.fetchKlines({ symbol: venueSymbol, interval: '1d', fromMs, toMs })) {
          closes.push({ date: iso(openMs).slice(0, 10), close });
        }
        return [symbol, closes] as const;
      });
      return new Map(await Promise.all(all));
    },
    async listings() {
      const listed = await rest.fetchListings([...BINANCE_SYMBOLS.keys()]);
      const asOfMs = clock.now();
      return listed.flatMap(({ symbol: venueSymbol, ...rules }) => {
        const symbol = BINANCE_SYMBOLS.get(venueSymbol);
        return symbol === undefined ? [] : { ...rules, symbol, source: 'Binance exchangeInfo', asOfMs };
      });
    },
  };
}

interface Listeners {
  readonly onTick: (tick: Tick) => void;
  readonly onBar: (bar: ClosedBar, isLate: boolean) => void;
}

/** The builder, and somebody who hears of what it is given. */
function watched(builder: BarBuilder, { onTick, onBar }: Listeners): BarBuilder {
  return {
    ...builder,
    addTick(tick) {
      onTick(tick);
      return builder.addTick(tick);
    },
    addClosedBar(bar) {
      const intake = builder.addClosedBar(bar);
      onBar(bar, intake === 'late');
      return intake;
    },
  };
}

const missingBar = (symbol: string, openMs: EpochMs, price: number): Bar => ({
  symbol,
  openMs,
  open: price,
  high: price,
  low: price,
  close: price,
  volume: 0,
  origin: 'missing',
  evidence: EVIDENCE,
});

const isSameCandle = (a: Candle, b: Candle): boolean =>
  a.open === b.open && a.high === b.high && a.low === b.low && a.close === b.close && a.volume === b.volume;
