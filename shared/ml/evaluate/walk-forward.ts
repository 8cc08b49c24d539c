import { rng } from '../../kernel/rng.ts';
import { DAY_MS, type EpochMs } from '../../kernel/time.ts';
import { type FitSettings, fitModel, type LabelledRow, predictor } from '../fit/fit-model.ts';
import { purgedFolds, walkForward } from '../fit/splits.ts';
import { MlError } from '../ml-error.ts';
import { type Importance, permutationImportance } from './importance.ts';
import { auc, brier, type Forecasts, logLoss, type ReliabilityBin, reliability } from './metrics.ts';
import { type Skill, skillOf } from './skill.ts';

export interface Scores {
  readonly logLoss: number | null;
  readonly brier: number | null;
  readonly auc: number | null;
}

/** The model and its rivals on the same rows: a logistic regression that was fitted alike, and the share of targets in training. */
export interface Rivals {
  readonly model: Scores;
  readonly logistic: Scores;
  readonly baseRate: Scores;
}

export interface Fold extends Rivals {
  readonly fromMs: EpochMs;
  readonly toMs: EpochMs;
  readonly trained: number;
  readonly tested: number;
  /** Share of the tested rows that reached their target. */
  readonly hitRate: number;
}

export interface Evaluation {
  readonly folds: readonly Fold[];
  /** Folds that could not be learnt from, with the reason. */
  readonly skipped: readonly string[];
  readonly pooled: Rivals;
  readonly reliability: readonly ReliabilityBin[];
  readonly skill: Skill;
  /** The logistic regression against the base rate, for comparison. */
  readonly logisticSkill: Skill;
  readonly importance: readonly Importance[];
  /** Out-of-sample odds of the model by row; rows of the first block and of skipped folds have none. */
  readonly odds: ReadonlyMap<number, number>;
}

export interface EvaluationSettings {
  readonly seed: string;
  readonly folds: number;
  readonly fit: FitSettings;
  readonly featureNames: readonly string[];
  readonly onStep?: (done: string) => void;
}

interface Said {
  readonly row: number;
  readonly odds: number;
  readonly logistic: number;
  readonly base: number;
}

/** A training set smaller than this fits noise only. */
const LEAST_TRAINED = 40;

/**
 * Tests what a model of these rows would have said, fold after fold, each learnt from what was known before it.
 * @throws MlError `too_few_rows` when no fold could be learnt from
 */
export function evaluateForward(rows: readonly LabelledRow[], settings: EvaluationSettings): Evaluation {
  const { seed, fit, featureNames } = settings;
  const skipped: string[] = [];
  const tested = walkForward(rows, settings.folds, fit.embargoMs).flatMap(({ train, test }, fold) => {
    settings.onStep?.(`fold ${fold + 1}`);
    const why = unfit(rows, train, fit);
    if (why !== null) {
      skipped.push(`fold ${fold + 1}: ${why}`);
      return [];
    }
    const predict = predictor(fitModel(rows, train, fit, rng(seed, 'fold', fold)));
    const logistic = predictor(fitModel(rows, train, { ...fit, hidden: [] }, rng(seed, 'logistic', fold)));
    const base = (hitsOf(rows, train) + 1) / (train.length + 2);
    const said = test.map((row): Said => {
      const { features } = rows[row] as LabelledRow;
      return { row, odds: predict(features), logistic: logistic(features), base };
    });
    const own = test.map((row) => rows[row] as LabelledRow);
    const importance = permutationImportance(own, predict, featureNames, rng(seed, 'importance', fold));
    return { said, importance, fold: foldOf(rows, train.length, said) };
  });
  const said = tested.flatMap((each) => each.said);
  const blockMs = Math.max(DAY_MS, fit.embargoMs);
  if (said.length === 0) throw new MlError('too_few_rows', `No fold of ${rows.length} rows could be learnt from: ${skipped.join('; ')}`);
  return {
    folds: tested.map(({ fold }) => fold),
    skipped,
    pooled: rivalsOf(rows, said),
    reliability: reliability(forecasts(rows, said, ({ odds }) => odds)),
    skill: skillOf(
      outOfSample(rows, said, ({ odds }) => odds),
      rng(seed, 'skill'),
      blockMs,
    ),
    logisticSkill: skillOf(
      outOfSample(rows, said, ({ logistic }) => logistic),
      rng(seed, 'skill'),
      blockMs,
    ),
    importance: meanImportance(tested, featureNames),
    odds: new Map(said.map(({ row, odds }) => [row, odds])),
  };
}

/**
 * Why a training set cannot be learnt from; null when it can. Each class must be there beside every block that is held out, also when the embargo has
 * taken its part.
 */
export function unfit(rows: readonly LabelledRow[], train: readonly number[], { members, embargoMs }: FitSettings): string | null {
  if (train.length < LEAST_TRAINED) return `${train.length} rows to learn from, at least ${LEAST_TRAINED} are needed`;
  const hits = hitsOf(rows, train);
  const fewest = Math.min(hits, train.length - hits);
  if (fewest < 5 * members) return `${hits} of ${train.length} rows reached their target: at least ${5 * members} of each kind are needed`;
  const block = purgedFolds(rows, train, members, embargoMs).findIndex(({ train: rest, test }) => test.length === 0 || isOneClass(rows, rest));
  return block < 0
    ? null
    : `beside block ${block + 1} of ${members}, held out with an embargo of ${(embargoMs / DAY_MS).toFixed(1)} days, rows of both kinds must be left`;
}

const isOneClass = (rows: readonly LabelledRow[], places: readonly number[]): boolean => [0, places.length].includes(hitsOf(rows, places));

const hitsOf = (rows: readonly LabelledRow[], places: readonly number[]): number =>
  places.reduce((sum, row) => sum + (rows[row] as LabelledRow).label, 0);

const forecasts = (rows: readonly LabelledRow[], said: readonly Said[], oddsOf: (each: Said) => number): Forecasts => ({
  odds: said.map(oddsOf),
  labels: said.map(({ row }) => (rows[row] as LabelledRow).label),
});

const outOfSample = (rows: readonly LabelledRow[], said: readonly Said[], oddsOf: (each: Said) => number) =>
  said.map((each) => {
    const { atMs, label } = rows[each.row] as LabelledRow;
    return { atMs, label, odds: oddsOf(each), baseOdds: each.base };
  });

const scoresOf = (said: Forecasts): Scores => ({ logLoss: logLoss(said), brier: brier(said), auc: auc(said) });

const rivalsOf = (rows: readonly LabelledRow[], said: readonly Said[]): Rivals => ({
  model: scoresOf(forecasts(rows, said, ({ odds }) => odds)),
  logistic: scoresOf(forecasts(rows, said, ({ logistic }) => logistic)),
  baseRate: scoresOf(forecasts(rows, said, ({ base }) => base)),
});

function foldOf(rows: readonly LabelledRow[], trained: number, said: readonly Said[]): Fold {
  const instants = said.map(({ row }) => (rows[row] as LabelledRow).atMs);
  const places = said.map(({ row }) => row);
  return {
    fromMs: Math.min(...instants),
    toMs: Math.max(...instants),
    trained,
    tested: said.length,
    hitRate: hitsOf(rows, places) / said.length,
    ...rivalsOf(rows, said),
  };
}

/** Over the folds, each by the rows that it tested. */
function meanImportance(
  tested: readonly { readonly importance: readonly Importance[]; readonly said: readonly Said[] }[],
  names: readonly string[],
): readonly Importance[] {
  const rows = tested.reduce((sum, { said }) => sum + said.length, 0);
  return names
    .map((feature) => {
      const sum = tested.reduce(
        (total, { importance, said }) => total + said.length * (importance.find((each) => each.feature === feature)?.lossIncrease ?? 0),
        0,
      );
      return { feature, lossIncrease: sum / rows };
    })
    .sort((a, b) => b.lossIncrease - a.lossIncrease);
}
