import { engineContext } from '../../functions/middleware/engine-context.ts';
import { MARKET_TTL_DAYS } from '../../functions/middleware/lambda-context.ts';
import { FEED_PUBLISH_EVERY_MS, FEED_READ_ORDERS_EVERY_MS } from '../../shared/config/feed-pace.ts';
import { SCHEDULES } from '../../shared/config/schedules.ts';
import { VERSION } from '../../shared/config/version.ts';
import { createFeedService } from '../../shared/engine/feed-service.ts';
import { startSession } from '../../shared/engine/sessions.ts';
import { simulatedSource } from '../../shared/feeds/simulated-source.ts';
import { createVirtualClock } from '../../shared/kernel/clock-virtual.ts';
import { fromNumber } from '../../shared/kernel/decimal.ts';
import { type EpochMs, MINUTE_MS, SECOND_MS } from '../../shared/kernel/time.ts';
import type { Action, Items } from '../../shared/store/items.ts';
import { createMemoryItems } from '../../shared/store/memory-items.ts';
import { createMemoryLedger } from '../../shared/store/memory-ledger.ts';
import { createMemoryMarket } from '../../shared/store/memory-market.ts';
import { asDeployed } from './as-deployed.ts';

export const RECORDED_SCOPE = 'simulated:1';

/** When the first scan of a minute looks. */
const SCAN_DELAY_MS =
  Math.min(...SCHEDULES.filter(({ functionName }) => functionName === 'scan').map(({ delaySeconds }) => delaySeconds)) * SECOND_MS;

/** The rows that a minute of the market left behind, as puts. */
export interface RecordedMinute {
  readonly minuteMs: EpochMs;
  readonly rows: readonly Action[];
}

/**
 * The tables as a scan finds them after each of some minutes, with a session that waits for its first scan: the
 * first minute has all rows, history too, each later one those that changed.
 * @param scope under which prices are kept
 */
export async function recordedMarket(startMs: EpochMs, minutes: number, scope = RECORDED_SCOPE): Promise<readonly RecordedMinute[]> {
  const clock = createVirtualClock({ startMs, speed: Number.POSITIVE_INFINITY });
  const { items, changed } = recording(createMemoryItems());
  const world = { scope, evidence: 'live', markets: ['CRYPTO', 'NSE'] } as const;
  const context = engineContext({
    clock,
    ledger: createMemoryLedger(items),
    market: createMemoryMarket({ ttlDays: MARKET_TTL_DAYS, now: clock.now }, items),
    nudge: async () => undefined,
    log: () => undefined,
    world,
    settings: { marketMode: 'both', seed: '1', version: VERSION, barWaitMs: 0 },
    exclusive: false,
  });
  const feed = createFeedService(context, asDeployed(simulatedSource({ clock, seed: '1', markets: world.markets }), clock), {
    holder: 'recorded',
    leaseMs: 40 * SECOND_MS,
    publishEveryMs: FEED_PUBLISH_EVERY_MS,
    readOrdersEveryMs: FEED_READ_ORDERS_EVERY_MS,
    historyDays: 40,
    onFenced: (error) => {
      throw error;
    },
  });
  await feed.start();
  await startSession(context, { startingCapital: fromNumber(100_000), strategies: ['scalping', 'swing'], riskLimits: {} }, null);
  const recorded: RecordedMinute[] = [];
  for (let index = 1; index <= minutes; index++) {
    const minuteMs = startMs + index * MINUTE_MS;
    await clock.run(minuteMs + SCAN_DELAY_MS);
    recorded.push({ minuteMs, rows: changed() });
  }
  await feed.stop();
  return recorded;
}

/** Rows that remember which of them changed since they were last asked. */
function recording(items: Items): { readonly items: Items; readonly changed: () => readonly Action[] } {
  const rows = new Map<string, Action>();
  return {
    items: {
      ...items,
      write: async (actions) => {
        const failed = await items.write(actions);
        for (const { table, key } of failed.length > 0 ? [] : actions) {
          const item = await items.get(table, key);
          if (item !== null) rows.set(`${table} ${key.pk} ${key.sk}`, { kind: 'put', table, key, attributes: item.attributes });
        }
        return failed;
      },
    },
    changed: () => {
      const all = [...rows.values()];
      rows.clear();
      return all;
    },
  };
}
