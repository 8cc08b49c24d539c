import type { ModelWatch, WatchState } from '../contracts/alert.ts';
import type { ScanRecord } from '../contracts/decisions.ts';
import type { Trade } from '../contracts/fill.ts';
import { canonicalJson } from '../kernel/canonical-json.ts';
import type { EpochMs } from '../kernel/time.ts';
import type { Account } from '../ledger/account.ts';
import { decayOf, newModelWatch, withDecision, withTrade } from '../ml/drift/model-watch.ts';
import type { LoadedModel } from '../ml/model-set.ts';
import type { StrategyName } from '../strategies/strategy.ts';
import { commitDecision } from './commit.ts';
import type { EngineContext } from './context.ts';
import { draftOn } from './draft.ts';
import type { Model } from './ports.ts';
import { perform, type Steps } from './steps.ts';

/** More scans than these between two looks are not counted: the window is a sample. */
const SCANS_A_LOOK = 10;
const TRADES_A_LOOK = 50;

/** What was counted of each strategy's model until now. */
export type WatchedModels = Readonly<Record<string, ModelWatch>>;

/** What has been decided and closed lately, newest first; what was counted before counts no more. */
export interface Met {
  readonly scans: readonly ScanRecord[];
  readonly trades: readonly Trade[];
}

/** A strategy whose model is asked in this session. */
interface Asked {
  readonly strategy: StrategyName;
  readonly model: LoadedModel;
}

/**
 * The minute's look at the models that are asked: counts what they met and what became of it, and switches off, in the journal, one that has
 * decayed. Without a model it reads nothing.
 * @returns the strategies whose model was switched off now
 */
export async function watchModels(context: EngineContext, account: Account): Promise<readonly StrategyName[]> {
  if (askedIn(account, context.model).length === 0) return [];
  const { ledger } = context;
  const key = `${account.sessionId}:models`;
  const [memory, scans, trades] = await Promise.all([
    ledger.alerts.watch(key),
    ledger.scans(account.sessionId, { limit: SCANS_A_LOOK, cursor: null }),
    ledger.trades(account.sessionId, { limit: TRADES_A_LOOK, cursor: null }),
  ]);
  const models = withMet(account, context.model, memory.state.models ?? {}, { scans: scans.items, trades: trades.items });
  const state: WatchState = { feeds: {}, moves: {}, models };
  if (canonicalJson(state) !== canonicalJson(memory.state)) await ledger.alerts.keepWatch(key, { version: memory.version, state });
  return perform(switchingOff(account, context.model, models, context.clock.now()), ({ sessionId, decide }) =>
    commitDecision(context, sessionId, decide),
  );
}

const askedIn = (account: Account, model: Model): readonly Asked[] =>
  account.strategies.flatMap((strategy) => {
    const loaded = model.of(strategy);
    return loaded === null || isOff(account, { strategy, model: loaded }) ? [] : [{ strategy, model: loaded }];
  });

/** The counts with what was met since. A model of another version begins anew. */
export function withMet(account: Account, model: Model, before: WatchedModels, { scans, trades }: Met): WatchedModels {
  const models: Record<string, ModelWatch> = { ...before };
  for (const asked of askedIn(account, model)) {
    const known = before[asked.strategy];
    const counted = known?.modelVersion === asked.model.version ? known : newModelWatch(asked.model);
    const seen = scans.reduceRight((watch, scan) => withScan(watch, scan, asked), counted);
    const closed = trades.filter((trade) => trade.strategy === asked.strategy && trade.seq > seen.lastTradeSeq);
    models[asked.strategy] = closed.reduceRight(withTrade, seen);
  }
  return models;
}

/** Switches off each model that has decayed by its counts. @returns the strategies of those that were on until now */
export function* switchingOff(account: Account, model: Model, watched: WatchedModels, nowMs: EpochMs): Steps<readonly StrategyName[]> {
  const off: StrategyName[] = [];
  for (const asked of askedIn(account, model)) {
    const why = decayOf(watched[asked.strategy] ?? newModelWatch(asked.model), asked.model);
    if (why === null) continue;
    const { strategy } = asked;
    const modelVersion = asked.model.version;
    const { kind } = yield {
      sessionId: account.sessionId,
      decide: (current) => {
        if (isOff(current, asked)) return null;
        const draft = draftOn(current, `model-off:${strategy}:${modelVersion}`);
        draft.emit({ type: 'model-switched-off', atMs: nowMs, strategy, modelVersion, why });
        return { draft };
      },
    };
    if (kind === 'committed') off.push(strategy);
  }
  return off;
}

function withScan(watch: ModelWatch, { id, ordinal, decisions }: ScanRecord, { strategy, model }: Asked): ModelWatch {
  // What a person asked for has the number of the scan before it.
  if (ordinal <= watch.lastOrdinal || id.startsWith('ask:')) return watch;
  const own = decisions.flatMap((decision) => (decision.strategy === strategy && decision.odds !== undefined ? [decision.odds] : []));
  return { ...own.reduce((seen, odds) => withDecision(seen, model, odds), watch), lastOrdinal: ordinal };
}

const isOff = ({ modelsOff = [] }: Account, { strategy, model }: Asked): boolean =>
  modelsOff.some((each) => each.strategy === strategy && each.modelVersion === model.version);
