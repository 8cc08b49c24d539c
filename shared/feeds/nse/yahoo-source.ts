import { CORPORATE_ACTIONS } from '../../config/corporate-actions.ts';
import { instrumentsOf } from '../../config/instruments.ts';
import { NSE_CALENDAR } from '../../config/nse-calendar.ts';
import { YAHOO } from '../../config/nse-feed.ts';
import type { FeedState } from '../../contracts/market-snapshot.ts';
import type { FeedSink, MarketSource } from '../../engine/market-source.ts';
import type { Cancel, Clock } from '../../kernel/clock.ts';
import { messageOf } from '../../kernel/errors.ts';
import type { Log } from '../../kernel/log.ts';
import { DAY_MS, type EpochMs, HOUR_MS, iso, MINUTE_MS, SECOND_MS } from '../../kernel/time.ts';
import type { Calendar } from '../../market/calendar.ts';
import { rawCandles } from '../../market/corporate-actions.ts';
import type { Market } from '../../market/instrument.ts';
import { istDate } from '../../market/ist.ts';
import type { Bar, Candle } from '../../market/price.ts';
import type { DailyClose } from '../../risk/var/risk-model.ts';
import { mergeBars } from '../bars/merge-bars.ts';
import { createMinuteShelf } from '../bars/minute-shelf.ts';
import { createJsonClient } from '../connection/json-client.ts';
import { createPriceLane, type PriceLane } from '../intake/price-lane.ts';
import { createGate } from '../intake/validation.ts';
import { SourceError } from '../source-error.ts';
import { barOf, missingBar } from './bar-of.ts';
import { nseSession } from './nse-session.ts';
import { readYahooChart, type YahooChart } from './yahoo-chart.ts';

export interface YahooSourceOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** Base URLs in order of preference. */
  readonly urls: readonly string[];
  /** Default: the NSE calendar as shipped. */
  readonly calendar?: Calendar;
  readonly fetch?: typeof fetch;
}

const SOURCE = 'yahoo';
const EVIDENCE = 'delayed';
const MARKETS: readonly Market[] = ['NSE'];
const POLL_GAP_MS = HOUR_MS / YAHOO.pollsPerHour;
const QUARTER_MS = 15 * MINUTE_MS;
/** After the close what is told late is still fetched for so long. */
const TAIL_MS = YAHOO.mostDelayMs + 5 * MINUTE_MS;
const FAILURES_TO_BE_DOWN = 3;
const MOST_WAITING = 1_000;

/**
 * Shares of NSE from Yahoo's chart service, asked for one symbol after the other within what an address may ask an hour, while
 * the exchange has a session and some minutes beyond. Unofficial, and up to a quarter of an hour late: everything carries the
 * label `delayed`, marks positions and opens none.
 *
 * A tick is the last price at its time on the exchange, without a size. Bars come too late for the minute that asks for them:
 * it is given as `missing`, and the bar is handed to the sink as `backfilled` when it is there. Minutes without a price in the
 * chart stay missing. Prices of the chart are adjusted for splits: that is undone.
 */
export function yahooSource({ clock, log, urls, calendar = NSE_CALENDAR, fetch: request }: YahooSourceOptions): MarketSource {
  const session = nseSession(calendar);
  const symbols = instrumentsOf('NSE', clock.now()).map(({ symbol }) => symbol);
  const client = createJsonClient({
    urls,
    clock,
    headers: () => ({ 'User-Agent': YAHOO.userAgent, Accept: 'application/json' }),
    gapMs: YAHOO.requestGapMs,
    mostPerHour: YAHOO.requestsPerHour,
    ...(request === undefined ? {} : { fetch: request }),
  });
  const gate = createGate(undefined, { mostAgeMs: TAIL_MS });
  const shelf = createMinuteShelf();
  const closes = new Map<string, number>();
  /** Open of the newest minute told of each symbol. */
  const toldMs = new Map<string, EpochMs>();
  let sink: FeedSink | null = null;
  let lane: PriceLane | null = null;
  let next: Cancel = () => {};
  /** Counts starts and stops: what was asked for before one of them is nobody's when it comes. */
  let run = 0;
  let turn = 0;
  let answers = 0;
  let failures = 0;
  let why = '';
  let newestMs: EpochMs = 0;
  let refusedRows = 0;
  let status: FeedState['status'] = 'down';
  let sinceMs = clock.now();

  const isPolled = (atMs: EpochMs): boolean => session.isOpen(atMs) || session.isOpen(atMs - TAIL_MS);

  function schedule(): void {
    const nowMs = clock.now();
    const dueMs = isPolled(nowMs) ? nowMs + POLL_GAP_MS : (session.nextOpenMs(nowMs) ?? nowMs + HOUR_MS);
    plan(Math.max(dueMs, client.openFromMs()));
  }

  function plan(atMs: EpochMs): void {
    const mine = run;
    next = clock.at(atMs, 'yahoo.poll', async () => {
      if (isPolled(clock.now())) await poll(symbols[turn++ % symbols.length] as string, () => mine === run);
      if (mine === run) schedule();
    });
  }

  async function poll(symbol: string, isMine: () => boolean): Promise<void> {
    try {
      const chart = await chartOf(symbol, `interval=1m&range=1d`, MINUTE_MS);
      if (!isMine() || sink === null) return;
      answers++;
      failures = 0;
      take(symbol, chart, sink);
    } catch (error) {
      if (!isMine()) return;
      failures++;
      why = messageOf(error);
      log('warn', 'yahoo.poll_failed', { symbol, failures, why });
    }
    turnTo(statusNow());
  }

  /** @throws JsonClientError @throws YahooChartError */
  async function chartOf(symbol: string, query: string, spanMs: number): Promise<YahooChart> {
    const name = encodeURIComponent(`${symbol}${YAHOO.suffix}`);
    const chart = readYahooChart(await client.get(`/v8/finance/chart/${name}?${query}`), spanMs);
    refusedRows += chart.refused;
    // The service adjusts its history for splits; what is stored is raw and adjusted when it is read.
    return { ...chart, candles: rawCandles(CORPORATE_ACTIONS, symbol, clock.now(), chart.candles) };
  }

  function take(symbol: string, chart: YahooChart, to: FeedSink): void {
    const receivedMs = clock.now();
    const { last } = chart;
    if (last !== null) {
      newestMs = Math.max(newestMs, last.atMs);
      const common = { symbol, source: SOURCE, evidence: EVIDENCE, receivedMs } as const;
      const tick = { ...common, price: last.price, quantity: 0, motion: 'print', exchangeMs: last.atMs } as const;
      if (gate.admit(tick).ok) lane?.push({ kind: 'tick', tick });
    }
    const bars = newBars(symbol, chart, receivedMs);
    if (bars.length === 0) return;
    learn(symbol, bars);
    shelf.put(bars);
    to.repaired(bars);
  }

  /** The bars of a chart that were not told yet. A minute is over when something was traded after it, or when it is too old for that. */
  function newBars(symbol: string, { candles, last }: YahooChart, nowMs: EpochMs): readonly Bar[] {
    const overMs = Math.max(last?.atMs ?? 0, nowMs - TAIL_MS);
    return inSession(candles, 1, overMs)
      .filter(({ openMs }) => openMs > (toldMs.get(symbol) ?? 0))
      .filter((candle) => gate.admitBar({ ...candle, symbol, source: SOURCE, receivedMs: nowMs }).ok)
      .map((candle) => barOf(candle, { symbol, origin: 'backfilled', evidence: EVIDENCE }));
  }

  /** What history tells of a symbol: from where on bars are new, and by what its next price is judged. */
  function learn(symbol: string, bars: readonly Bar[]): void {
    const last = bars.at(-1);
    if (last === undefined || last.openMs <= (toldMs.get(symbol) ?? 0)) return;
    toldMs.set(symbol, last.openMs);
    closes.set(symbol, last.close);
    gate.anchor(SOURCE, symbol, last.close, last.openMs + MINUTE_MS);
  }

  async function* minutesOf(symbol: string, fromMs: EpochMs, toMs: EpochMs): AsyncGenerator<Bar> {
    const nowMs = clock.now();
    const spanMs = YAHOO.minuteDaysPerRequest * DAY_MS;
    for (let startMs = Math.max(fromMs, nowMs - YAHOO.minuteDaysBack * DAY_MS); startMs < toMs; startMs += spanMs) {
      const endMs = Math.min(startMs + spanMs, toMs);
      const chart = await chartOf(symbol, `interval=1m&${period(startMs, endMs)}`, MINUTE_MS);
      const overMs = Math.max(chart.last?.atMs ?? 0, nowMs - TAIL_MS);
      const bars = inSession(chart.candles, 1, overMs)
        .filter(({ openMs }) => openMs >= startMs && openMs < endMs)
        .map((candle) => barOf(candle, { symbol, origin: 'backfilled', evidence: EVIDENCE }));
      learn(symbol, bars);
      shelf.put(bars);
      yield* bars;
    }
  }

  async function quartersOf(symbol: string, fromMs: EpochMs, toMs: EpochMs): Promise<readonly Candle[]> {
    const startMs = Math.max(fromMs, clock.now() - YAHOO.quarterDaysBack * DAY_MS);
    if (startMs >= toMs) return [];
    const { candles } = await chartOf(symbol, `interval=15m&${period(startMs, toMs)}`, QUARTER_MS);
    return inSession(candles, 15, clock.now() - TAIL_MS).filter(({ openMs }) => openMs >= startMs && openMs < toMs);
  }

  /** The candles that are over by an instant and stand for bars of the session, at their bars' times. */
  function inSession(candles: readonly Candle[], minutes: 1 | 15, overMs: EpochMs): readonly Candle[] {
    let lastMs = Number.NEGATIVE_INFINITY;
    return candles.flatMap((candle) => {
      const openMs = candle.openMs + minutes * MINUTE_MS <= overMs ? session.barOpenMs(candle, minutes) : null;
      if (openMs === null || openMs <= lastMs) return [];
      lastMs = openMs;
      return { ...candle, openMs };
    });
  }

  /** Yahoo adjusts daily closes for splits. The day that trades has no close yet. */
  async function dailiesOf(symbol: string, fromMs: EpochMs, toMs: EpochMs): Promise<readonly DailyClose[]> {
    const name = encodeURIComponent(`${symbol}${YAHOO.suffix}`);
    const { candles } = readYahooChart(await client.get(`/v8/finance/chart/${name}?interval=1d&${period(fromMs, toMs)}`), DAY_MS);
    const today = istDate(clock.now());
    return candles.map(({ openMs, close }) => ({ date: istDate(openMs), close })).filter(({ date }) => date < today);
  }

  function statusNow(): FeedState['status'] {
    if (sink === null) return 'down';
    if (!isPolled(clock.now())) return 'waiting';
    if (failures >= FAILURES_TO_BE_DOWN || client.openFromMs() > clock.now()) return 'down';
    return answers === 0 ? 'connecting' : 'up';
  }

  function turnTo(now: FeedState['status']): void {
    if (now === status) return;
    status = now;
    sinceMs = clock.now();
  }

  function detail(): string {
    const nowMs = clock.now();
    switch (status) {
      case 'waiting':
        return `${session.restInWords(nowMs) ?? 'waiting'}; delayed prices, asked for during the session only`;
      case 'up': {
        const late = newestMs === 0 ? '' : `, the newest ${Math.max(0, Math.round((nowMs - newestMs) / SECOND_MS))} s old`;
        return `delayed prices, each symbol every ${Math.round((symbols.length * POLL_GAP_MS) / SECOND_MS)} s${late}`;
      }
      case 'connecting':
        return 'asking for the first chart';
      case 'down':
      case 'ended': {
        if (sink === null) return 'not started';
        const openMs = client.openFromMs();
        return openMs > nowMs ? `${why}; asked again at ${iso(openMs)}` : why;
      }
    }
  }

  return {
    name: SOURCE,
    markets: MARKETS,
    evidence: EVIDENCE,
    async start(to) {
      if (sink !== null) throw new SourceError('already_started', 'Yahoo is polled already; stop it first', { source: SOURCE });
      sink = to;
      run++;
      lane = createPriceLane({
        sink: to,
        mostWaiting: MOST_WAITING,
        onError: (error) => log('error', 'feed.sink_failed', { error: messageOf(error) }),
      });
      plan(Math.max(clock.now(), client.openFromMs()));
      turnTo(statusNow());
    },
    async stop() {
      sink = null;
      run++;
      next();
      turnTo('down');
      await lane?.close();
    },
    closeMinute(minuteMs) {
      if (minuteMs + MINUTE_MS > clock.now() || !session.hasBar(minuteMs)) return [];
      return symbols.map((symbol) => shelf.bar(symbol, minuteMs) ?? missingBar(minuteMs, closes.get(symbol) ?? 0, { symbol, evidence: EVIDENCE }));
    },
    cursor: () => null,
    states() {
      turnTo(statusNow());
      const { accepted, refused } = countsOf(gate.counters()[SOURCE] ?? {}, refusedRows);
      return [{ source: SOURCE, markets: [...MARKETS], evidence: EVIDENCE, status, detail: detail(), sinceMs, accepted, refused, reconnects: 0 }];
    },
    rates: () => [],
    minutes: (fromMs, toMs) => mergeBars(symbols.map((symbol) => minutesOf(symbol, fromMs, toMs))),
    async dailies(fromMs, toMs) {
      const all = symbols.map(async (symbol) => [symbol, await dailiesOf(symbol, fromMs, toMs)] as const);
      return new Map(await Promise.all(all));
    },
    async quarters(fromMs, toMs) {
      const all = symbols.map(async (symbol) => {
        const candles = await quartersOf(symbol, fromMs, toMs);
        return [symbol, candles.map((candle) => ({ ...candle, isComplete: true }))] as const;
      });
      return new Map(await Promise.all(all));
    },
  };
}

const period = (fromMs: EpochMs, toMs: EpochMs): string => `period1=${Math.floor(fromMs / SECOND_MS)}&period2=${Math.ceil(toMs / SECOND_MS)}`;

function countsOf(
  counts: Readonly<Record<string, number>>,
  badRows: number,
): { readonly accepted: number; readonly refused: Readonly<Record<string, number>> } {
  const { admitted = 0, out_of_order: _, ...refused } = counts;
  return { accepted: admitted, refused: badRows === 0 ? refused : { ...refused, bad_row: badRows } };
}
