import { CORPORATE_ACTIONS } from '../../config/corporate-actions.ts';
import { instrumentBySymbol, instrumentsOf } from '../../config/instruments.ts';
import { NSE_CALENDAR } from '../../config/nse-calendar.ts';
import { UPSTOX } from '../../config/nse-feed.ts';
import type { FeedState } from '../../contracts/market-snapshot.ts';
import type { FeedSink, MarketSource } from '../../engine/market-source.ts';
import type { Cancel, Clock } from '../../kernel/clock.ts';
import { digest } from '../../kernel/digest.ts';
import { messageOf } from '../../kernel/errors.ts';
import type { Log } from '../../kernel/log.ts';
import type { Rng } from '../../kernel/rng.ts';
import { type EpochMs, MINUTE_MS, SECOND_MS } from '../../kernel/time.ts';
import type { Calendar } from '../../market/calendar.ts';
import { adjustmentsOf } from '../../market/corporate-actions.ts';
import type { Market } from '../../market/instrument.ts';
import type { Bar, Candle, Tick } from '../../market/price.ts';
import type { RolledCandle } from '../../market/rollup.ts';
import type { DailyClose } from '../../risk/var/risk-model.ts';
import { createBarBuilder } from '../bars/bar-builder.ts';
import { type BarRepairs, createBarRepairs } from '../bars/bar-repairs.ts';
import { mergeBars } from '../bars/merge-bars.ts';
import { createMinuteShelf } from '../bars/minute-shelf.ts';
import type { ClosedBar } from '../binance/binance-frame.ts';
import { createConnectBudget } from '../connection/connect-budget.ts';
import { connectVenue, type VenueFeed, type VenueLine, type VenueState, type VenueTiming, venueInWords } from '../connection/venue-socket.ts';
import { intakeCounts } from '../intake/frame-intake.ts';
import { createPriceLane, type PriceLane } from '../intake/price-lane.ts';
import { createGate } from '../intake/validation.ts';
import { SourceError } from '../source-error.ts';
import { closesOnOneScale } from './adjusted-closes.ts';
import { barOf, isSameCandle, missingBar } from './bar-of.ts';
import { nseSession } from './nse-session.ts';
import type { UpstoxAccess } from './upstox-access.ts';
import { createUpstoxCandles } from './upstox-candles.ts';
import { upstoxClient } from './upstox-client.ts';
import { bytesOfWire, upstoxDial } from './upstox-dial.ts';
import { createUpstoxParser, type UpstoxTold } from './upstox-frame.ts';

export interface UpstoxTiming {
  /** In continuous trading, without prices for so long a connection is of no use. */
  readonly starvedMs: number;
  readonly pingMs: number;
  readonly refusedWaitMs: number;
  /** The same after the first refusal that follows a good connection. */
  readonly firstRefusalWaitMs: number;
  readonly backoffBaseMs: number;
  readonly backoffCapMs: number;
  /** Between two requests to the history. */
  readonly requestGapMs: number;
}

export interface UpstoxSourceOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly access: UpstoxAccess;
  /** Draws the back-off of reconnects. */
  readonly random: Rng;
  /** Default: the NSE calendar as shipped. */
  readonly calendar?: Calendar;
  readonly timing?: Partial<UpstoxTiming>;
  readonly fetch?: typeof fetch;
  /** How many prices may wait for the engine before tops of book and books give way to newer ones. */
  readonly mostWaiting?: number;
}

const SOURCE = 'upstox';
const EVIDENCE = 'live';
const MARKETS: readonly Market[] = ['NSE'];
const MOST_WAITING = 5_000;
const QUARTER_MINUTES = 15;
const TIMING: UpstoxTiming = {
  starvedMs: 15 * SECOND_MS,
  pingMs: 20 * SECOND_MS,
  refusedWaitMs: 15 * MINUTE_MS,
  firstRefusalWaitMs: 30 * SECOND_MS,
  backoffBaseMs: 500,
  backoffCapMs: 5 * SECOND_MS,
  requestGapMs: UPSTOX.requestGapMs,
};

/**
 * The venue allows one connection a user: nothing is ever opened beside it, so there is no rotation and no second try on
 * suspicion. Silence is judged here, by the exchange's hours, and a dead line by pings.
 */
const ONE_CONNECTION: Partial<VenueTiming> = {
  suspectMs: Number.POSITIVE_INFINITY,
  hedgeMs: Number.POSITIVE_INFINITY,
  silenceMs: Number.POSITIVE_INFINITY,
  starvedMs: Number.POSITIVE_INFINITY,
  rotationMs: null,
};

/**
 * Shares of NSE from the Upstox market data feed, version 3, live: last trade, the five best levels a side, and the venue's own 1-minute
 * candles: what is built from the pictures of a minute is `missing` until its candle has come. What was missed is fetched from
 * the candle history.
 *
 * The feed names instruments by ISIN: by the one in force on the day. Outside the exchange's hours the connection stays, nothing
 * comes, and the state says `waiting`. It never sends anything but subscriptions, and the token may be a read-only one.
 * A missing bar stays at the last close known; at 0 where none ever was.
 */
export function upstoxSource(options: UpstoxSourceOptions): MarketSource {
  const { clock, log, access, random, calendar = NSE_CALENDAR, mostWaiting = MOST_WAITING } = options;
  const timing: UpstoxTiming = { ...TIMING, ...options.timing };
  const session = nseSession(calendar);
  const symbols = instrumentsOf('NSE', clock.now()).map(({ symbol }) => symbol);
  const gate = createGate();
  const builder = createBarBuilder({ symbols, evidence: EVIDENCE });
  const shelf = createMinuteShelf();
  const fetched = createMinuteShelf();
  const closes = new Map<string, number>();
  const candles = createUpstoxCandles(upstoxClient({ access, clock, gapMs: timing.requestGapMs, fetch: options.fetch }), clock);
  const budget = createConnectBudget({ most: UPSTOX.connectsPerFiveMinutes, windowMs: 5 * MINUTE_MS });
  const symbolsByKey = new Map<string, string>();
  /** Minutes whose bar the venue has told before they were given, as `symbol minute`. */
  const toldByVenue = new Set<string>();
  const parser = createUpstoxParser({ symbolOf: (key) => symbolsByKey.get(key) ?? null, source: SOURCE, evidence: EVIDENCE });
  let feed: VenueFeed | null = null;
  let lane: PriceLane | null = null;
  let repairs: BarRepairs | null = null;
  let sink: FeedSink | null = null;
  let line: VenueLine | null = null;
  let watching: Cancel = () => {};
  let asked = '';
  /** The symbols that the present connection has told of. */
  let answered = new Set<string>();
  let pricesMs: EpochMs = 0;
  let heardToMs: EpochMs = 0;
  let segment: string | null = null;
  let status: FeedState['status'] = 'down';
  let sinceMs = clock.now();

  const keyOf = (symbol: string): string => `${UPSTOX.segment}|${instrumentBySymbol(symbol, clock.now()).isin ?? symbol}`;

  /** Subscribes to what is listed now: an ISIN may change from one day to the next, and the old key then names nothing. */
  function subscribe(to: VenueLine): void {
    const keys = symbols.map(keyOf);
    for (const symbol of symbols) symbolsByKey.set(keyOf(symbol), symbol);
    asked = keys.join(' ');
    to.send(JSON.stringify({ guid: digest(SOURCE, clock.now()).slice(0, 20), method: 'sub', data: { mode: 'full', instrumentKeys: keys } }));
  }

  function converse(opened: VenueLine): (text: string, receivedMs: EpochMs) => void {
    line = opened;
    answered = new Set();
    pricesMs = clock.now();
    parser.reconnected();
    subscribe(opened);
    return (text, receivedMs) => {
      const told = parser.read(bytesOfWire(text), receivedMs);
      if (told.serverMs !== null) opened.delivers();
      hear(told, receivedMs);
    };
  }

  function hear(told: UpstoxTold, receivedMs: EpochMs): void {
    for (const { reason, detail } of told.refused) {
      gate.countRefusedFrame(SOURCE, reason);
      log('debug', 'upstox.refused', { reason, detail });
    }
    if (told.segment !== null) segment = told.segment;
    heardToMs = Math.max(heardToMs, told.serverMs ?? 0);
    if (told.symbols.length > 0) pricesMs = receivedMs;
    for (const symbol of told.symbols) answered.add(symbol);
    for (const bar of told.bars) hearBar(bar);
    for (const tick of told.ticks) hearTick(tick);
    for (const top of told.books.filter((each) => gate.admit(each).ok)) lane?.push({ kind: 'top', top });
    for (const book of told.depths.filter((each) => gate.admitBook(each).ok)) lane?.push({ kind: 'depth', book });
  }

  function hearTick(tick: Tick): void {
    const admission = gate.admit(tick);
    if (!admission.ok) return;
    builder.addTick(tick);
    // A late trade is part of its minute, and not what the market is at.
    if (!admission.isLate) lane?.push({ kind: 'tick', tick });
  }

  /** The venue's own bar: one that comes after its minute was given puts right what was given. */
  function hearBar(bar: ClosedBar): void {
    if (!gate.admitBar(bar).ok) return;
    if (!session.hasBar(bar.openMs)) {
      hearAuction(bar);
      return;
    }
    const intake = builder.addClosedBar(bar);
    if (intake === 'taken') toldByVenue.add(`${bar.symbol} ${bar.openMs}`);
    if (intake !== 'late') return;
    const own = barOf(bar, { symbol: bar.symbol, origin: 'received', evidence: EVIDENCE });
    const given = shelf.bar(bar.symbol, bar.openMs);
    if (given !== null && given.origin === 'received' && isSameCandle(given, own)) return;
    shelf.put([own]);
    repairs?.drop(own.symbol, own.openMs);
    learn(own);
    sink?.repaired([own]);
  }

  /** The closing auction's trade: the day's close, told minutes after the bar that it makes. */
  function hearAuction(bar: ClosedBar): void {
    const openMs = session.barOpenMs(bar, 1);
    if (openMs === null || shelf.bar(bar.symbol, openMs)?.origin === 'received') return;
    const own = barOf({ ...bar, openMs }, { symbol: bar.symbol, origin: 'received', evidence: EVIDENCE });
    shelf.put([own]);
    learn(own);
    sink?.repaired([own]);
  }

  function onState(state: VenueState): void {
    if (state.status === 'up') {
      builder.feedUp(clock.now());
      repairs?.hurry();
    } else if (state.status === 'down' && state.lastFrameMs !== null) {
      builder.feedDown(Math.min(state.lastFrameMs, heardToMs === 0 ? state.lastFrameMs : heardToMs));
    }
    turnTo(statusNow());
  }

  /** Looks after a line that is up while nothing comes, and after keys that have changed. */
  function watch(): void {
    watching = clock.at(clock.now() + timing.starvedMs / 3, 'upstox.watch', () => {
      const nowMs = clock.now();
      if (line !== null && isStarved(nowMs)) line.fail({ reason: 'silent', detail: `no prices for ${timing.starvedMs} ms although NSE trades` });
      else if (line !== null && asked !== symbols.map(keyOf).join(' ')) subscribe(line);
      watch();
    });
  }

  const isStarved = (nowMs: EpochMs): boolean =>
    nowMs - pricesMs >= timing.starvedMs && session.hasBar(nowMs) && session.hasBar(nowMs - timing.starvedMs) && feed?.state().status === 'up';

  /** What history tells of a symbol: where its minutes go on, and by what its next price is judged. */
  function learn(bar: Bar): void {
    fetched.put([bar]);
    closes.set(bar.symbol, bar.close);
    builder.seed(bar.symbol, bar);
    gate.anchor(SOURCE, bar.symbol, bar.close, bar.openMs + MINUTE_MS);
  }

  async function* sessionCandles(symbol: string, minutes: 1 | 15, fromMs: EpochMs, toMs: EpochMs): AsyncGenerator<Candle> {
    let lastMs = Number.NEGATIVE_INFINITY;
    for await (const candle of candles.fetchCandles({ key: keyOf(symbol), minutes, fromMs, toMs })) {
      const openMs = session.barOpenMs(candle, minutes);
      if (openMs === null || openMs <= lastMs) continue;
      lastMs = openMs;
      yield { ...candle, openMs };
    }
  }

  /** Closes of the days that are over, on the scale of today. */
  async function dailiesOf(symbol: string, fromMs: EpochMs, toMs: EpochMs): Promise<readonly DailyClose[]> {
    const days = await candles.fetchDays({ key: keyOf(symbol), fromMs, toMs });
    return closesOnOneScale(days, adjustmentsOf(CORPORATE_ACTIONS, symbol, clock.now()));
  }

  async function* minutesOf(symbol: string, fromMs: EpochMs, toMs: EpochMs): AsyncGenerator<Bar> {
    let last: Bar | null = null;
    for await (const candle of sessionCandles(symbol, 1, fromMs, toMs)) {
      last = barOf(candle, { symbol, origin: 'backfilled', evidence: EVIDENCE });
      fetched.put([last]);
      yield last;
    }
    if (last !== null) learn(last);
  }

  async function quartersOf(symbol: string, fromMs: EpochMs, toMs: EpochMs): Promise<readonly RolledCandle[]> {
    const quarters: RolledCandle[] = [];
    for await (const candle of sessionCandles(symbol, QUARTER_MINUTES, fromMs, toMs)) quarters.push({ ...candle, isComplete: true });
    return quarters;
  }

  /** A picture may stand for several trades: what was traded between two of them only the venue's own candle tells. */
  function withDoubt(bar: Bar): Bar {
    const isToldByVenue = toldByVenue.delete(`${bar.symbol} ${bar.openMs}`);
    return isToldByVenue || bar.origin !== 'received' ? bar : { ...bar, origin: 'missing' };
  }

  function givenBar(symbol: string, minuteMs: EpochMs): Bar {
    const built = shelf.bar(symbol, minuteMs);
    if (built?.origin === 'received') return built;
    return fetched.bar(symbol, minuteMs) ?? built ?? missingBar(minuteMs, closes.get(symbol) ?? 0, { symbol, evidence: EVIDENCE });
  }

  function statusNow(): FeedState['status'] {
    const connection = feed?.state().status ?? 'down';
    if (connection !== 'up') return connection;
    return session.isOpen(clock.now()) ? 'up' : 'waiting';
  }

  function turnTo(now: FeedState['status']): void {
    if (now === status) return;
    status = now;
    sinceMs = clock.now();
  }

  function detail(): string {
    if (feed === null) return 'not connected';
    const state = feed.state();
    if (state.status !== 'up') return downInWords(state);
    const silent = symbols.filter((symbol) => !answered.has(symbol));
    const parts = [
      venueInWords(state),
      session.restInWords(clock.now()),
      segment === null ? null : `the exchange says ${segment}`,
      silent.length === 0 ? null : `nothing told of ${silent.join(', ')} yet`,
      repairs?.inWords() ?? null,
    ];
    return parts.filter((part) => part !== null).join('; ');
  }

  return {
    name: SOURCE,
    markets: MARKETS,
    evidence: EVIDENCE,
    async start(to) {
      if (feed !== null) throw new SourceError('already_started', 'Upstox is connected already; stop it first', { source: SOURCE });
      sink = to;
      lane = createPriceLane({ sink: to, mostWaiting, onError: (error) => log('error', 'feed.sink_failed', { error: messageOf(error) }) });
      repairs = createBarRepairs({
        clock,
        log,
        random,
        evidence: EVIDENCE,
        hasBar: session.hasBar,
        fetchMinutes: (symbol, fromMs, toMs) => sessionCandles(symbol, 1, fromMs, toMs),
        onRepaired(bars) {
          for (const bar of bars) learn(bar);
          to.repaired(bars);
        },
      });
      feed = connectVenue({
        venue: SOURCE,
        urls: access.webSocket,
        converse,
        clock,
        random,
        log,
        budget,
        sends: { most: 10, windowMs: SECOND_MS },
        timing: { ...ONE_CONNECTION, backoffBaseMs: timing.backoffBaseMs, backoffCapMs: timing.backoffCapMs },
        onState,
        dial: upstoxDial({
          clock,
          token: access.token,
          pingMs: timing.pingMs,
          refusedWaitMs: timing.refusedWaitMs,
          firstRefusalWaitMs: timing.firstRefusalWaitMs,
        }),
      });
      turnTo(statusNow());
      watch();
    },
    async stop() {
      const closing = feed;
      feed = null;
      line = null;
      watching();
      repairs?.stop();
      turnTo('down');
      await closing?.close();
      await lane?.close();
    },
    closeMinute(minuteMs) {
      if (minuteMs + MINUTE_MS > clock.now()) return [];
      const built = builder.closeUpTo(minuteMs + MINUTE_MS, heardToMs).map(withDoubt);
      shelf.put(built);
      for (const { symbol, close } of built) closes.set(symbol, close);
      if (!session.hasBar(minuteMs)) return [];
      const bars = symbols.map((symbol) => givenBar(symbol, minuteMs));
      for (const { symbol, origin } of bars) if (origin === 'missing') repairs?.want(symbol, minuteMs);
      return bars;
    },
    cursor: () => null,
    states() {
      turnTo(statusNow());
      const { accepted, refused } = intakeCounts(gate, builder);
      const more = { conflated_book: lane?.conflated() ?? 0, bad_candle: candles.refused() };
      const counted = Object.fromEntries(Object.entries({ ...refused, ...more }).filter(([, count]) => count > 0));
      const reconnects = feed?.state().reconnects ?? 0;
      return [
        { source: SOURCE, markets: [...MARKETS], evidence: EVIDENCE, status, detail: detail(), sinceMs, accepted, refused: counted, reconnects },
      ];
    },
    rates: () => [],
    minutes: (fromMs, toMs) => mergeBars(symbols.map((symbol) => minutesOf(symbol, fromMs, toMs))),
    async dailies(fromMs, toMs) {
      const all = symbols.map(async (symbol) => [symbol, await dailiesOf(symbol, fromMs, toMs)] as const);
      return new Map(await Promise.all(all));
    },
    async quarters(fromMs, toMs) {
      const all = symbols.map(async (symbol) => [symbol, await quartersOf(symbol, fromMs, toMs)] as const);
      return new Map(await Promise.all(all));
    },
  };
}

function downInWords(state: VenueState): string {
  // Without a token nobody was asked: there is no status to show.
  return venueInWords(state).replace(/^.*\(HTTP 0 (.*)\)/s, '$1');
}
