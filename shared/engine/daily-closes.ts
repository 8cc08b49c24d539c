import { VALUE_AT_RISK } from '../config/risk.ts';
import { messageOf } from '../kernel/errors.ts';
import { DAY_MS, type EpochMs, HOUR_MS, MINUTE_MS } from '../kernel/time.ts';
import type { DailyClose } from '../risk/var/risk-model.ts';
import type { EngineContext } from './context.ts';
import type { MarketSource } from './market-source.ts';
import type { DailiesBySymbol } from './ports.ts';

/** The closes of the last year, kept for the value at risk. */
export interface DailyCloses {
  /** Fetches now, and from then on each day, under the clock. */
  readonly start: (keep: (closes: DailiesBySymbol) => Promise<void>) => void;
  readonly stop: () => void;
}

/** A year of calendar days, weekends and holidays in it, and a fortnight more. */
export const DAILIES_SPAN_MS = (Math.ceil((VALUE_AT_RISK.days * 365) / 245) + 14) * DAY_MS;
/** Ten minutes into a day in UTC: the day of the coins is over, and told. */
const AFTER_MIDNIGHT_MS = 10 * MINUTE_MS;

/** When closes are fetched next after an instant. */
export const nextDailiesMs = (nowMs: EpochMs): EpochMs => Math.floor(nowMs / DAY_MS + 1) * DAY_MS + AFTER_MIDNIGHT_MS;

/** Which fetch of closes an instant comes after: another one on each day. */
export const dailiesOf = (nowMs: EpochMs): number => Math.floor((nowMs - AFTER_MIDNIGHT_MS) / DAY_MS);

const RETRY_BASE_MS = MINUTE_MS;
const RETRY_CAP_MS = HOUR_MS;

/**
 * Keeps the daily closes of the source in the store, fetched at the start and once a day. A source without days of its own has
 * none: the risk gate then goes by the moves that are assumed.
 */
export function createDailyCloses({ clock, log }: EngineContext, source: MarketSource): DailyCloses {
  const parts = (source.parts ?? [source]).filter(({ dailies }) => dailies !== undefined);
  /** What was told last by each, also by one that cannot be asked now. */
  const known = new Map<string, readonly DailyClose[]>();
  let failures = 0;
  let isStopped = false;

  let keep: (closes: DailiesBySymbol) => Promise<void> = async () => undefined;

  const fetchAt = (ms: EpochMs): void => {
    clock.at(ms, '6-dailies', async () => {
      if (!isStopped) fetchAt(await fetchOnce());
    });
  };

  /** Asks each of them once, and gives the time of the next try: soon where one of them could not be asked. */
  async function fetchOnce(): Promise<EpochMs> {
    const nowMs = clock.now();
    const failuresBefore = failures;
    for (const part of parts) {
      try {
        for (const [symbol, closes] of (await part.dailies?.(nowMs - DAILIES_SPAN_MS, nowMs)) ?? []) known.set(symbol, closes);
      } catch (error) {
        failures = failuresBefore + 1;
        log('warn', 'daily-closes-not-fetched', { source: part.name, why: messageOf(error) });
      }
    }
    if (isStopped) return nowMs;
    if (known.size > 0) await keep(known);
    if (failures > failuresBefore) return clock.now() + Math.min(RETRY_CAP_MS, RETRY_BASE_MS * 2 ** failuresBefore);
    failures = 0;
    log('info', 'daily-closes-fetched', { symbols: known.size });
    return nextDailiesMs(clock.now());
  }

  return {
    start(keeping) {
      keep = keeping;
      if (parts.length > 0) fetchAt(clock.now());
    },
    stop() {
      isStopped = true;
    },
  };
}
