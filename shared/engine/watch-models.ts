import type { ModelWatch, WatchState } from '../contracts/alert.ts';
import type { ScanRecord } from '../contracts/decisions.ts';
import { canonicalJson } from '../kernel/canonical-json.ts';
import type { Account } from '../ledger/account.ts';
import { decayOf, newModelWatch, withDecision, withTrade } from '../ml/drift/model-watch.ts';
import type { LoadedModel } from '../ml/model-set.ts';
import type { StrategyName } from '../strategies/strategy.ts';
import { commitDecision } from './commit.ts';
import type { EngineContext } from './context.ts';
import { draftOn } from './draft.ts';

/** More scans than these between two looks are not counted: the window is a sample. */
const SCANS_A_LOOK = 10;
const TRADES_A_LOOK = 50;

/**
 * The minute's look at the models that are asked: counts what they met and what became of it, and switches off, in the journal, one that has
 * decayed. Without a model it reads nothing.
 * @returns the strategies whose model was switched off now
 */
export async function watchModels(context: EngineContext, account: Account): Promise<readonly StrategyName[]> {
  const asked = account.strategies.flatMap((strategy) => {
    const model = context.model.of(strategy);
    return model === null || isOff(account, strategy, model) ? [] : [{ strategy, model }];
  });
  if (asked.length === 0) return [];
  const { ledger } = context;
  const key = `${account.sessionId}:models`;
  const [memory, scans, trades] = await Promise.all([
    ledger.alerts.watch(key),
    ledger.scans(account.sessionId, { limit: SCANS_A_LOOK, cursor: null }),
    ledger.trades(account.sessionId, { limit: TRADES_A_LOOK, cursor: null }),
  ]);
  const models: Record<string, ModelWatch> = { ...memory.state.models };
  for (const { strategy, model } of asked) {
    const known = models[strategy];
    const before = known?.modelVersion === model.version ? known : newModelWatch(model);
    const seen = scans.items.reduceRight((watch, scan) => withScan(watch, scan, strategy, model), before);
    const closed = trades.items.filter((trade) => trade.strategy === strategy && trade.seq > seen.lastTradeSeq);
    models[strategy] = closed.reduceRight(withTrade, seen);
  }
  const state: WatchState = { feeds: {}, moves: {}, models };
  if (canonicalJson(state) !== canonicalJson(memory.state)) await ledger.alerts.keepWatch(key, { version: memory.version, state });
  const off: StrategyName[] = [];
  for (const { strategy, model } of asked) {
    const why = decayOf(models[strategy] ?? newModelWatch(model), model);
    if (why !== null && (await switchOff(context, account.sessionId, strategy, model, why))) off.push(strategy);
  }
  return off;
}

function withScan(watch: ModelWatch, { id, ordinal, decisions }: ScanRecord, strategy: StrategyName, model: LoadedModel): ModelWatch {
  // What a person asked for has the number of the scan before it.
  if (ordinal <= watch.lastOrdinal || id.startsWith('ask:')) return watch;
  const own = decisions.flatMap((decision) => (decision.strategy === strategy && decision.odds !== undefined ? [decision.odds] : []));
  return { ...own.reduce((seen, odds) => withDecision(seen, model, odds), watch), lastOrdinal: ordinal };
}

const isOff = ({ modelsOff = [] }: Account, strategy: StrategyName, { version }: LoadedModel): boolean =>
  modelsOff.some((each) => each.strategy === strategy && each.modelVersion === version);

async function switchOff(context: EngineContext, sessionId: string, strategy: StrategyName, model: LoadedModel, why: string): Promise<boolean> {
  const result = await commitDecision(context, sessionId, (current) => {
    if (isOff(current, strategy, model)) return null;
    const draft = draftOn(current, `model-off:${strategy}:${model.version}`);
    draft.emit({ type: 'model-switched-off', atMs: context.clock.now(), strategy, modelVersion: model.version, why });
    return { draft };
  });
  return result.kind === 'committed';
}
