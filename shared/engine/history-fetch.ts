import * as z from 'zod';
import { instrumentBySymbol } from '../config/instruments.ts';
import { historyNeededFromMs } from '../indicators/chart.ts';
import { messageOf, NightdeskError } from '../kernel/errors.ts';
import { DAY_MS, type EpochMs, iso, MINUTE_MS, SECOND_MS } from '../kernel/time.ts';
import type { Bar } from '../market/price.ts';
import type { EngineContext } from './context.ts';
import { dayOf } from './history-packs.ts';
import type { MarketSource } from './market-source.ts';
import { type CandlesBySymbol, StoreError } from './ports.ts';

/** What of a source's past is still to be fetched: from when on. Part of the feed's cursor, so that a restart knows it. */
export const owedSchema = z.object({ daysFromMs: z.number().nullable(), minutesFromMs: z.number().nullable() });
export type Owed = z.infer<typeof owedSchema>;

export interface HistoryRange {
  /** End of the last minute that is stored; null when nothing is. */
  readonly knownToMs: EpochMs | null;
  readonly nowMs: EpochMs;
  readonly historyDays: number;
  /** What the run before still owed, by source. */
  readonly owed: Readonly<Record<string, Owed>>;
}

/** Where what was fetched goes. `minutes` are those of one UTC day of one source at a time. */
export interface HistoryKeeper {
  readonly days: (quarters: CandlesBySymbol) => Promise<void>;
  readonly minutes: (bars: readonly Bar[]) => Promise<void>;
}

/** The past of a feed's sources: what is fetched at its start, and what could not be and is fetched later. */
export interface HistoryFetch {
  /** Asks each source once, before the feed runs. One that cannot be asked is asked again under the clock from `later` on. */
  readonly atStart: (range: HistoryRange, keep: HistoryKeeper) => Promise<void>;
  readonly later: (keep: HistoryKeeper) => void;
  readonly owed: () => Readonly<Record<string, Owed>>;
  /** Why the past of a source is not whole, for a person; null when it is. */
  readonly inWords: (sourceName: string) => string | null;
  readonly stop: () => void;
}

interface Debt {
  readonly part: MarketSource;
  readonly daysToMs: EpochMs;
  readonly toMs: EpochMs;
  owed: Owed;
  failures: number;
  why: string;
  nextMs: EpochMs;
}

const RETRY_BASE_MS = 5 * SECOND_MS;
const RETRY_CAP_MS = 5 * MINUTE_MS;

/**
 * Brings the stored past up to now: on a first start the days and minutes that the charts need, later what was missed while no
 * feed ran, and the minutes that are stored as `missing`. A source that cannot be asked (no network) is asked again and again
 * with a growing pause; until then scans see the gap and say so, and the feed's state tells of it.
 */
export function createHistoryFetch({ clock, log, market, world }: EngineContext, source: MarketSource): HistoryFetch {
  const debts = new Map<string, Debt>();
  let isStopped = false;

  /** Days and minutes, each as far as it comes. @throws the first failure, when both were tried */
  async function fetchOwed(debt: Debt, keep: HistoryKeeper): Promise<void> {
    const failures: unknown[] = [];
    for (const fetch of [fetchDays, fetchMinutes]) {
      await fetch(debt, keep).catch((error: unknown) => {
        if (isFenced(error)) throw error;
        failures.push(error);
      });
    }
    if (failures.length > 0) throw failures[0];
  }

  async function fetchDays(debt: Debt, keep: HistoryKeeper): Promise<void> {
    const { daysFromMs } = debt.owed;
    if (daysFromMs !== null && daysFromMs < debt.daysToMs) await keep.days(await debt.part.quarters(daysFromMs, debt.daysToMs));
    debt.owed = { ...debt.owed, daysFromMs: null };
  }

  async function fetchMinutes(debt: Debt, keep: HistoryKeeper): Promise<void> {
    const fromMs = debt.owed.minutesFromMs ?? debt.toMs;
    let bars: Bar[] = [];
    for await (const bar of fromMs < debt.toMs ? debt.part.minutes(fromMs, debt.toMs) : []) {
      const dayMs = dayOf(bar.openMs);
      if (bars[0] !== undefined && dayOf(bars[0].openMs) !== dayMs) {
        await keep.minutes(bars);
        debt.owed = { ...debt.owed, minutesFromMs: dayMs };
        bars = [];
      }
      bars.push(bar);
    }
    if (bars.length > 0) await keep.minutes(bars);
    debt.owed = { ...debt.owed, minutesFromMs: null };
  }

  /** Whether the debt is paid. */
  async function tryOnce(debt: Debt, keep: HistoryKeeper): Promise<boolean> {
    try {
      await fetchOwed(debt, keep);
      debts.delete(debt.part.name);
      return true;
    } catch (error) {
      if (isFenced(error)) throw error;
      debt.failures += 1;
      debt.why = messageOf(error);
      const waitMs = Math.max(retryAfterOf(error), Math.min(RETRY_CAP_MS, RETRY_BASE_MS * 2 ** (debt.failures - 1)));
      debt.nextMs = clock.now() + waitMs;
      log('warn', 'history-incomplete', { source: debt.part.name, ...fromOf(debt.owed), why: debt.why, again: iso(debt.nextMs) });
      return false;
    }
  }

  function again(debt: Debt, keep: HistoryKeeper): void {
    clock.at(debt.nextMs, `5-history-${debt.part.name}`, async () => {
      if (isStopped) return;
      if (!(await tryOnce(debt, keep))) return again(debt, keep);
      log('info', 'history-complete', { source: debt.part.name });
    });
  }

  async function atStart(range: HistoryRange, keep: HistoryKeeper): Promise<void> {
    const { nowMs } = range;
    const minutesFromMs = Math.min(...source.markets.map((name) => historyNeededFromMs(name, '1m', nowMs)));
    const parts = source.parts ?? [source];
    const missing = range.knownToMs !== null && parts.some(isVenue) ? await firstMissing(minutesFromMs, range.knownToMs) : [];
    for (const part of parts) {
      const missingMs = Math.min(...missing.filter(({ symbol }) => isVenue(part) && isOf(part, symbol)).map(({ openMs }) => openMs));
      const owed = owedBy(range, minutesFromMs, missingMs, range.owed[part.name]);
      debts.set(part.name, { part, daysToMs: minutesFromMs, toMs: nowMs, owed, failures: 0, why: '', nextMs: nowMs });
    }
    // All of them stand before the first is paid: what is kept meanwhile tells what is owed.
    for (const debt of [...debts.values()]) if (!isStopped) await tryOnce(debt, keep);
  }

  /** The first minute of each symbol that is stored as `missing`. */
  async function firstMissing(fromMs: EpochMs, toMs: EpochMs): Promise<readonly Bar[]> {
    const stored = await market.bars(world.scope, fromMs, toMs);
    return [...stored.values()].flatMap((bars) => bars.find(({ origin }) => origin === 'missing') ?? []);
  }

  return {
    atStart,
    later(keep) {
      for (const debt of debts.values()) again(debt, keep);
    },
    owed: () => Object.fromEntries([...debts].map(([name, { owed }]) => [name, owed])),
    inWords(sourceName) {
      const debt = [...debts.values()].find(({ part }) => part.name === sourceName || part.states().some((state) => state.source === sourceName));
      return debt === undefined ? null : `history is incomplete (${debt.why}), asked for again at ${iso(debt.nextMs)}`;
    },
    stop() {
      isStopped = true;
    },
  };
}

/** From when on days and minutes are asked for: after what is stored, but for what is known to be lacking. */
function owedBy({ knownToMs, nowMs, historyDays }: HistoryRange, neededFromMs: EpochMs, missingMs: EpochMs, before: Owed | undefined): Owed {
  const firstDayMs = dayOf(nowMs) - historyDays * DAY_MS;
  const daysMs = Math.min(knownToMs === null ? firstDayMs : dayOf(knownToMs), before?.daysFromMs ?? Number.POSITIVE_INFINITY);
  // What was owed stays so while the charts need it, also when midnight has moved the first day of a fresh start past it.
  const minutesMs = Math.min(Math.max(firstDayMs, knownToMs ?? 0), before?.minutesFromMs ?? Number.POSITIVE_INFINITY, missingMs);
  return { daysFromMs: Math.max(firstDayMs, daysMs), minutesFromMs: Math.max(neededFromMs, minutesMs) };
}

const isFenced = (error: unknown): boolean => error instanceof StoreError && error.code === 'fenced';

/** A minute that a recording lacks stays lacking: only a venue can be asked again. */
const isVenue = ({ evidence }: MarketSource): boolean => evidence === 'live' || evidence === 'delayed';

const isOf = ({ markets }: MarketSource, symbol: string): boolean => markets.includes(instrumentBySymbol(symbol).market);

const fromOf = ({ daysFromMs, minutesFromMs }: Owed): object => ({
  ...(daysFromMs === null ? {} : { daysFrom: iso(daysFromMs) }),
  ...(minutesFromMs === null ? {} : { minutesFrom: iso(minutesFromMs) }),
});

/** What a refusal asks to wait, ms. */
function retryAfterOf(error: unknown): number {
  const told = error instanceof NightdeskError ? error.context.retryAfterMs : 0;
  return typeof told === 'number' && Number.isFinite(told) ? told : 0;
}
