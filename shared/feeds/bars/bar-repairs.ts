import type { Cancel, Clock } from '../../kernel/clock.ts';
import { messageOf, NightdeskError } from '../../kernel/errors.ts';
import type { Log } from '../../kernel/log.ts';
import type { Rng } from '../../kernel/rng.ts';
import { DAY_MS, type EpochMs, iso, MINUTE_MS, minuteOf, SECOND_MS } from '../../kernel/time.ts';
import type { Bar, Candle, Evidence } from '../../market/price.ts';

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
  /** Whether the market trades in a minute; without it, it always does. While it rests no later minute will come. */
  readonly hasBar?: (minuteMs: EpochMs) => boolean;
  readonly timing?: Partial<RepairTiming>;
}

export interface RepairTiming {
  readonly backoffBaseMs: number;
  readonly backoffCapMs: number;
}

const REPAIR_TIMING: RepairTiming = { backoffBaseMs: SECOND_MS, backoffCapMs: MINUTE_MS };
/**
 * Assumption: a minute that the venue, asked for it, has not told within a day it will never tell. A hole is known earlier when
 * a later minute of the same symbol is there, or when none will come because the market rests.
 */
const GIVE_UP_MS = DAY_MS;
/** Of a venue that could not be asked at all for longer than this nothing is wanted any more. */
const LONGEST_OUTAGE_MS = 7 * DAY_MS;
/** The candles of a session are told in full this long after its end. */
const TOLD_MS = 15 * MINUTE_MS;
/** The longest pause for a symbol whose questions are refused. */
const REFUSED_CAP_MS = 15 * MINUTE_MS;
/** Refusals that concern one symbol: the others are asked for all the same. */
const OF_ONE_SYMBOL: ReadonlySet<string> = new Set(['bad_request', 'not_found', 'bad_answer']);

/** A symbol whose questions are refused. */
interface Refused {
  readonly times: number;
  readonly untilMs: EpochMs;
  readonly why: string;
}

interface Answer {
  readonly bars: readonly Bar[];
  readonly holes: readonly EpochMs[];
}

/**
 * Fetches what an outage has kept from us, again and again with a growing pause, until it is there. A minute that the venue
 * itself lacks (it stood still) stays `missing` and is not asked for any more.
 */
export function createBarRepairs(options: BarRepairsOptions): BarRepairs {
  const { clock, log, random, evidence, fetchMinutes, hasBar = () => true } = options;
  const { backoffBaseMs, backoffCapMs }: RepairTiming = { ...REPAIR_TIMING, ...options.timing };
  const wanted = new Map<string, Set<EpochMs>>();
  const refused = new Map<string, Refused>();
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
    for (const [symbol, minutes] of askable()) {
      if (isStopped) break;
      try {
        found.push(...(await barsOf(symbol, minutes)));
      } catch (error) {
        failure = error;
        if (!isOfOneSymbol(error)) break;
        rest(symbol, messageOf(error));
      }
    }
    deliver(found);
    failures = found.length > 0 && failure === null ? 0 : failures + 1;
    why = failure === null ? null : messageOf(failure);
    if (failure !== null) log('warn', 'bars.repair_failed', { minutes: count(), why });
    notBeforeMs = clock.now() + retryAfterOf(failure);
    return pause(failures, backoffCapMs);
  }

  async function barsOf(symbol: string, minutes: ReadonlySet<EpochMs>): Promise<readonly Bar[]> {
    const { bars, holes } = await ask(symbol, minutes);
    refused.delete(symbol);
    for (const openMs of holes) {
      drop(symbol, openMs);
      log('warn', 'bars.hole_of_the_venue', { symbol, minute: iso(openMs) });
    }
    return bars;
  }

  function askable(): readonly (readonly [string, ReadonlySet<EpochMs>])[] {
    for (const symbol of wanted.keys()) forgoBefore(symbol, LONGEST_OUTAGE_MS);
    return [...wanted].filter(([symbol]) => (refused.get(symbol)?.untilMs ?? 0) <= clock.now());
  }

  /** A refused question is asked again, with a pause that grows beyond that of an outage: it seldom becomes a good one. */
  function rest(symbol: string, why: string): void {
    const times = (refused.get(symbol)?.times ?? 0) + 1;
    refused.set(symbol, { times, untilMs: clock.now() + pause(times, REFUSED_CAP_MS), why });
    forgoBefore(symbol, GIVE_UP_MS);
  }

  /** Asked up to now: a later bar in the answer tells a hole of the venue from a minute that is not there yet. */
  async function ask(symbol: string, minutes: ReadonlySet<EpochMs>): Promise<Answer> {
    const asked = [...minutes].sort((a, b) => a - b);
    const nowMs = clock.now();
    const bars = new Map<EpochMs, Bar>();
    let lastMs = 0;
    for await (const candle of fetchMinutes(symbol, asked[0] ?? nowMs, minuteOf(nowMs))) {
      if (isStopped) return { bars: [], holes: [] };
      lastMs = Math.max(lastMs, candle.openMs);
      if (minutes.has(candle.openMs)) bars.set(candle.openMs, { ...candle, symbol, origin: 'backfilled', evidence });
    }
    const isAtRest = !hasBar(minuteOf(nowMs)) && !hasBar(minuteOf(nowMs - TOLD_MS));
    const holes = asked.filter((openMs) => !bars.has(openMs) && (openMs < lastMs || isAtRest || nowMs - openMs > GIVE_UP_MS));
    return { bars: [...bars.values()], holes };
  }

  function forgoBefore(symbol: string, ageMs: number): void {
    const old = [...(wanted.get(symbol) ?? [])].filter((openMs) => clock.now() - openMs > ageMs);
    for (const openMs of old) drop(symbol, openMs);
    if (old[0] !== undefined) log('warn', 'bars.given_up', { symbol, minutes: old.length, from: iso(old[0]) });
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
  const pause = (times: number, capMs: number): number => Math.min(capMs, backoffBaseMs * 2 ** Math.min(30, times)) * (0.5 + 0.5 * random.next());

  const reason = (): string | null => why ?? [...wanted.keys()].flatMap((symbol) => refused.get(symbol)?.why ?? [])[0] ?? null;

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
      refused.clear();
      next?.();
      next = null;
      schedule(0);
    },
    inWords() {
      if (wanted.size === 0) return null;
      let firstMs = Number.POSITIVE_INFINITY;
      for (const minutes of wanted.values()) for (const minuteMs of minutes) firstMs = Math.min(firstMs, minuteMs);
      const because = reason();
      const what = `${count()} bars of ${[...wanted.keys()].join(', ')} since ${iso(firstMs)} are still to be fetched`;
      return because === null ? what : `${what} (${because})`;
    },
    stop() {
      isStopped = true;
      next?.();
      next = null;
    },
  };
}

const isOfOneSymbol = (error: unknown): boolean => error instanceof NightdeskError && OF_ONE_SYMBOL.has(error.code);

/** What a refusal asks to wait (429, 418), ms. */
function retryAfterOf(error: unknown): number {
  const told = error instanceof NightdeskError && (error.code === 'rate_limited' || error.code === 'banned') ? error.context.retryAfterMs : 0;
  return typeof told === 'number' && Number.isFinite(told) ? told : 0;
}
