import { messageOf, NightdeskError } from '../kernel/errors.ts';
import type { Account } from '../ledger/account.ts';
import { featuresOf } from '../ml/features/feature-set.ts';
import type { ModelOdds, NoOdds, Prospect } from '../strategies/odds.ts';
import type { StrategyName } from '../strategies/strategy.ts';
import type { EngineContext } from './context.ts';
import { askQuestion, type Question, type ScanView } from './decide-scan.ts';
import type { FeatureRow, Model, OutsideModels } from './ports.ts';

/** Somebody else's model that did not answer in time, or gave no odds. */
export class OutsideModelError extends NightdeskError<'silent' | 'wrong'> {}

/** A scan that waits longer for odds than this goes on without: its minute is short, and prices move. */
const DEADLINE_MS = 2_000;

/** What one strategy's model is asked about, each row of features once. */
type Asked = Map<string, FeatureRow>;

/**
 * The models as a scan meets them when some are somebody else's: the strategies are asked once without, to see what they would ask a model
 * about, and then the rows of all of them are given to it in one call. For the scan that follows its answers are at hand, so that deciding stays
 * without waiting. Whatever goes wrong (no answer in time, odds that are none) is the reason why the model is absent, and its weight is
 * shared out.
 */
export async function modelsAsked(
  context: EngineContext,
  outside: OutsideModels,
  account: Account,
  view: ScanView,
  questions: readonly Question[],
): Promise<Model> {
  const { model, sleep } = context;
  const asked = prospectsOf(account, view, questions, outside);
  const answers = new Map<StrategyName, ReadonlyMap<string, number> | string>();
  await Promise.all(
    [...asked].map(async ([strategy, rows]) => {
      const late = sleep(DEADLINE_MS).then(() => {
        throw new OutsideModelError('silent', `It did not answer within ${DEADLINE_MS / 1_000} s`);
      });
      const answer = Promise.race([outside.odds(strategy, [...rows.values()]), late]).then((odds) => checked(odds, rows));
      answers.set(strategy, await answer.catch((error: unknown) => messageOf(error)));
    }),
  );
  return {
    states: model.states,
    of: (strategy) => {
      const loaded = model.of(strategy);
      if (loaded === null || outside.versions[strategy] === undefined) return loaded;
      return { ...loaded, ask: (prospect) => answerTo(prospect, loaded.version, answers.get(strategy) ?? 'It was not asked about this') };
    },
  };
}

/** What each outside model would be asked about. */
function prospectsOf(account: Account, view: ScanView, questions: readonly Question[], outside: OutsideModels): ReadonlyMap<StrategyName, Asked> {
  const found = new Map<StrategyName, Asked>();
  const ask = (prospect: Prospect): NoOdds => {
    const row = rowOf(prospect);
    const rows: Asked = found.get(prospect.strategy) ?? new Map();
    found.set(prospect.strategy, rows.set(keyOf(row), row));
    return { kind: 'absent', why: 'it is being asked' };
  };
  const listening: ScanView = {
    ...view,
    model: {
      states: [],
      of: (strategy) => {
        const loaded = view.model.of(strategy);
        return loaded === null ? null : { ...loaded, ask };
      },
    },
  };
  for (const question of questions) if (outside.versions[question.strategy.name] !== undefined) askQuestion(account, listening, question);
  return found;
}

/** @throws OutsideModelError `wrong` */
function checked(odds: readonly number[], rows: Asked): ReadonlyMap<string, number> {
  const isWhole = odds.length === rows.size && odds.every((each) => each >= 0 && each <= 1);
  if (!isWhole) throw new OutsideModelError('wrong', `Of ${rows.size} rows it gave ${odds.length} answers: ${odds.slice(0, 3).join(', ')}`);
  return new Map([...rows.keys()].map((key, place) => [key, odds[place] ?? Number.NaN]));
}

function answerTo(prospect: Prospect, modelVersion: string, answers: ReadonlyMap<string, number> | string): ModelOdds | NoOdds {
  if (typeof answers === 'string') return { kind: 'absent', why: `model ${modelVersion} gave no odds: ${answers}` };
  const features = rowOf(prospect);
  const value = answers.get(keyOf(features));
  if (value === undefined) return { kind: 'absent', why: `model ${modelVersion} was not asked about this` };
  return { kind: 'odds', value, members: [value], modelVersion, features };
}

const rowOf = (prospect: Prospect): FeatureRow => Array.from(featuresOf(prospect), (value) => (Number.isNaN(value) ? null : value));

const keyOf = (row: FeatureRow): string => row.join();
