import type { FeedState } from '../contracts/market-snapshot.ts';
import { type EpochMs, iso } from '../kernel/time.ts';
import { applyCorporateActions } from './apply-corporate-actions.ts';
import type { EngineContext } from './context.ts';
import { decideMonitor } from './decide-monitor.ts';
import { viewOf } from './market-view.ts';
import { commitInParts } from './parts-of-commits.ts';
import { squareOffAt } from './square-off.ts';
import { watchModels } from './watch-models.ts';

export interface MonitorOutcome {
  readonly checked: boolean;
  readonly reason: string;
  /** What the sweep did, as event types. */
  readonly events: readonly string[];
}

/** The minute's sweep of the active session, whatever market is open: see `decideMonitor`. */
export async function monitorPositions(context: EngineContext, { minuteMs }: { readonly minuteMs: EpochMs }): Promise<MonitorOutcome> {
  const account = await context.accounts.active();
  if (account === null) return { checked: false, reason: 'no session is active', events: [] };
  if (account.scope !== context.world.scope) return { checked: false, reason: `the session belongs to ${account.scope}`, events: [] };
  await applyCorporateActions(context, account, minuteMs);
  const snapshot = await context.market.snapshot(context.world.scope);
  const view = viewOf(snapshot, context.clock.now());
  warnOfSilence(context, account.positions.size, snapshot?.feeds ?? []);
  const id = `monitor:${iso(minuteMs)}`;
  const squareOffMs = squareOffAt(minuteMs);
  const commits = await commitInParts(context, account.sessionId, id, (current, partId) => ({
    draft: decideMonitor(current, view, { id: partId, minuteMs, squareOffMs }),
  }));
  if (commits.length > 0) await context.nudge(account.sessionId);
  const off = await watchModels(context, account);
  const events = commits.flatMap(({ decided }) => decided.draft.rows.map((row) => row.event.type));
  return { checked: true, reason: 'checked', events: [...events, ...off.map(() => 'model-switched-off')] };
}

function warnOfSilence(context: EngineContext, openPositions: number, feeds: readonly FeedState[]): void {
  if (openPositions === 0) return;
  for (const feed of feeds) {
    if (feed.status === 'down' && feed.markets.length > 0)
      context.log('warn', 'exits-wait-for-feed', { source: feed.source, detail: feed.detail, openPositions });
  }
}
