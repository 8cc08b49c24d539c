import { binanceSource } from '../../../shared/feeds/binance/binance-source.ts';
import { BINANCE_SYMBOLS } from '../../../shared/feeds/binance/binance-symbols.ts';
import { messageOf } from '../../../shared/kernel/errors.ts';
import { rng } from '../../../shared/kernel/rng.ts';
import { type EpochMs, HOUR_MS, MINUTE_MS, SECOND_MS } from '../../../shared/kernel/time.ts';
import { percentiles } from '../../bench/figures.ts';
import { type AccountsResult, openAccounts } from './accounts.ts';
import { beginFault, type Fault, type FaultKind, faultPlan, takenBy } from './faults.ts';
import { lockstepClock } from './lockstep-clock.ts';
import { startSimulatedVenue } from './simulated-venue.ts';
import { trueMarket } from './true-market.ts';

export interface FeedSoak {
  readonly seed: string;
  /** Virtual. */
  readonly forMs: number;
  readonly faults: number;
}

export interface FeedSoakResult extends AccountsResult {
  readonly forMs: number;
  readonly faults: Readonly<Partial<Record<FaultKind, number>>>;
  readonly faultCount: number;
  readonly frames: number;
  readonly connects: number;
  readonly mostConnectsInFiveMinutes: number;
  readonly rotations: number;
  readonly expired: number;
  readonly pings: number;
  readonly unansweredPings: number;
  readonly mostHeardPerSecond: number;
  readonly restRequests: number;
  readonly crashes: readonly string[];
  readonly refused: Readonly<Record<string, number>>;
  readonly wallMs: number;
}

const START_MS = Date.UTC(2026, 0, 5);
/** Before the first fault and after the last. */
const CALM_BEFORE_MS = MINUTE_MS;
const CALM_AFTER_MS = 3 * MINUTE_MS;
/** What the engine waits after a minute before it asks for its bars. */
const MINUTE_GRACE_MS = 2 * SECOND_MS;
const CONNECT_WINDOW_MS = 5 * MINUTE_MS;

/** The venue's 24 hours, shortened so that a run has several rotations, and how long before them the feed rotates. */
const lifeOf = (forMs: number): { readonly lifeMs: number; readonly marginMs: number } =>
  forMs > 6 * HOUR_MS ? { lifeMs: 2 * HOUR_MS, marginMs: 10 * MINUTE_MS } : { lifeMs: 4 * MINUTE_MS, marginMs: 30 * SECOND_MS };

/** Runs the live Binance source against a venue that fails as planned, and keeps the books. */
export async function runFeedSoak({ seed, forMs, faults: faultCount }: FeedSoak): Promise<FeedSoakResult> {
  const began = performance.now();
  const crashes: string[] = [];
  let requests = { begun: 0, over: 0 };
  const clock = lockstepClock({
    startMs: START_MS,
    // A request that waits for its time at the server does not hold time up.
    isBusy: () => requests.begun - requests.over > venue.rest.reduce((sum, server) => sum + server.waiting(), 0),
    onError: (error, label) => void crashes.push(`${label}: ${messageOf(error)}`),
  });
  const truth = trueMarket(seed, START_MS);
  const accounts = openAccounts({ now: clock.now, market: truth, symbols: BINANCE_SYMBOLS });
  const market = {
    ...truth,
    advance(toMs: EpochMs) {
      const trades = truth.advance(toMs);
      accounts.happened(trades);
      return trades;
    },
  };
  const { lifeMs, marginMs } = lifeOf(forMs);
  const venue = await startSimulatedVenue({ clock, market, seed, lifeMs });
  const rotations = { count: 0 };
  const source = binanceSource({
    clock,
    urls: { webSocket: venue.endpoints.map(({ url }) => url), rest: venue.rest.map(({ url }) => url) },
    random: rng('feed soak', seed),
    log: () => clock.touch(),
    timing: { rotationMs: lifeMs - marginMs },
    fetch: async (input, init) => {
      requests = { ...requests, begun: requests.begun + 1 };
      try {
        return await fetch(input, init);
      } finally {
        requests = { ...requests, over: requests.over + 1 };
        clock.touch();
      }
    },
  });
  const touched =
    <Given>(take: (given: Given) => void) =>
    (given: Given): void => {
      clock.touch();
      take(given);
    };
  await source.start(
    { tick: touched(accounts.tick), top: touched(accounts.top), depth: () => {}, reference: () => {}, repaired: touched(accounts.repaired) },
    null,
  );

  const untilMs = START_MS + forMs;
  const plan = faultPlan(seed, faultCount, START_MS + CALM_BEFORE_MS, untilMs);
  const happened: Partial<Record<FaultKind, number>> = {};
  for (const fault of plan) clock.at(fault.atMs, '2-fault', () => happen(fault));

  function happen(fault: Fault): void {
    const takes = takenBy(fault.kind);
    happened[fault.kind] = (happened[fault.kind] ?? 0) + 1;
    const end = beginFault(fault, venue, clock);
    if (takes === 'venue') accounts.outage();
    else accounts.back(fault.kind, takes, clock.now());
    clock.at(fault.atMs + (takes === 'venue' ? fault.awayMs : fault.forMs), '2-fault', () => {
      const toldMs = end();
      if (takes === 'venue') accounts.back(fault.kind, takes, Math.max(clock.now(), toldMs ?? 0));
    });
  }

  function everySecond(atMs: EpochMs): void {
    if (atMs > START_MS + 2 * SECOND_MS) accounts.everySecond(source.states()[0]?.status ?? 'unknown');
    if (atMs < untilMs + CALM_AFTER_MS) clock.at(atMs + SECOND_MS, '3-second', () => everySecond(atMs + SECOND_MS));
  }
  function everyMinute(minuteMs: EpochMs): void {
    clock.at(minuteMs + MINUTE_MS + MINUTE_GRACE_MS, '3-minute', () => {
      accounts.closed(minuteMs, source.closeMinute(minuteMs));
      everyMinute(minuteMs + MINUTE_MS);
    });
  }
  everySecond(START_MS);
  everyMinute(START_MS);
  try {
    await clock.run(untilMs + CALM_AFTER_MS);
  } finally {
    rotations.count = source.states()[0]?.reconnects ?? 0;
    const stopping = Promise.all([source.stop(), venue.stop()]);
    // What is being closed is closed by the clock.
    await clock.run(untilMs + CALM_AFTER_MS + MINUTE_MS);
    await stopping;
  }
  return {
    ...accounts.result(START_MS, untilMs),
    forMs,
    faults: happened,
    faultCount: plan.length,
    frames: venue.stats.frames,
    connects: venue.stats.attemptsMs.length,
    mostConnectsInFiveMinutes: mostWithin(venue.stats.attemptsMs, CONNECT_WINDOW_MS),
    rotations: rotations.count,
    expired: venue.stats.expired,
    pings: venue.stats.pings,
    unansweredPings: venue.stats.unansweredPings,
    mostHeardPerSecond: venue.stats.mostHeardPerSecond,
    restRequests: venue.rest.flatMap(({ counts }) => Object.values(counts)).reduce((sum, count) => sum + count, 0),
    crashes,
    refused: source.states()[0]?.refused ?? {},
    wallMs: performance.now() - began,
  };
}

/** The most instants within any window that ends at one of them. */
function mostWithin(instants: readonly EpochMs[], windowMs: number): number {
  let [from, most] = [0, 0];
  for (const [index, atMs] of instants.entries()) {
    while ((instants[from] ?? 0) <= atMs - windowMs) from++;
    most = Math.max(most, index - from + 1);
  }
  return most;
}

export interface Bound {
  readonly what: string;
  readonly value: string;
  readonly asked: string;
  readonly isMet: boolean;
}

const LEAST_AVAILABILITY = 0.999;
const MOST_RECOVERY_MS = 3 * SECOND_MS;
const MOST_CONNECTS = 300;
const MOST_SENT_PER_SECOND = 5;

/** What the run had to show. */
export function boundsOf(result: FeedSoakResult): readonly Bound[] {
  const { seconds, recoveries, bars } = result;
  const available = seconds.fresh / (seconds.fresh + seconds.stale);
  const timed = recoveries.filter(({ takes }) => takes === 'line' || takes === 'venue').map(({ tookMs }) => tookMs ?? Number.POSITIVE_INFINITY);
  const recovery = percentiles(timed.length === 0 ? [0] : timed);
  const none = (what: string, value: number): Bound => ({ what, value: String(value), asked: '0', isMet: value === 0 });
  return [
    {
      what: 'availability outside injected outages',
      value: `${(100 * available).toFixed(3)} %`,
      asked: '>= 99.9 %',
      isMet: available >= LEAST_AVAILABILITY,
    },
    { what: 'recovery after the venue is back, p99', value: `${recovery.p99} ms`, asked: '< 3000 ms', isMet: recovery.p99 < MOST_RECOVERY_MS },
    none('faults without recovery', recoveries.filter(({ tookMs }) => tookMs === null).length),
    none('seconds that say up without a price for 15 s', result.dishonestSeconds),
    none('wrong bars', bars.wrong),
    none('bars missing without a flag', bars.unflagged),
    none('bars missing at the end', bars.leftMissing),
    none('wrong prices delivered', result.wrongPrices),
    none('trades delivered twice', result.doubledTrades),
    none('connections that reached the age limit', result.expired),
    none('pings without an answer', result.unansweredPings),
    none('crashes', result.crashes.length),
    {
      what: 'connects within 5 minutes, most',
      value: String(result.mostConnectsInFiveMinutes),
      asked: `<= ${MOST_CONNECTS}`,
      isMet: result.mostConnectsInFiveMinutes <= MOST_CONNECTS,
    },
    {
      what: 'messages sent within a second, most',
      value: String(result.mostHeardPerSecond),
      asked: `<= ${MOST_SENT_PER_SECOND}`,
      isMet: result.mostHeardPerSecond <= MOST_SENT_PER_SECOND,
    },
  ];
}
