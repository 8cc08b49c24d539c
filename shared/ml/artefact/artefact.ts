import * as z from 'zod';
import { strategyNameSchema } from '../../contracts/terms.ts';
import { digest } from '../../kernel/digest.ts';
import { type EpochMs, iso } from '../../kernel/time.ts';
import { spreadOf } from '../drift/psi.ts';
import type { Evaluation } from '../evaluate/walk-forward.ts';
import { FEATURE_NAMES, FEATURE_VERSION } from '../features/feature-set.ts';
import { type Fitted, type LabelledRow, memberPredictors, type Predictor, predictor } from '../fit/fit-model.ts';
import { inputCount } from '../fit/normalisation.ts';
import { weightCount } from '../network/network.ts';

const FORMAT = 'nightdesk-model-1';

const finite = z.number();
const scores = z.strictObject({ logLoss: finite.nullable(), brier: finite.nullable(), auc: finite.nullable() });
const rivals = { model: scores, logistic: scores, baseRate: scores };
const spread = z.strictObject({ edges: z.array(finite), shares: z.array(z.number().min(0).max(1)) });

const network = z
  .strictObject({ sizes: z.array(z.number().int().positive()).min(2), weights: z.array(finite) })
  .refine(({ sizes, weights }) => sizes.at(-1) === 1 && weights.length === weightCount(sizes), 'weights do not fit the sizes');

const skill = z.strictObject({
  rows: z.number().int(),
  blocks: z.number().int(),
  blockMs: z.number().positive(),
  improvement: finite,
  low: finite,
  high: finite,
  isSkilled: z.boolean(),
  why: z.string(),
});

/** A trained model as a file: plain numbers that a person can look at. */
export const artefactSchema = z.strictObject({
  format: z.literal(FORMAT),
  strategy: strategyNameSchema,
  seed: z.string(),
  featureVersion: z.string(),
  /** In the order of the inputs. Missing values of a `flagged` feature have an input of their own, after all values. */
  features: z.array(
    z.strictObject({ name: z.string(), use: z.enum(['value', 'flagged', 'unused']), mean: finite, deviation: z.number().positive(), spread }),
  ),
  /** Weights layer after layer: the matrix row by row, one row a unit, then the biases. Hidden units rectify. The logits of all are averaged. */
  networks: z.array(network).min(1),
  /** odds = 1 / (1 + exp(-(slope x logit + shift))). */
  calibration: z.strictObject({ slope: finite, shift: finite }),
  training: z.strictObject({
    from: z.iso.datetime(),
    to: z.iso.datetime(),
    symbols: z.array(z.string()),
    rows: z.number().int(),
    reachedTarget: z.number().int(),
    settings: z.record(z.string(), z.unknown()),
  }),
  metrics: z.strictObject({
    pooled: z.strictObject(rivals),
    folds: z.array(
      z.strictObject({
        from: z.iso.datetime(),
        to: z.iso.datetime(),
        trained: z.number().int(),
        tested: z.number().int(),
        hitRate: finite,
        ...rivals,
      }),
    ),
    reliability: z.array(z.strictObject({ from: finite, to: finite, count: z.number().int(), meanOdds: finite, hitRate: finite })),
    importance: z.array(z.strictObject({ feature: z.string(), lossIncrease: finite })),
  }),
  skill,
  /** SHA-256 of all the rest, as canonical JSON. */
  hash: z.string(),
});
export type Artefact = z.infer<typeof artefactSchema>;

/** What a model was trained on and how. */
export interface TrainingFacts {
  readonly strategy: Artefact['strategy'];
  readonly seed: string;
  readonly fromMs: EpochMs;
  readonly toMs: EpochMs;
  readonly symbols: readonly string[];
  readonly settings: Readonly<Record<string, unknown>>;
}

/** The artefact of a fitted model, sealed by its hash. */
export function artefactOf(fitted: Fitted, rows: readonly LabelledRow[], evaluation: Evaluation, facts: TrainingFacts): Artefact {
  const body: Omit<Artefact, 'hash'> = {
    format: FORMAT,
    strategy: facts.strategy,
    seed: facts.seed,
    featureVersion: FEATURE_VERSION,
    features: FEATURE_NAMES.map((name, place) => {
      const { use = 'unused', mean = 0, deviation = 1 } = fitted.normalisation[place] ?? {};
      const { edges, shares } = spreadOf(rows.map(({ features }) => features[place] as number));
      return { name, use, mean, deviation, spread: { edges: [...edges], shares: [...shares] } };
    }),
    networks: fitted.members.map(({ sizes, weights }) => ({ sizes: [...sizes], weights: [...weights] })),
    calibration: fitted.calibration,
    training: {
      from: iso(facts.fromMs),
      to: iso(facts.toMs),
      symbols: [...facts.symbols],
      rows: rows.length,
      reachedTarget: rows.reduce((sum, { label }) => sum + label, 0),
      settings: { ...facts.settings },
    },
    metrics: {
      pooled: evaluation.pooled,
      folds: evaluation.folds.map(({ fromMs, toMs, ...fold }) => ({ from: iso(fromMs), to: iso(toMs), ...fold })),
      reliability: [...evaluation.reliability],
      importance: [...evaluation.importance],
    },
    skill: evaluation.skill,
  };
  return { ...body, hash: digest(body) };
}

/** A model that may be asked. */
export interface FitModel {
  readonly kind: 'fit';
  readonly artefact: Artefact;
  /** The beginning of its hash: what trades name it by. */
  readonly version: string;
  readonly oddsOf: Predictor;
  /** Of each network by itself. */
  readonly memberOddsOf: readonly Predictor[];
}

/** A file that is no model to be asked, and why. */
export interface RefusedModel {
  readonly kind: 'refused';
  readonly strategy: Artefact['strategy'] | null;
  readonly why: string;
}

/**
 * Judges a file: it must have the form and the hash of an artefact, the features of this program, and out-of-sample skill above the base
 * rate. Refused it is as if it were not there, and the reason is told.
 */
export function readArtefact(value: unknown): FitModel | RefusedModel {
  const parsed = artefactSchema.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return { kind: 'refused', strategy: null, why: `It is no model of ours: ${issue?.path.join('.') || 'the file'}: ${issue?.message}` };
  }
  const artefact = parsed.data;
  const why = objection(artefact);
  if (why !== null) return { kind: 'refused', strategy: artefact.strategy, why };
  const { features, networks, calibration, hash } = artefact;
  const members = networks.map(({ sizes, weights }) => ({ sizes, weights: Float64Array.from(weights) }));
  const fitted = { normalisation: features, members, calibration };
  return { kind: 'fit', artefact, version: hash.slice(0, 12), oddsOf: predictor(fitted), memberOddsOf: memberPredictors(fitted) };
}

function objection({ hash, ...body }: Artefact): string | null {
  if (digest(body) !== hash) return 'Its hash is not that of its content: it was changed after training';
  if (body.featureVersion !== FEATURE_VERSION) return `It was trained on ${body.featureVersion}, this program has ${FEATURE_VERSION}: train it again`;
  const names = body.features.map(({ name }) => name);
  if (names.join() !== FEATURE_NAMES.join()) return 'Its features are not those of this program: train it again';
  const inputs = inputCount(body.features);
  if (body.networks.some(({ sizes }) => sizes[0] !== inputs)) return `Its networks do not take its ${inputs} inputs`;
  if (!(body.skill.isSkilled && body.skill.low > 0)) return `It has not shown skill above the base rate. ${body.skill.why}`;
  return null;
}
