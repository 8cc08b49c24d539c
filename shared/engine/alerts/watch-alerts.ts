import { equityAlerts } from '../../alerts/equity-alerts.ts';
import { divergedAlerts, feedAlerts } from '../../alerts/feed-alerts.ts';
import { moveAlert } from '../../alerts/move-alerts.ts';
import { volumeAlert } from '../../alerts/volume-alerts.ts';
import { ALERT_RULES } from '../../config/alerts.ts';
import { instrumentsOf } from '../../config/instruments.ts';
import type { Alert, WatchState } from '../../contracts/alert.ts';
import { canonicalJson } from '../../kernel/canonical-json.ts';
import type { EpochMs } from '../../kernel/time.ts';
import type { Account } from '../../ledger/account.ts';
import type { ShelfView } from '../chart-shelf.ts';
import type { EngineContext } from '../context.ts';
import { feedsNow } from '../views/feeds.ts';
import { valuedWith } from '../views/valued-account.ts';

export interface WatchOutcome {
  readonly watched: boolean;
  readonly reason: string;
  /** Ids of the alerts that were not known before. */
  readonly raised: readonly string[];
}

/**
 * The minute's look at what no event tells: the account's worth, its feeds, and the markets of its world. Runs beside the
 * monitor and changes no account, so that nothing it does or fails to do can hold up a trade.
 */
export async function watchAlerts(context: EngineContext, { minuteMs }: { readonly minuteMs: EpochMs }): Promise<WatchOutcome> {
  const account = await context.accounts.active();
  if (account === null) return { watched: false, reason: 'no session is active', raised: [] };
  if (account.scope !== context.world.scope) return { watched: false, reason: `the session belongs to ${account.scope}`, raised: [] };
  const { alerts: store } = context.ledger;
  const [view, memory] = [await context.charts.upTo(minuteMs, 0), await store.watch(account.sessionId)];
  const { alerts, state } = look(context, account, view, memory.state);
  const raised = await store.raise(alerts);
  // After the alerts: whoever dies in between sees the same causes again, under the same ids.
  if (canonicalJson(state) !== canonicalJson(memory.state)) await store.keepWatch(account.sessionId, { version: memory.version, state });
  return { watched: true, reason: 'watched', raised: raised.map(({ id }) => id) };
}

function look(
  context: EngineContext,
  account: Account,
  { snapshot, chart }: ShelfView,
  before: WatchState,
): { readonly alerts: readonly Alert[]; readonly state: WatchState } {
  const nowMs = context.clock.now();
  const { equity } = valuedWith(account, snapshot, nowMs);
  const feeds = feedAlerts(account, feedsNow(snapshot, nowMs), before.feeds, { nowMs, feedAwayMs: ALERT_RULES.feedAwayMs });
  const markets = marketAlerts(context, account, chart, before.moves);
  return {
    alerts: [
      ...equityAlerts({ account, equity, atMs: nowMs }, ALERT_RULES),
      ...feeds.alerts,
      ...divergedAlerts(account, snapshot?.quotes ?? [], nowMs),
      ...markets.alerts,
    ],
    state: { feeds: feeds.state, moves: markets.moves },
  };
}

function marketAlerts(
  { world, clock }: EngineContext,
  account: Account,
  chart: ShelfView['chart'],
  before: WatchState['moves'],
): { readonly alerts: readonly Alert[]; readonly moves: WatchState['moves'] } {
  const alerts: Alert[] = [];
  const moves: Record<string, WatchState['moves'][string]> = { ...before };
  for (const { symbol, market } of world.markets.flatMap((name) => instrumentsOf(name, clock.now()))) {
    const known = chart(symbol);
    if (known === null) continue;
    const volume = volumeAlert(account, { symbol, candles: known.timeframe(ALERT_RULES.unusualVolume.timeframe).candles }, ALERT_RULES.unusualVolume);
    const move = moveAlert(account, { symbol, market, candles: known.timeframe('1m').candles }, before[symbol] ?? null, ALERT_RULES.priceMove);
    alerts.push(...[volume, move.alert].filter((each) => each !== null));
    if (move.state.told > 0) moves[symbol] = move.state;
  }
  return { alerts, moves };
}
