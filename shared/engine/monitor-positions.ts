import type { FeedState } from '../contracts/market-snapshot.ts';
import { type EpochMs, iso } from '../kernel/time.ts';
import type { Account } from '../ledger/account.ts';
import { applyCorporateActions } from './apply-corporate-actions.ts';
import { commitDecision } from './commit.ts';
import type { EngineContext } from './context.ts';
import { chainSourceOf, hasContracts } from './contracts/chain-source.ts';
import { type ContractsView, withContracts } from './contracts/contracts-view.ts';
import { settleContracts } from './contracts/settle-contracts.ts';
import { decideMonitor } from './decide-monitor.ts';
import { viewOf } from './market-view.ts';
import { commitInParts } from './parts-of-commits.ts';
import { squareOffAt } from './square-off.ts';
import { perform, type Steps } from './steps.ts';
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
  const chains = hasContracts(account) ? await chainSourceOf(context) : null;
  const view = withContracts(viewOf(snapshot, context.clock.now()), chains);
  warnOfSilence(context, account.positions.size, snapshot?.feeds ?? []);
  const events = await perform(sweep(account, view, minuteMs, context.settings.configVersion), ({ sessionId, decide }) =>
    commitDecision(context, sessionId, decide),
  );
  if (events.length > 0) await context.nudge(account.sessionId);
  const off = await watchModels(context, account);
  return { checked: true, reason: 'checked', events: [...events, ...off.map(() => 'model-switched-off')] };
}

/** The sweep of a minute over an account, what time has done to its contracts before all else, in as many commits as it takes. Returns the types of its events. */
export function* sweep(account: Account, view: ContractsView, minuteMs: EpochMs, configVersion: string): Steps<readonly string[]> {
  const settled = yield* settleContracts(account, view, configVersion);
  const squareOffMs = squareOffAt(minuteMs);
  const commits = yield* commitInParts(account.sessionId, `monitor:${iso(minuteMs)}`, (current, id) => ({
    draft: decideMonitor(current, view, { id, minuteMs, squareOffMs }),
  }));
  return [...settled, ...commits.flatMap(({ decided }) => decided.draft.rows.map((row) => row.event.type))];
}

function warnOfSilence(context: EngineContext, openPositions: number, feeds: readonly FeedState[]): void {
  if (openPositions === 0) return;
  for (const feed of feeds) {
    if (feed.status === 'down' && feed.markets.length > 0)
      context.log('warn', 'exits-wait-for-feed', { source: feed.source, detail: feed.detail, openPositions });
  }
}
