import type { Cancel, Clock } from '../kernel/clock.ts';
import { messageOf, NightdeskError } from '../kernel/errors.ts';
import type { Log } from '../kernel/log.ts';
import type { Rng } from '../kernel/rng.ts';
import { DAY_MS, type EpochMs, iso, MINUTE_MS, minuteOf, SECOND_MS } from '../kernel/time.ts';
import type { Bar, Candle, Evidence } from '../market/price.ts';

/** Minutes that were given as `missing`, until the venue has told them afterwards. */
export interface BarRepairs {
  /** A minute that is over and is not known. It is asked for at once, or with the next try. */
  readonly want: (symbol: string, minuteMs: EpochMs) => void;
  readonly wants: (symbol: string, minuteMs: EpochMs) => boolean;
  /** The minute has become known in another way. */
  readonly drop: (symbol: string, minuteMs: EpochMs) => void;
  /** The line is back: the next try is now. */
  readonly hurry: () => void;
  /** What is still to be fetched, since when and why, for a person; null when nothing is. */
  readonly inWords: () => string | null;
  /** Nothing is handed over after this. */
  readonly stop: () => void;
}

export interface BarRepairsOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** Draws the back-off. */
  readonly random: Rng;
  readonly evidence: Evidence;
  /** The venue's closed bars of a symbol that open in [fromMs, toMs), oldest first. */
  readonly fetchMinutes: (symbol: string, fromMs: EpochMs, toMs: EpochMs) => AsyncIterable<Candle>;
  /** Hears of the bars that are known now, in order of time. */
  readonly onRepaired: (bars: readonly Bar[]) => void;
  readonly timing?: Partial<RepairTiming>;
}

export interface RepairTiming {
  readonly backoffBaseMs: number;
  readonly backoffCapMs: number;
}

const REPAIR_TIMING: RepairTiming = { backoffBaseMs: SECOND_MS, backoffCapMs: MINUTE_MS };
/**
 * Assumption: a minute that the venue has not told within a day it will never tell. A hole is known earlier when a later
 * minute of the same symbol is there.
 */
const GIVE_UP_MS = DAY_MS;
/** Refusals that concern one symbol: the others are asked for all the same. */
const OF_ONE_SYMBOL: ReadonlySet<string> = new Set(['bad_request', 'bad_answer']);

interface Answer {
  readonly bars: readonly Bar[];
  readonly holes: readonly EpochMs[];
}

/**
 * Fetches what an outage has kept from us, again and again with a growing pause, until it is there. A minute that the venue
 * itself lacks (it stood still) stays `missing` and is not asked for any more.
 */
export function createBarRepairs(options: BarRepairsOptions): BarRepairs {
  const { clock, log, random, evidence, fetchMinutes } = options;
  const { backoffBaseMs, backoffCapMs }: RepairTiming = { ...REPAIR_TIMING, ...options.timing };
  const wanted = new Map<string, Set<EpochMs>>();
  let next: Cancel | null = null;
  let isAsking = false;
  let isStopped = false;
  let failures = 0;
  let why: string | null = null;
  /** Told by the venue (429, 418): not even a line that is back is asked before. */
  let notBeforeMs: EpochMs = 0;

  function drop(symbol: string, minuteMs: EpochMs): void {
    const minutes = wanted.get(symbol);
    minutes?.delete(minuteMs);
    if (minutes?.size === 0) wanted.delete(symbol);
  }

  function schedule(inMs: number): void {
    if (next !== null || isAsking || isStopped || wanted.size === 0) return;
    next = clock.at(Math.max(clock.now() + inMs, notBeforeMs), 'bars.repair', async () => {
      next = null;
      isAsking = true;
      const waitMs = await round().finally(() => {
        isAsking = false;
      });
      schedule(waitMs);
    });
  }

  /** Asks for everything once, and gives the pause before the next round. */
  async function round(): Promise<number> {
    const found: Bar[] = [];
    let failure: unknown = null;
    for (const [symbol, minutes] of [...wanted]) {
      try {
        const answer = await ask(symbol, minutes);
        for (const openMs of answer.holes) forgo(symbol, openMs);
        found.push(...answer.bars);
      } catch (error) {
        failure = error;
        if (!(error instanceof NightdeskError) || !OF_ONE_SYMBOL.has(error.code)) break;
      }
    }
    deliver(found);
    failures = found.length > 0 && failure === null ? 0 : failures + 1;
    why = failure === null ? null : messageOf(failure);
    if (failure !== null) log('warn', 'bars.repair_failed', { minutes: count(), why });
    notBeforeMs = clock.now() + retryAfterOf(failure);
    return backoff();
  }

  /** Asked up to now: a later bar in the answer tells a hole of the venue from a minute that is not there yet. */
  async function ask(symbol: string, minutes: ReadonlySet<EpochMs>): Promise<Answer> {
    const asked = [...minutes].sort((a, b) => a - b);
    const nowMs = clock.now();
    const bars = new Map<EpochMs, Bar>();
    let lastMs = 0;
    for await (const candle of fetchMinutes(symbol, asked[0] ?? nowMs, minuteOf(nowMs))) {
      lastMs = Math.max(lastMs, candle.openMs);
      if (minutes.has(candle.openMs)) bars.set(candle.openMs, { ...candle, symbol, origin: 'backfilled', evidence });
    }
    const holes = asked.filter((openMs) => !bars.has(openMs) && (openMs < lastMs || nowMs - openMs > GIVE_UP_MS));
    return { bars: [...bars.values()], holes };
  }

  function forgo(symbol: string, openMs: EpochMs): void {
    drop(symbol, openMs);
    log('warn', 'bars.hole_of_the_venue', { symbol, minute: iso(openMs) });
  }

  function deliver(found: readonly Bar[]): void {
    // What has become known in another way meanwhile stands.
    const bars = found.filter(({ symbol, openMs }) => wanted.get(symbol)?.has(openMs) === true).sort((a, b) => a.openMs - b.openMs);
    if (isStopped || bars.length === 0) return;
    for (const { symbol, openMs } of bars) drop(symbol, openMs);
    log('info', 'bars.repaired', { bars: bars.length, from: iso(bars[0]?.openMs ?? 0), left: count() });
    options.onRepaired(bars);
  }

  const count = (): number => [...wanted.values()].reduce((total, minutes) => total + minutes.size, 0);

  /** Half of it is drawn, so that what failed together does not come back together. */
  const backoff = (): number => Math.min(backoffCapMs, backoffBaseMs * 2 ** Math.min(30, failures)) * (0.5 + 0.5 * random.next());

  return {
    want(symbol, minuteMs) {
      const minutes = wanted.get(symbol) ?? new Set<EpochMs>();
      wanted.set(symbol, minutes.add(minuteMs));
      schedule(0);
    },
    wants: (symbol, minuteMs) => wanted.get(symbol)?.has(minuteMs) === true,
    drop,
    hurry() {
      failures = 0;
      next?.();
      next = null;
      schedule(0);
    },
    inWords() {
      if (wanted.size === 0) return null;
      const firstMs = Math.min(...[...wanted.values()].map((minutes) => Math.min(...minutes)));
      const what = `${count()} bars of ${[...wanted.keys()].join(', ')} since ${iso(firstMs)} are still to be fetched`;
      return why === null ? what : `${what} (${why})`;
    },
    stop() {
      isStopped = true;
      next?.();
      next = null;
    },
  };
}

/** What a refusal asks to wait (429, 418), ms. */
function retryAfterOf(error: unknown): number {
  const told = error instanceof NightdeskError && (error.code === 'rate_limited' || error.code === 'banned') ? error.context.retryAfterMs : 0;
  return typeof told === 'number' && Number.isFinite(told) ? told : 0;
}
