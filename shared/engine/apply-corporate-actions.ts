import { instrumentBySymbol } from '../config/instruments.ts';
import type { Position } from '../contracts/position.ts';
import { onTick } from '../execution/fill-price.ts';
import type { EpochMs } from '../kernel/time.ts';
import type { Account } from '../ledger/account.ts';
import { corporateActionOn } from '../ledger/corporate-action.ts';
import { type CorporateAction, describeAction, symbolAfter } from '../market/corporate-actions.ts';
import { commitDecision } from './commit.ts';
import type { EngineContext } from './context.ts';
import { type Draft, draftOn } from './draft.ts';
import { viewOf } from './market-view.ts';
import { cancelEntry } from './match-exit.ts';
import { dueActions } from './price-scale.ts';
import { perform, type Steps } from './steps.ts';
import { marksOf } from './valuation.ts';
import type { MarketView } from './view.ts';

/** The command that takes one position through one action: whoever comes again finds it done. */
const commandIdOf = (position: Position, action: CorporateAction): string => `corporate-action:${action.id}:${position.id}`;

/**
 * Takes open positions through the corporate actions whose ex-date has begun: at midnight in India, long before the first
 * price without the benefit. One that was missed is made up for; until then no exit of the position meets a price of the
 * other scale. `account` is the active one, of this world. Returns the commands that were committed.
 */
export async function applyCorporateActions(context: EngineContext, account: Account, atMs: EpochMs): Promise<readonly string[]> {
  if (!hasActionsDue(account, atMs)) return [];
  const view = viewOf(await context.market.snapshot(context.world.scope), context.clock.now());
  const done = await perform(corporateActions(account, view, atMs), ({ sessionId, decide }) => commitDecision(context, sessionId, decide));
  if (done.length > 0) await context.nudge(account.sessionId);
  return done;
}

/** Takes the account's positions through the actions that are due, each by a commit. Returns the commands that were committed. */
export function* corporateActions(account: Account, view: MarketView, atMs: EpochMs): Steps<readonly string[]> {
  const done: string[] = [];
  for (const position of affectedBy(account, atMs)) {
    for (const action of dueActions(position, atMs)) {
      const id = commandIdOf(position, action);
      const result = yield {
        sessionId: account.sessionId,
        decide: (current) => {
          const draft = decideCorporateAction(current, view, position.id, action, id);
          return draft === null ? null : { draft };
        },
      };
      if (result.kind === 'committed') done.push(id);
      // What waits (for a rate) holds up what comes after it.
      if (result.kind === 'nothing') break;
    }
  }
  return done;
}

/** Whether any position has an action to go through. */
export function hasActionsDue(account: Account, atMs: EpochMs): boolean {
  for (const position of account.positions.values()) if (dueActions(position, atMs).length > 0) return true;
  return false;
}

const affectedBy = (account: Account, atMs: EpochMs): readonly Position[] =>
  [...account.positions.values()].filter((position) => dueActions(position, atMs).length > 0);

/** One position through one action, or null when it is closed, has been through it, or must wait. Pure. */
function decideCorporateAction(account: Account, view: MarketView, positionId: string, action: CorporateAction, commandId: string): Draft | null {
  const position = account.positions.get(positionId);
  if (position === undefined || !dueActions(position, action.exMs).some(({ id }) => id === action.id)) return null;
  const instrument = instrumentBySymbol(symbolAfter(action), view.nowMs);
  const event = corporateActionOn(position, action, {
    atMs: view.nowMs,
    instrument,
    // As when the bracket was placed: the stop nearer, the target further.
    onGrid: (level) => onTick(instrument, level, position.direction === 'long' ? 'buy' : 'sell'),
    mark: marksOf(view)(position.symbol, position),
    rate: view.rate(position.currency),
  });
  if (event === null) return null;
  const draft = draftOn(account, commandId);
  // What has not filled was sized and priced in old units.
  cancelEntry(draft, position, view.nowMs, `corporate_action: ${describeAction(action)}`);
  draft.emit(event);
  return draft;
}
