import { messageOf } from '../kernel/errors.ts';
import { DAY_MS, type EpochMs, HOUR_MS, iso, MINUTE_MS } from '../kernel/time.ts';
import { isTrading, type ListedRules } from '../market/listed-rules.ts';
import type { EngineContext } from './context.ts';
import type { MarketSource } from './market-source.ts';

/** The rules that the venues list their instruments with, as the feed knows them. */
export interface Listings {
  /** What the venue said last, as old as it may be; empty where only the shipped facts are known. */
  readonly rules: () => readonly ListedRules[];
  /** Takes up what is in the store. */
  readonly restore: () => Promise<void>;
  /** Asks the venue now and from then on daily, under the clock. */
  readonly start: (keep: (rules: readonly ListedRules[]) => Promise<void>) => void;
  readonly stop: () => void;
}

const REFRESH_MS = DAY_MS;
/** While a symbol is halted its return is looked for more often. */
const HALTED_REFRESH_MS = 5 * MINUTE_MS;
const RETRY_BASE_MS = MINUTE_MS;
const RETRY_CAP_MS = HOUR_MS;

/**
 * Ticks, lots and least notionals from the venue itself, refreshed daily. When it cannot be asked, what the store has kept of its
 * last answer holds; without that the facts that the program was shipped with. A source without a venue (replay, simulation)
 * has no listings, and the shipped facts hold.
 */
export function createListings({ clock, log, market, world }: EngineContext, source: MarketSource): Listings {
  let rules: readonly ListedRules[] = [];
  let keep: (rules: readonly ListedRules[]) => Promise<void> = async () => undefined;
  let failures = 0;
  let isStopped = false;

  /** Asks once, and gives the pause before the next time. */
  async function refresh(): Promise<number> {
    try {
      const listed = (await source.listings?.()) ?? [];
      if (isStopped) return REFRESH_MS;
      rules = joined(rules, listed);
      failures = 0;
      log('info', 'listings-refreshed', { symbols: listed.length, halted: listed.filter((each) => !isTrading(each)).map(({ symbol }) => symbol) });
      await keep(rules);
      return listed.every(isTrading) ? REFRESH_MS : HALTED_REFRESH_MS;
    } catch (error) {
      failures += 1;
      log('warn', 'listings-not-refreshed', { why: messageOf(error), ...agesOf(rules) });
      return Math.min(RETRY_CAP_MS, RETRY_BASE_MS * 2 ** (failures - 1));
    }
  }

  function refreshAt(ms: EpochMs): void {
    clock.at(ms, '6-listings', async () => {
      if (isStopped) return;
      refreshAt(clock.now() + (await refresh()));
    });
  }

  return {
    rules: () => rules,
    async restore() {
      if (source.listings === undefined) return;
      rules = await market.listings(world.scope);
    },
    start(keeping) {
      keep = keeping;
      if (source.listings !== undefined) refreshAt(clock.now());
    },
    stop() {
      isStopped = true;
    },
  };
}

/** A symbol that the venue does not list any more keeps what was said of it last, with its age. */
function joined(before: readonly ListedRules[], now: readonly ListedRules[]): readonly ListedRules[] {
  const all = new Map([...before, ...now].map((each) => [each.symbol, each]));
  return [...all.values()].sort((a, b) => (a.symbol < b.symbol ? -1 : 1));
}

const agesOf = (rules: readonly ListedRules[]): object =>
  rules.length === 0 ? { using: 'shipped facts' } : { using: 'the last answer', asOf: iso(Math.min(...rules.map(({ asOfMs }) => asOfMs))) };
